"""`python -m engines.training NAME`: what shipped cards name still runs; Ctrl+C leaves a state."""

import hashlib
import shlex
import signal

import pytest
import torch

from engines.checkpoints.catalog import ROOT, catalog, read_card
from engines.data.toys import TOYS
from engines.kinds import Pictures
from engines.readers import classifier as readers
from engines.training import checkpoint, classifier, hole_reader, terminal
from engines.training.__main__ import _COMMANDS, _parser, main
from engines.training.datasets import DataSet, Split
from engines.training.loop import Fitting, Plan
from engines.training.randomness import seeded
from engines.training.recipe import Fit
from engines.training.recipes.registry import recipe_of

CARDS = {card.name: card for card in catalog()}
MODULE = ["python", "-m", "engines.training"]
SMALL = ["--steps", "8", "--batch", "16", "--seed", "3"]


def few(name):
    """A few examples in the shape and with the classes of a data set."""
    card = next(card for card in CARDS.values() if card.data == name)
    g = torch.Generator().manual_seed(1)
    if name in TOYS:
        split = Split(*TOYS[name].sample(400, g))
    else:
        labels = torch.arange(80) % len(card.labels)
        x = torch.randn(80, *card.shape, generator=g) + labels.view(-1, *[1] * len(card.shape))
        if isinstance(card.kind, Pictures):
            x = torch.randint(256, (80, *card.shape), generator=g) / 127.5 - 1
        split = Split(x, labels)
    return DataSet(name, card.labels, split, split, card.licence)


@pytest.fixture
def house(tmp_path, monkeypatch):
    """Where checkpoints and states are written, with little data, in this process."""
    monkeypatch.setattr(checkpoint, "ROOT", tmp_path / "models")
    monkeypatch.setattr(checkpoint, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(checkpoint, "load", few)
    monkeypatch.setattr(checkpoint, "prepare", lambda options: None)
    return tmp_path


def made(house, name):
    card = read_card(house / "models" / f"{name}.toml")
    assert hashlib.sha256((card.folder / card.weights).read_bytes()).hexdigest() == card.sha256
    return card


@pytest.mark.parametrize("name", CARDS)
def test_the_commands_of_shipped_cards_parse(name):
    steps = CARDS[name].training.get("command", "").split(" && ")
    for line in filter(None, steps):
        words = shlex.split(line)
        assert words[:3] == MODULE
        if words[3] in _COMMANDS:
            assert words[3:] == ["bound", name]
        else:
            assert _parser().parse_args(words[3:]).name == name


@pytest.mark.parametrize("name", CARDS)
def test_the_recipes_of_shipped_cards_take_a_step(name):
    """With networks of their own sizes, on few examples."""
    card = CARDS[name]
    recipe = recipe_of(card.family, few(card.data))
    if isinstance(recipe, Fit):
        course = Fitting(recipe.fit, 1)
    else:
        course = recipe.begin(few(card.data), seed=1, steps=2, batch=4)
    moment = next(course.run())
    assert moment.step == 1
    assert moment.losses
    assert all(value == value for value in moment.losses.values())


@pytest.mark.parametrize("name", ["mnist", "mnist-holes"])
def test_readers_take_a_step_and_their_commands_parse(name):
    card = readers.read(name)
    which = classifier if name == "mnist" else hole_reader
    words = shlex.split(card.training["command"])
    assert words[:3] == which._COMMAND.split()
    assert classifier.parser(which._COMMAND).parse_args(words[3:]).resume is False
    data, loss = few("mnist"), which.loss
    before = torch.random.get_rng_state()
    found = []
    for _ in range(2):
        course = classifier.course_of(card.net, loss, data, Plan(1, 4), seeded(1))
        assert [moment.step for moment in course.run()] == [1]
        found.append(course.weights())
    assert all(torch.equal(found[0][key], found[1][key]) for key in found[0])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_checkpoint_is_made_with_its_card(house, capsys):
    assert main(["moons/autoregressive", *SMALL]) == 0
    card = made(house, "moons/autoregressive")
    assert card.seed == 3
    assert card.training["steps"] == 8
    assert card.training["batch"] == 16
    assert card.training["threads"] == torch.get_num_threads()
    assert card.training["command"] == (
        "python -m engines.training moons/autoregressive --steps 8 --batch 16 --seed 3"
    )
    shown = capsys.readouterr()
    assert "step 8 of 8 (100%)  0:00 left  loss" in shown.err
    assert "wrote" in shown.out
    assert main(card.training["command"].split()[3:]) == 0
    assert made(house, "moons/autoregressive").sha256 == card.sha256


def test_a_fit_is_made_and_has_no_steps_to_choose(house, capsys):
    assert main(["moons/kde", "--seed", "2"]) == 0
    assert made(house, "moons/kde").training["stages"] > 5
    assert main(["moons/mfa", "--steps", "3"]) == 2
    assert "it has no steps to choose" in capsys.readouterr().err


def test_interrupted_it_says_how_to_go_on_and_comes_to_the_same_weights(house, capsys, monkeypatch):
    whole = ["moons/autoregressive", *SMALL]
    assert main(whole) == 0
    expected = made(house, "moons/autoregressive")
    (house / "models/moons/autoregressive.toml").unlink()
    show = terminal.Meter.show

    def pressed(meter, moment):
        show(meter, moment)
        if moment.step == 3:
            signal.raise_signal(signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(terminal.Meter, "show", pressed)
    assert main(whole) == 130
    monkeypatch.setattr(terminal.Meter, "show", show)
    assert signal.getsignal(signal.SIGINT) is handler
    assert not (house / "models/moons/autoregressive.toml").exists()
    said = capsys.readouterr().err
    assert "stopped at step 3 of 8; the state is kept" in said
    line = next(line for line in said.splitlines() if "--resume" in line)
    assert main(shlex.split(line)[3:]) == 0
    card = made(house, "moons/autoregressive")
    assert card.sha256 == expected.sha256
    assert card.training["steps"] == 8


def test_a_second_interrupt_does_not_wait_for_the_step():
    with terminal._interrupts() as asked:
        signal.raise_signal(signal.SIGINT)
        assert asked.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_cap_in_minutes_ships_what_there_is_and_the_card_says_so(house, capsys):
    assert main(["moons/autoregressive", *SMALL, "--minutes", "1e-9"]) == 0
    training = made(house, "moons/autoregressive").training
    assert (training["steps"], training["planned"]) == (1, 8)
    assert "stopped by --minutes at step 1 of 8" in capsys.readouterr().err
    other = ["moons/autoregressive", "--steps", "9", "--resume"]
    assert main(other) == 2
    assert "is of --steps 8 --batch 16 --seed 3: go on with these" in capsys.readouterr().err
    assert main(["moons/autoregressive", "--export"]) == 0
    assert made(house, "moons/autoregressive").training["steps"] == 1
    assert main(["moons/autoregressive", "--resume"]) == 0
    assert made(house, "moons/autoregressive").training["steps"] == 8


def test_committed_weights_get_steps_on_top_and_the_card_names_both_commands(house, capsys):
    assert main(["moons/autoregressive", *SMALL]) == 0
    first = made(house, "moons/autoregressive")
    (house / "runs/moons-autoregressive.pt").unlink()
    assert main(["moons/autoregressive", "--steps", "4", "--batch", "16", "--resume"]) == 0
    card = made(house, "moons/autoregressive")
    assert "starting from the committed weights" in capsys.readouterr().err
    assert card.sha256 != first.sha256
    assert card.training["steps"] == 12
    assert card.training["command"] == (
        f"{first.training['command']} && python -m engines.training moons/autoregressive "
        "--steps 4 --batch 16 --seed 1 --resume"
    )


def test_what_cannot_be_is_said_in_a_sentence(house, capsys):
    assert main(["moons/nothing"]) == 2
    assert "no recipe for 'nothing'; there are: vae" in capsys.readouterr().err
    assert main(["moons/flow", "--export"]) == 2
    assert "there is no state" in capsys.readouterr().err
    (house / "runs").mkdir()
    torch.save({"trainer": {}, "progress": {}}, house / "runs/moons-flow.pt")
    assert main(["moons/flow", "--resume"]) == 1
    assert "was written by an earlier version" in capsys.readouterr().err
    for wrong in (["--steps", "0"], ["--minutes", "-1"], ["--batch", "x"]):
        with pytest.raises(SystemExit, match="2"):
            main(["moons/flow", *wrong])


def test_an_unknown_data_set_is_named(capsys):
    assert main(["nowhere/flow"]) == 2
    assert "there is no data set 'nowhere'" in capsys.readouterr().err


def test_there_are_cards():
    assert len(CARDS) == len(list(ROOT.glob("*/*.toml"))) >= 70
