"""Views of maps as recipes, and what no recipe may ask."""

import dataclasses

import pytest

from app.recipes.recipe import Recipe, RecipeError
from app.tasks.mapping_recipe import View, recipe_of, view_of
from engines.maps.area import Area
from tests.engines.tiny import ship
from tests.kinds import blobs

VIEW = View(
    models=("tiny-points/flow", "tiny-points/kde"),
    area=Area(-1.5, 2.25, 0.0, 1.0),
    side=256,
    label=2,
    logarithmic=False,
    range=20.0,
    contours=False,
    data=True,
    points=((0.5, -1.25), (3.0, 4.0)),
    difference=("tiny-points/flow", "truth"),
    inside=("tiny-points/flow", 0.25),
    samples=True,
)


@pytest.fixture(scope="module")
def cards(tmp_path_factory):
    root = tmp_path_factory.mktemp("assets")
    made = [ship(root, family, "points") for family in ("flow", "kde")]
    made.append(ship(root, "kde", "picture"))
    return {card.name: card for card in made}


def changed(recipe, **extra):
    return dataclasses.replace(recipe, extra={**recipe.extra, **extra})


def test_every_field_of_a_view_comes_back(cards):
    recipe = Recipe.from_json(recipe_of(VIEW, cards, 7).to_json())
    assert view_of(recipe, cards) == VIEW
    plain = View(models=("tiny-points/kde",), area=Area(0, 1, 0, 1))
    again = view_of(Recipe.from_json(recipe_of(plain, cards, 7).to_json()), cards)
    assert again == plain
    defaults = {f.name: getattr(plain, f.name) for f in dataclasses.fields(View)}
    differ = [n for n, v in defaults.items() if getattr(VIEW, n) == v]
    assert differ == ["given"], "the test's view leaves a field at its default"


def test_values_of_attributes_come_back_by_their_names(tmp_path):
    card = blobs.ship(tmp_path, "moons/blobs")
    given = {"place": "left", "size": "large"}
    view = View((card.name,), Area(0, 1, 0, 1), given=given)
    recipe = Recipe.from_json(recipe_of(view, {card.name: card}, 7).to_json())
    assert (recipe.label, recipe.given) == (None, given)
    assert view_of(recipe, {card.name: card}) == view
    for wrong, says in (({"hue": "red"}, "hue 'red'"), ({"size": "huge"}, "size 'huge'")):
        with pytest.raises(RecipeError, match=says):
            view_of(dataclasses.replace(recipe, given=wrong), {card.name: card})


def test_a_view_of_an_older_version_is_read(cards):
    """What is written for classes is what it was: no field is new."""
    plain = View(models=("tiny-points/kde",), area=Area(0, 1, 0, 1), label=1)
    text = recipe_of(plain, cards, 7).to_json()
    assert "given" not in text
    assert view_of(Recipe.from_json(text), cards) == plain


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"area": [1, 0, 0, 1]}, "damaged"),
        ({"area": [0, 1]}, "damaged"),
        ({"side": 9}, "9 pixels"),
        ({"side": "many"}, "damaged"),
        ({"range": None}, "damaged"),
        ({"points": [[1]]}, "damaged"),
        ({"inside": ["x", 2]}, "damaged"),
        ({"models": {}}, "several data sets: none"),
        ({"models": {"no/such": "0" * 64}}, "no/such"),
        ({"models": {"tiny-picture/kde": "0" * 64}}, "not a 2-D model"),
        ({"models": {"tiny-points/kde": "0" * 64}}, "other weights"),
        ({"more": 1}, "lacks parts"),
    ],
)
def test_a_damaged_view_is_refused_in_a_sentence(cards, extra, says):
    with pytest.raises(RecipeError, match=says):
        view_of(changed(recipe_of(VIEW, cards, 7), **extra), cards)


def test_a_class_that_is_not_there_is_refused(cards):
    recipe = dataclasses.replace(recipe_of(VIEW, cards, 7), label=3)
    with pytest.raises(RecipeError, match="class 3"):
        view_of(recipe, cards)
