"""Training is resumable, keeps its totals, and what it ships opens; evaluation writes the card."""

import math

import pytest
import torch

from engines.checkpoints.catalog import read_card
from engines.checkpoints.weights import save
from engines.data.toys import TOYS
from engines.families.vae.net import PointVAE
from engines.kinds import of_shape
from engines.model import Card, SampleRequest, class_attributes, finish
from engines.opening import open_model
from engines.training import datasets
from engines.training.cards import write_card
from engines.training.evaluate import evaluate
from engines.training.loop import Descent, Progress, Training, train
from engines.training.randomness import Randomness
from engines.training.recipes.registry import RECIPES
from engines.training.recipes.vae import _negative_iwae

NET = {"dim": 2, "classes": 2, "latent": 2, "hidden": 16}


@pytest.fixture(scope="module")
def moons():
    toy = TOYS["moons"]
    g = torch.Generator().manual_seed(1)
    train_part, test_part = (datasets.Split(*toy.sample(n, g)) for n in (2_000, 200))
    return datasets.DataSet("moons", toy.labels, train_part, test_part, "none")


def trainer(data):
    net = PointVAE(**NET)
    net.standardise(data.train.x)
    return Descent(net, _negative_iwae, rate=3e-3, clip=10.0, warm_up=4)


def begun(data, steps):
    return Training(lambda: trainer(data), data, steps=steps, batch=64, label_dropout=0.5, seed=1)


def run(data, checkpoint, *, steps, resume, minutes=None):
    made = begun(data, steps)
    progress = train(
        made, checkpoint=checkpoint, resume=resume, minutes=minutes, report=lambda line: None
    )
    return made.trainer, progress


def loss(made, data):
    torch.manual_seed(5)
    return _negative_iwae(made.net, data.train.x[:500], torch.full((500,), 2), 1.0).item()


def ship(made, data, root):
    path = root / "moons" / "vae.safetensors"
    sha256 = save(made.weights(), path)
    card = Card(
        folder=path.parent,
        name="moons/vae",
        family="vae",
        data="moons",
        kind=of_shape((2,)),
        attributes=class_attributes(data.labels),
        weights=path.name,
        sha256=sha256,
        parameters=7,
        seed=1,
        recipe="",
        licence="none",
        net=NET,
        training={},
    )
    write_card(card)
    return card


def test_training_lowers_the_loss_and_ships_what_opens(moons, tmp_path):
    before = loss(trainer(moons), moons)
    made, progress = run(moons, tmp_path / "run.pt", steps=80, resume=False)
    assert progress.steps == 80
    assert loss(made, moons) < before - 0.3
    model = open_model(ship(made, moons, tmp_path))
    assert finish(model.sample(SampleRequest(4, 1, label=0))).isfinite().all()


def test_a_finished_run_gets_a_fresh_budget_on_top(moons, tmp_path):
    _, early = run(moons, tmp_path / "run.pt", steps=4, resume=False)
    second, late = run(moons, tmp_path / "run.pt", steps=3, resume=True)
    assert late.past_steps == early.steps
    assert late.past_seconds == pytest.approx(early.seconds)
    assert second._steps == early.steps + late.steps


def test_a_card_names_the_commands_that_led_to_the_weights():
    first = Progress(seconds=300, steps=50, planned=50).account("train it", batch=8, device="cpu")
    assert first == {"minutes": 5.0, "steps": 50, "batch": 8, "command": "train it --steps 50"}
    further = Progress(
        seconds=120, steps=30, past_seconds=300, past_steps=90, planned=30, ended=(40,)
    )
    told = further.account("train it", batch=64, device="meta", before=first["command"])
    assert (told["minutes"], told["steps"]) == (7.0, 120)
    assert told["command"] == (
        "train it --steps 50 && train it --device meta --steps 40 --resume && "
        "train it --device meta --steps 30 --resume"
    )


def test_a_card_says_that_a_limit_cut_the_training_short(moons, tmp_path):
    made = begun(moons, 50)
    progress = train(
        made, checkpoint=tmp_path / "run.pt", resume=False, minutes=0, report=lambda line: None
    )
    told = progress.account("train it", batch=64, device="cpu")
    assert told["steps"] == 1
    assert told["command"].startswith("train it --steps 50 --minutes ")


def test_a_resumed_run_keeps_its_plan_and_seed_and_a_fresh_budget_is_named(moons, tmp_path):
    def run_of(steps, **more):
        made = begun(moons, steps)
        return made, train(made, checkpoint=tmp_path / "run.pt", report=lambda line: None, **more)

    run_of(4, resume=False, minutes=0)
    made, progress = run_of(99, resume=True)  # it goes on as it was planned
    assert (made.done, made.steps, progress.steps) == (4, 4, 4)
    _, progress = run_of(3, resume=True)
    told = progress.account("train it", batch=64, device="cpu")
    assert told["command"] == "train it --steps 4 && train it --steps 3 --resume"


def test_a_checkpoint_holds_the_whole_state(moons, tmp_path):
    made, _ = run(moons, tmp_path / "run.pt", steps=4, resume=False)
    other = trainer(moons)
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    other.load_state_dict(state["trainer"])
    x, labels = moons.train.x[:64], moons.train.labels[:64]
    for each in (made, other):
        with Randomness(3):
            each.step(x, labels, 0.5)
    for name, tensor in made.weights().items():
        assert torch.equal(tensor, other.weights()[name]), name


def test_without_resume_a_run_starts_over(moons, tmp_path):
    run(moons, tmp_path / "run.pt", steps=4, resume=False)
    made, again = run(moons, tmp_path / "run.pt", steps=2, resume=False)
    assert made._steps == again.steps
    assert again.past_steps == 0


def test_committed_weights_can_be_trained_on(moons):
    made = trainer(moons)
    made.step(moons.train.x[:64], moons.train.labels[:64], 0.0)
    other = trainer(moons)
    other.adopt(made.weights())
    adopted = other.weights()
    assert all(torch.equal(tensor, adopted[name]) for name, tensor in made.weights().items())


def test_a_gradient_that_is_not_finite_changes_nothing(moons):
    made = trainer(moons)
    before = {name: tensor.clone() for name, tensor in made.weights().items()}
    made.step(torch.full((8, 2), math.nan), torch.zeros(8, dtype=torch.int64), 0.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in made.weights().items())


@pytest.mark.parametrize("family", RECIPES)
def test_every_recipe_knows_points_and_pictures(moons, family):
    picture = datasets.Split(torch.zeros(4, 1, 28, 28), torch.arange(4))
    pictures = datasets.DataSet("mnist", ("0", "1", "2", "3"), picture, picture, "none")
    for data in (moons, pictures):
        assert RECIPES[family](data).text


def test_evaluation_writes_figures_into_the_card(moons, tmp_path, monkeypatch):
    card = ship(trainer(moons), moons, tmp_path)
    monkeypatch.setattr("engines.training.evaluate.load", lambda name: moons)
    monkeypatch.setattr("engines.training.likelihood._POINT_BOUND", {"importance": 8})
    evaluate("moons/vae", root=tmp_path)
    figures = read_card(tmp_path / "moons" / "vae.toml").figures
    assert figures["parameters"]["value"] == card.parameters
    assert figures["cross_entropy"]["meaning"] == "bound"
    assert figures["cross_entropy"]["examples"] == 200
    assert figures["kl_gap"]["stderr"] > 0
    assert figures["sampling_ms"]["value"] > 0
    model = open_model("moons/vae", root=tmp_path)
    found = finish(model.density.run(moons.test.x, None, {"importance": 8})).value
    assert figures["cross_entropy"]["value"] == pytest.approx(-found.mean().item(), abs=1e-4)
    truth = TOYS["moons"].log_density(moons.test.x)
    assert figures["kl_gap"]["value"] == pytest.approx((truth - found).mean().item(), abs=1e-4)
