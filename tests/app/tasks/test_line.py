"""Draws along a line and the densities there, against closed forms."""

import numpy as np
import pytest

from app.models.open_models import Models
from app.recipes.recipe import Recipe, RecipeError
from app.tasks.line import Line, LineRequest, distance, fill_line, model_curve, true_curve, usual
from app.tasks.line_recipe import recipe_of, request_of
from engines.checkpoints.catalog import ROOT, scan
from engines.model import Meaning

SPAN = (-6.0, 6.0)


@pytest.fixture(scope="module")
def shipped():
    """The bundled models of the plane, and one place where those that were opened stay."""
    cards, _ = scan(ROOT)
    return {card.name: card for card in cards}, Models("cpu")


def last(job):
    """The last step of a job and its result."""
    run, step = job(), None
    while True:
        try:
            step = next(run)
        except StopIteration as end:
            return step, end.value


def normal(x, mean, sd):
    return np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))


@pytest.mark.parametrize("axis", [0, 1])
def test_the_true_curve_of_a_mixture_is_its_textbook_conditional(axis):
    sd, angle = 0.5 / 1.414, np.arange(8) * np.pi / 4
    centres = np.stack([np.cos(angle), np.sin(angle)], 1) * 4 / 1.414
    curve, _ = last(true_curve(Line("gaussians", axis, 1.9, SPAN)))
    weight = normal(1.9, centres[:, axis], sd)
    parts = normal(curve.places[:, None], centres[:, 1 - axis], sd)
    wanted = parts @ weight / weight.sum()
    np.testing.assert_allclose(curve.density, wanted, atol=1e-6)
    assert curve.log_known == pytest.approx(np.log(weight.mean()), abs=1e-6)


def test_a_class_has_a_curve_of_its_own():
    curve, _ = last(true_curve(Line("gaussians", 0, 2.8, SPAN, 0)))
    np.testing.assert_allclose(curve.density, normal(curve.places, 0, 0.5 / 1.414), atol=1e-6)


def test_where_there_are_no_data_there_is_no_density():
    curve, _ = last(true_curve(Line("checkerboard", 0, 9.0, SPAN)))
    assert curve.density is None
    assert last(true_curve(Line("cities", 0, 0.0, SPAN)))[0].density is None


@pytest.mark.parametrize(
    ("name", "axis", "value"),
    [("moons/mfa", 0, 0.4), ("moons/mfa", 1, -0.2), ("moons/kde", 1, 0.3)],
)
def test_exact_draws_follow_the_models_own_density(shipped, name, axis, value):
    cards, models = shipped
    line = Line("moons", axis, value, SPAN)
    curve, _ = last(model_curve(models, cards[name], line))
    _, filling = last(fill_line(models, cards[name], LineRequest(axis, value, 1000, 3)))
    assert curve.meaning == Meaning.EXACT.value
    assert np.trapezoid(curve.density, curve.places) == pytest.approx(1, abs=1e-9)
    assert filling.kept is True
    assert (filling.points[:, axis] == np.float32(value)).all()
    assert distance(filling.values, curve) < usual(1000)
    other, _ = last(model_curve(models, cards[name], Line("moons", axis, value + 0.5, SPAN)))
    assert distance(filling.values, other) > usual(1000), "the distance can tell"


def test_an_implicit_model_has_no_curve(shipped):
    cards, models = shipped
    curve, _ = last(model_curve(models, cards["rings/gan"], Line("rings", 0, 0.5, SPAN)))
    assert curve.density is None
    assert distance(np.zeros(3, np.float32), curve) is None


def test_the_distance_is_that_of_kolmogorov():
    curve, _ = last(true_curve(Line("gaussians", 0, 2.8, SPAN, 0)))
    assert distance(np.zeros(1, np.float32), curve) == pytest.approx(0.5, abs=1e-6)
    assert distance(np.full(4, 5.9, np.float32), curve) == pytest.approx(1.0, abs=1e-6)


def test_a_recipe_brings_the_request_back(shipped):
    card = shipped[0]["moons/mfa"]
    request = LineRequest(1, -0.25, 321, 5, "closed-form", {}, 1)
    recipe = Recipe.from_json(recipe_of(card, request).to_json())
    assert request_of(recipe, card) == request


@pytest.mark.parametrize(
    "extra",
    [{"axis": 2}, {"axis": True}, {"value": "0"}, {"value": True}, {"method": 3}, {"more": 1}],
)
def test_a_damaged_recipe_is_refused_with_a_sentence(shipped, extra):
    card = shipped[0]["moons/mfa"]
    good = recipe_of(card, LineRequest(1, -0.25, 3, 5, "closed-form"))
    bad = Recipe(**{**vars(good), "extra": {**good.extra, **extra}})
    with pytest.raises(RecipeError):
        request_of(bad, card)
