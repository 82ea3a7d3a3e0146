"""`main.py fit`: models from a CSV file, their names on stdout, one sentence for what fails."""

import signal

import pytest
import torch

import main
from engines.checkpoints import own
from engines.data import own as own_data
from engines.data.toys import TOYS
from engines.learning import learner
from tests.own import home

__all__ = ["home"]


@pytest.fixture
def csv(tmp_path, home):
    x, labels = TOYS["moons"].sample(120, torch.Generator().manual_seed(1))
    path = tmp_path / "shells.csv"
    names = TOYS["moons"].labels
    rows = [f"{a:.6f},{b:.6f},{names[c]}" for (a, b), c in zip(x.tolist(), labels, strict=True)]
    path.write_text("\n".join(["long,deep,class", *rows]))
    return path


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


def test_it_prints_the_names_of_models_that_every_command_takes(csv, capsys, tmp_path):
    words = ["fit", str(csv), "--families", "autoregressive, kde", "--steps", "5", "--seed", "2"]
    assert main.main(words) == 0
    shown = capsys.readouterr()
    assert shown.out.split() == ["shells/autoregressive", "shells/kde"]
    card = own.card("shells/autoregressive")
    assert card.training["command"] == (
        "main.py fit shells.csv --families autoregressive --seed 2 --steps 5"
    )
    assert card.seed == 2
    assert own_data.names() == ("shells",)
    assert main.main(["models", "--own"]) == 0
    assert "shells/kde" in capsys.readouterr().out
    out = tmp_path / "draws.csv"
    given = ["--count", "3", "--label", "upper", "--out", str(out)]
    assert main.main(["sample", "shells/autoregressive", *given]) == 0
    assert out.exists()
    assert main.main(words) == 0
    assert capsys.readouterr().out.split()[-2:] == ["shells/autoregressive-2", "shells/kde-2"]
    assert own.card("shells/autoregressive-2").sha256 == card.sha256
    assert own_data.names() == ("shells",)


def test_a_training_becomes_a_notebook_with_the_sha256_of_its_weights(csv, capsys, tmp_path):
    path = tmp_path / "flow.ipynb"
    words = ["fit", str(csv), "--families", "flow", "--steps", "3", "--notebook", str(path)]
    assert main.main(words) == 0
    assert f"SHA256 = '{own.card('shells/flow').sha256}'" in path.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--families", "flow,nothing"], "no family 'nothing' learns points; there are: vae, gan"),
        (["--families", "latent-diffusion"], "no family 'latent-diffusion' learns points"),
        (["--families", ","], "--families names at least one of vae"),
        ([], "--families"),
        (["--families", "flow", "--steps", "0"], "must be a whole number of at least 1, got '0'"),
        (["--families", "flow", "--steps", "many"], "must be a whole number of at least 1"),
        (["--families", "flow", "--minutes", "-1"], "must be a number above 0"),
        (["--families", "flow", "--minutes", "nan"], "must be a number above 0"),
        (["--families", "flow", "--notebook", "a.txt"], "a file that ends in .ipynb, got 'a.txt'"),
        (["--families", "flow,kde", "--notebook", "a.ipynb"], "of one family, and 2 are named"),
        (["--families", "flow", "--notebook", "no/a.ipynb"], "there is no folder 'no'"),
    ],
)
def test_wrong_usage(csv, capsys, words, said):
    assert main.main(["fit", str(csv), *words]) == 2
    assert said in capsys.readouterr().err
    assert own_data.names() == ()


@pytest.mark.parametrize("text", ["x,y\n1,a\n" * 20, "1\n" * 20, "", "1,2\n" * 20])
def test_a_file_that_will_not_do_leaves_nothing(csv, capsys, text):
    csv.write_text(text)
    assert main.main(["fit", str(csv), "--families", "kde"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "shells.csv" in lines[0]
    assert own_data.names() == own.cards() == ()


def test_one_family_that_explodes_is_said_and_the_others_are_made(csv, capsys, monkeypatch):
    def wild(family, options):
        found = small(family, options)
        return {**found, "rate": 1e3} if family == "autoregressive" else found

    small = learner.expanded
    monkeypatch.setattr(learner, "expanded", wild)
    words = ["fit", str(csv), "--families", "autoregressive,kde", "--steps", "60"]
    assert main.main(words) == 1
    shown = capsys.readouterr()
    assert shown.out.split() == ["shells/kde"]
    assert "Autoregressive exploded at step" in shown.err
    assert main.main(["fit", str(csv), "--families", "autoregressive", "--steps", "60"]) == 1
    assert own_data.names() == ("shells",)


def test_interrupted_it_leaves_nothing(csv, capsys, monkeypatch):
    advance = learner.Training.advance

    def pressed(course):
        if course.step == 3:
            signal.raise_signal(signal.SIGINT)
        return advance(course)

    monkeypatch.setattr(learner.Training, "advance", pressed)
    # started in the background, a process ignores Ctrl+C
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main.main(["fit", str(csv), "--families", "flow", "--steps", "50"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert own_data.names() == own.cards() == ()
