"""The recipe of a filled hole survives JSON whole, and nothing broken gets through."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app.recipes.packing import mask_png
from app.recipes.recipe import Recipe, RecipeError, png_bytes, read_png
from app.tasks.filling import FillRequest
from app.tasks.filling_recipe import recipe_of, request_of
from engines.kinds import of_shape
from tests.app.recipes.test_recipe import CARD

RNG = np.random.default_rng(1)
GREY = np.repeat(RNG.integers(0, 256, (4, 5, 1), np.uint8), 3, axis=2)
MASK = RNG.random((4, 5)) < 0.4
REQUEST = FillRequest(GREY, MASK, 8, 7, "mwg", {"sweeps": 30.0}, 2)
RECIPE = recipe_of(CARD, REQUEST, columns=3)


def png(array):
    with io.BytesIO() as file:
        Image.fromarray(array).save(file, "PNG")
        return base64.b64encode(file.getvalue()).decode()


def test_a_recipe_gives_back_the_request():
    again = Recipe.from_json(RECIPE.to_json())
    assert again == RECIPE
    assert request_of(again, CARD).same(REQUEST)
    assert read_png(png_bytes(GREY, RECIPE.picture(5))).index == 5


def test_one_draw_asks_for_all_of_them():
    assert RECIPE.picture(5).count == 8


def test_the_mask_is_a_png_of_one_bit():
    with Image.open(io.BytesIO(mask_png(MASK))) as image:
        assert image.mode == "1"
        assert (np.asarray(image) == MASK).all()


def test_a_model_of_colours_keeps_them():
    colours = RNG.integers(0, 256, (4, 5, 3), np.uint8)
    card = replace(CARD, kind=of_shape((3, 4, 5)))
    request = replace(REQUEST, picture=colours)
    assert request_of(recipe_of(card, request), card).same(request)
    with pytest.raises(RecipeError, match="grey"):
        request_of(recipe_of(card, request), CARD)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"extra": {}}, "lacks the method"),
        ({"extra": {**RECIPE.extra, "more": 1}}, "lacks the method"),
        ({"extra": {**RECIPE.extra, "method": 3}}, "lacks the method"),
        ({"extra": {**RECIPE.extra, "mask": "###"}}, "mask is damaged"),
        ({"extra": {**RECIPE.extra, "mask": 5}}, "mask is damaged"),
        ({"extra": {**RECIPE.extra, "picture": "bm90IGEgcG5n"}}, "picture is damaged"),
        (
            {"extra": {**RECIPE.extra, "picture": png(GREY[:3])}},
            r"picture has another size \(5 × 3\) than .*\(5 × 4\)",
        ),
        (
            {"extra": {**RECIPE.extra, "picture": png(np.zeros((1, 5000), np.uint8))}},
            "picture is damaged",
        ),
        ({"count": 65}, "1 … 64 samples"),
        ({"first": 3}, "1 … 64 samples"),
        ({"label": (0, 1)}, "1 … 64 samples"),
        ({"task": "sample"}, "lacks"),
    ],
)
def test_a_broken_payload_is_named(changes, said):
    with pytest.raises(RecipeError, match=said):
        request_of(replace(RECIPE, **changes), CARD)


def test_the_hole_tells_file_names_apart():
    from app.recipes.recipe import file_name

    other = recipe_of(CARD, replace(REQUEST, mask=~MASK))
    assert file_name(RECIPE) != file_name(other)
    assert json.loads(RECIPE.to_json())["task"] == "inpaint"
