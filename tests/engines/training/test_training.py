"""Training learns, keeps its totals, and what it ships opens; evaluation writes the card."""

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
from engines.training.checkpoint import resume
from engines.training.descent import Descent
from engines.training.evaluate import evaluate
from engines.training.keeping import Past, Terms, account, kept, read
from engines.training.loop import Plan, Training
from engines.training.randomness import drawn_from, seeded
from engines.training.recipe import Recipe
from engines.training.recipes.registry import RECIPES, recipe_of
from engines.training.recipes.vae import negative_iwae

NET = {"dim": 2, "classes": 2, "latent": 2, "hidden": 16}


@pytest.fixture(scope="module")
def moons():
    toy = TOYS["moons"]
    g = torch.Generator().manual_seed(1)
    train_part, test_part = (datasets.Split(*toy.sample(n, g)) for n in (2_000, 200))
    return datasets.DataSet("moons", toy.labels, train_part, test_part, "none")


def trainer(data, seed=0):
    g = seeded(seed)
    with drawn_from(g):
        net = PointVAE(**NET)
    net.standardise(data.train.x)
    return Descent(net, negative_iwae, generator=g, rate=3e-3, clip=10.0, warm_up=4), g


def course(data, steps, seed=0):
    made, g = trainer(data, seed)
    plan = Plan(steps, 64, 0.5)
    return Training(made, data.train, plan, generator=g, classes=2, net=NET)


def finished(data, steps, seed=0):
    made = course(data, steps, seed)
    moments = list(made.run())
    return made, moments


def loss(made, data):
    x, labels = data.train.x[:500], torch.full((500,), 2)
    with torch.no_grad():
        return negative_iwae(made.net, x, labels, 1.0, seeded(5)).item()


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
    before = loss(trainer(moons)[0], moons)
    made, moments = finished(moons, 60)
    assert loss(made.trainer, moons) < before - 0.3
    assert [moment.step for moment in moments] == list(range(1, 61))
    assert {moment.total for moment in moments} == {60}
    assert moments[-1].examples == 60 * 64
    assert 0 < moments[0].seconds < moments[-1].seconds == made.seconds
    model = open_model(ship(made.trainer, moons, tmp_path))
    assert finish(model.sample(SampleRequest(4, 1, label=0))).isfinite().all()


def test_the_rate_follows_the_step_and_not_the_clock(moons):
    _, moments = finished(moons, 40)
    rates = [moment.rate for moment in moments]
    expected = [
        3e-3 * min(1, (i + 1) / 4) * 0.5 * (1 + math.cos(math.pi * i / 40)) for i in range(40)
    ]
    assert rates == pytest.approx(expected)


def test_one_that_is_finished_gets_new_steps_on_top(moons, tmp_path):
    path, terms = tmp_path / "run.pt", Terms(Plan(5, 64, 0.5), 0, "cpu")
    drained(kept(course(moons, 5), path, terms))
    found = read(path, "cpu")
    assert found.finished
    further = course(moons, 3)
    past = resume(further, found, "train it")
    assert past.steps == 5
    assert past.command == "train it --steps 5 --batch 64 --seed 0"
    assert past.seconds == found.state["seconds"] > 0
    assert further.step == 0
    drained(kept(further, path, Terms(Plan(3, 64, 0.5), 0, "cpu"), past))
    again = read(path, "cpu")
    through = again.through("train it")
    assert through.steps == 8
    assert through.command == (
        "train it --steps 5 --batch 64 --seed 0 && train it --steps 3 --batch 64 --seed 0 --resume"
    )
    assert again.state["trainer"]["steps"] == 8


def drained(run):
    for _ in run:
        pass


def test_a_card_names_the_commands_that_led_to_the_weights(moons):
    terms, threads = Terms(Plan(50, 8), 1, "cpu"), torch.get_num_threads()
    made = course(moons, 50)
    made.step, made.seconds = 50, 300.0
    first = account(made, terms, "train it", past=Past())
    assert first == {
        "minutes": 5.0,
        "steps": 50,
        "batch": 8,
        "threads": threads,
        "command": "train it --steps 50 --batch 8 --seed 1",
    }
    made.step, made.seconds = 30, 120.0
    gpu = Terms(Plan(50, 64), 1, "meta")
    told = account(made, gpu, "train it", past=Past(300, 50, first["command"]))
    assert (told["minutes"], told["steps"], told["planned"]) == (7.0, 80, 100)
    assert told["command"] == (
        "train it --steps 50 --batch 8 --seed 1 && "
        "train it --steps 50 --batch 64 --seed 1 --device meta --resume --minutes 2"
    )


def test_committed_weights_can_be_trained_on(moons):
    made, _ = trainer(moons)
    made.step(moons.train.x[:64], moons.train.labels[:64], 0.0)
    other, _ = trainer(moons, seed=1)
    other.adopt(made.weights())
    adopted = other.weights()
    assert all(torch.equal(tensor, adopted[name]) for name, tensor in made.weights().items())


def test_a_gradient_that_is_not_finite_changes_nothing(moons):
    made, _ = trainer(moons)
    before = {name: tensor.clone() for name, tensor in made.weights().items()}
    made.step(torch.full((8, 2), math.nan), torch.zeros(8, dtype=torch.int64), 0.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in made.weights().items())


@pytest.mark.parametrize("family", RECIPES)
def test_every_recipe_knows_points_and_pictures(moons, family):
    picture = datasets.Split(torch.zeros(4, 1, 28, 28), torch.arange(4))
    pictures = datasets.DataSet("mnist", ("0", "1", "2", "3"), picture, picture, "none")
    for data in (moons, pictures):
        made = recipe_of(family, data)
        assert made.text
        assert made.options
        if isinstance(made, Recipe):
            assert made.steps > 0
            assert made.batch > 0


def test_evaluation_writes_figures_into_the_card(moons, tmp_path, monkeypatch):
    card = ship(trainer(moons)[0], moons, tmp_path)
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
