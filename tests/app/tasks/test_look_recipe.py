"""Pages of a picture as recipes, and what no recipe may ask."""

import dataclasses

import numpy as np
import pytest

from app.recipes.recipe import Recipe, RecipeError
from app.tasks.look_recipe import Look, is_look, look_of, recipe_of
from tests.engines.tiny import ship
from tests.kinds import blobs

PICTURES = tuple(np.full((8, 8, 3), grey, np.uint8) for grey in (0, 100, 255))
LOOK = Look(
    models=("tiny-picture/flow", "tiny-picture/kde"),
    page="plane",
    pictures=PICTURES,
    title="a test picture",
    label=2,
    noise=6,
    chosen="tiny-picture/kde",
    mapped="picture",
    count=99,
)


@pytest.fixture(scope="module")
def cards(tmp_path_factory):
    root = tmp_path_factory.mktemp("assets")
    made = [ship(root, family, "picture") for family in ("flow", "kde")]
    made.append(ship(root, "kde", "points"))
    return {card.name: card for card in made}


def test_every_field_of_a_page_comes_back(cards):
    recipe = Recipe.from_json(recipe_of(LOOK, cards, 7).to_json())
    assert is_look(recipe)
    found = look_of(recipe, cards)
    for field in dataclasses.fields(Look):
        if field.name == "pictures":
            np.testing.assert_array_equal(found.pictures, PICTURES)
        else:
            assert getattr(found, field.name) == getattr(LOOK, field.name)


def test_values_of_attributes_come_back_by_their_names(tmp_path):
    card = blobs.ship(tmp_path, "mnist/blobs", (1, 8, 8))
    look = Look((card.name,), "pixels", PICTURES[:1], given={"size": "small"})
    recipe = Recipe.from_json(recipe_of(look, {card.name: card}, 7).to_json())
    assert look_of(recipe, {card.name: card}).given == {"size": "small"}
    with pytest.raises(RecipeError, match="place 'top'"):
        look_of(dataclasses.replace(recipe, given={"place": "top"}), {card.name: card})


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"page": "cellar"}, "page is unknown"),
        ({"noise": 9}, "noise level is not 0 … 7"),
        ({"noise": True}, "noise level"),
        ({"count": 3}, "number of samples"),
        ({"mapped": "both"}, "density on a plane"),
        ({"chosen": "tiny-picture/vae"}, "model of"),
        ({"pictures": []}, "damaged"),
        ({"pictures": ["AAAA"]}, "damaged"),
        ({"pictures": "AAAA"}, "damaged"),
        ({"models": {}}, "lacks parts"),
        ({"more": 1}, "lacks"),
        ({"models": {"tiny-points/kde": "0" * 64}}, "not a model of pictures"),
        ({"models": {"tiny-picture/kde": "0" * 64}}, "other weights"),
    ],
)
def test_a_damaged_page_is_refused_in_a_sentence(cards, extra, says):
    recipe = recipe_of(LOOK, cards, 7)
    with pytest.raises(RecipeError, match=says):
        look_of(dataclasses.replace(recipe, extra={**recipe.extra, **extra}), cards)


def test_a_picture_of_another_size_and_a_class_that_is_not_there_are_refused(cards):
    large = dataclasses.replace(LOOK, pictures=(np.zeros((9, 8, 3), np.uint8),))
    with pytest.raises(RecipeError, match="not of the size"):
        look_of(recipe_of(large, cards, 7), cards)
    recipe = dataclasses.replace(recipe_of(LOOK, cards, 7), label=3)
    with pytest.raises(RecipeError, match="class 3"):
        look_of(recipe, cards)
