"""The class of a draw where none is asked: read from what is known, drawn before the hole is."""

from dataclasses import replace

import pytest
import torch

from engines import log_density, open_model
from engines.data import examples
from engines.inpaint import any_order, methods_for, raster
from engines.inpaint.classes import ANY, CLASS, OWN, OWN_CLASS, READER, asked_of, classes, reads
from engines.inpaint.method import Hole
from engines.model import Exactness, finish
from engines.readers import classifier
from engines.training.datasets import Split
from engines.training.hole_reader import figures, holes
from engines.training.randomness import seeded
from engines.training.reports.inpainting import HOLES

KNOBS = {"class": READER}


@pytest.fixture(scope="module")
def model():
    return open_model("mnist/vae")


@pytest.fixture(scope="module")
def shown():
    found = examples.pictures("mnist")
    x = torch.from_numpy(found.levels[..., :1]).permute(0, 3, 1, 2) / 127.5 - 1
    return Split(x, torch.tensor(found.labels))


def hole(model, picture, known, count=64, label=10, knobs=KNOBS):
    return Hole(model, picture.masked_fill(~known, 0.0), known, count, 3, knobs, (label,))


def test_a_small_hole_leaves_the_class_to_be_read(model, shown):
    known = torch.ones(1, 28, 28, dtype=torch.bool)
    known[:, :6, :6] = False
    right = [
        (classes(hole(model, x, known)) == label).double().mean()
        for x, label in zip(shown.x[:10], shown.labels[:10], strict=True)
    ]
    assert sum(right) / 10 > 0.95


def test_nothing_known_leaves_every_class_open(model, shown):
    known = torch.zeros(1, 28, 28, dtype=torch.bool)
    found = classes(hole(model, shown.x[0], known, 2000)).bincount(minlength=10) / 2000
    assert ((found > 0.04) & (found < 0.2)).all()


def test_a_class_that_is_asked_stays_and_any_can_be_had(model, shown):
    known = torch.ones(1, 28, 28, dtype=torch.bool)
    assert (classes(hole(model, shown.x[0], known, label=4)) == 4).all()
    assert (classes(hole(model, shown.x[0], known, knobs={"class": ANY})) == 10).all()
    assert (classes(hole(model, shown.x[0], known, knobs={})) == 10).all()
    assert not reads("moons")


def test_a_draw_has_its_class_whatever_is_drawn_beside_it(model, shown):
    known = HOLES["square"](28, 28)[None]
    whole = classes(hole(model, shown.x[2], known))
    assert torch.equal(classes(hole(model, shown.x[2], known), range(5, 9)), whole[5:9])


READERS = (
    "vae",
    "gan",
    "any-order",
    "autoregressive",
    "flow",
    "diffusion",
    "energy",
    "latent-diffusion",
)
SMALL = {
    "gan": {"steps": 20},
    "flow": {"steps": 2, "search": 4},
    "energy": {"steps": 2, "levels": 8},
}


@pytest.mark.parametrize("family", READERS)
def test_the_methods_say_so(family):
    model = open_model(f"mnist/{family}")
    method = methods_for(model)[0]
    assert CLASS in method.knobs or OWN_CLASS in method.knobs
    read, anything = (method.procedure(model, {"class": c}) for c in (READER, ANY))
    assert read.exactness is Exactness.HEURISTIC, "the reader's class is not the model's"
    assert "class from a separate classifier" in read.method
    assert "reader" not in anything.method
    if anything.exactness is not Exactness.HEURISTIC:
        assert f"{anything.exactness.value} given the class" in read.method
    known = HOLES["square"](28, 28)
    asked = method.standing(model, asked_of({"class": READER}, 3), known)
    assert asked == method.standing(model, {"class": ANY}, known), "no class is drawn"
    strange = replace(model, card=replace(model.card, data="hands"))
    read = method.procedure(strange, {"class": READER})
    assert "reader" not in read.method, "nobody reads hands"


@pytest.mark.parametrize("family", ["autoregressive", "any-order"])
def test_the_model_s_own_class_is_the_default_where_it_is_cheap(family):
    model, last = open_model(f"mnist/{family}"), torch.arange(28)[:, None].expand(28, 28) < 14
    method = methods_for(model)[0]
    here, middle = (method.standing(model, {}, known) for known in (last, HOLES["square"](28, 28)))
    assert "class from the model's own posterior" in here.method
    if family == "autoregressive":
        assert here.exactness is Exactness.EXACT
        assert middle.exactness is Exactness.HEURISTIC
        assert "separate classifier" in middle.method
    else:
        assert here.exactness is Exactness.HEURISTIC, "pixels of a group are taken as independent"
    assert "separate classifier" in method.standing(model, {"class": READER}, last).method


def test_classes_of_a_raster_model_are_drawn_by_its_own_densities(shown):
    """The hole last: p(x_o | c) from the density of whole pictures, whose tail is the same for all
    the classes that it is summed over. Here the tail is one pixel."""
    model, known = open_model("mnist/autoregressive"), torch.ones(1, 28, 28, dtype=torch.bool)
    known[0, -1, -1] = False
    x = shown.x[4]
    got = raster.evidence(hole(model, x, known))()
    levels = torch.arange(0, 256, dtype=torch.float32) / 127.5 - 1
    few = levels[[0, 1, 2, 128, 255]]
    some = x.repeat(len(few), 1, 1, 1)
    some[:, 0, -1, -1] = few
    every = log_density(model, some.repeat(10, 1, 1, 1), torch.arange(10).repeat_interleave(5))
    upto = every.value.view(10, 5).logsumexp(1)
    assert (upto <= got + 1e-3).all()
    assert (got - upto).max() < 0.1, "a corner is nearly always black"
    drawn = classes(hole(model, x, known, 4000, knobs={"class": OWN}), None, lambda: got)
    share = drawn.bincount(minlength=10) / 4000
    assert 0.5 * (share - got.softmax(0)).abs().sum() < 0.04


def test_classes_of_an_any_order_model_read_what_is_known(shown):
    model, known = open_model("mnist/any-order"), HOLES["square"](28, 28)[None]
    for i in (2, 5):
        found = any_order.evidence(hole(model, shown.x[i], known))().softmax(0)
        assert found.argmax() == shown.labels[i]


@pytest.mark.parametrize("family", SMALL)
def test_what_is_drawn_is_of_the_class_that_was_read(family, shown):
    """Where every draw reads the same class, it is as if that had been asked."""
    model, known = open_model(f"mnist/{family}"), HOLES["square"](28, 28)
    method = methods_for(model)[0]
    picture, label = next(
        (x, found[0].item())
        for x in shown.x
        if len((found := classes(hole(model, x, known[None], 4))).unique()) == 1
    )
    read, asked, anything = (
        finish(method.run(model, picture, known, 4, 3, SMALL[family] | more, asked_class))
        for more, asked_class in (({}, None), ({}, label), ({"class": ANY}, None))
    )
    assert torch.equal(read, asked)
    assert not torch.equal(read, anything)


def test_holes_are_of_every_size():
    share = holes(400, 28, 28, seeded(0)).double().flatten(1).mean(1)
    assert share.min() < 0.1
    assert share.max() > 0.9
    assert holes(3, 28, 20, seeded(0)).shape == (3, 1, 28, 20)


def test_the_shipped_reader_reads_as_its_card_says(shown):
    card = classifier.read("mnist-holes")
    net = classifier.open_classifier("mnist-holes")
    found = figures(net, shown, HOLES["third"](28, 28))
    error = (found["value"] * (1 - found["value"]) / len(shown.x)) ** 0.5
    assert abs(found["value"] - card.figures["third"]["value"]) < 4 * max(error, 0.02)
