"""Recipes made of anything at all, in every file that holds them: followed, or one sentence."""

import base64
import copy
import io
import json
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from app.recipes import recipe as recipes
from app.recipes.packing import mask_png, picture_text
from app.recipes.recipe import Recipe, RecipeError
from app.recipes.rows import rows
from app.tasks import filling_recipe, line_recipe, walking_recipe
from engines.kinds import of_shape
from engines.model import Card, class_attributes
from tests import fuzzing
from tests.fuzzing import flipped, fuzz


@pytest.fixture(scope="module", autouse=True)
def within_the_budget():
    yield from fuzzing.growth_within_the_budget()


def card(tmp, name, shape):
    return Card(
        folder=tmp,
        name=name,
        family="kde",
        data=name.partition("/")[0],
        kind=of_shape(shape),
        attributes=class_attributes(("a", "b")),
        weights="w",
        sha256="0" * 64,
        parameters=1,
        seed=0,
        recipe="",
        licence="",
    )


GREY = np.arange(30, dtype=np.uint8).reshape(6, 5)
SAMPLE = {
    "format": 1,
    "task": "sample",
    "model": "mnist/kde",
    "sha256": "0" * 64,
    "seed": 7,
    "first": 3,
    "count": 5,
    "index": 4,
    "columns": None,
    "label": [0, 1],
    "knobs": {"temperature": 1.0},
    "extra": {},
    "version": "0.1.0",
    "prompt": "a cat",
    "negative": "",
}
FILL = SAMPLE | {
    "task": "inpaint",
    "first": 0,
    "label": 1,
    "extra": {
        "method": "exact",
        "picture": picture_text(GREY),
        "mask": base64.b64encode(mask_png(GREY > 9)).decode(),
    },
}
WALK = SAMPLE | {
    "task": "interpolate",
    "first": 0,
    "label": None,
    "extra": {
        "keys": [picture_text(GREY), picture_text(GREY)],
        "way": "slerp",
        "encoder": "mean",
        "easing": "linear",
        "basis": "principal",
        "turned": [0.5],
        "place": None,
    },
}
LINE = FILL | {"model": "moons/kde", "extra": {"method": "exact", "axis": 0, "value": 0.5}}
TABLES = (SAMPLE, FILL, WALK, LINE)

plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 20),
    st.text(max_size=12),
    st.floats(width=32, allow_subnormal=False),  # a lane in this process may flush those to zero
    st.sampled_from([2**32 - 1, 2**32, 2**64, -(2**63), 1e308, "x" * 2000, "density", [], {}]),
)
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=9), st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=10,
)


@st.composite
def texts(draw):
    """The JSON of a recipe with a few of its values, at any depth, put out of joint."""
    table = copy.deepcopy(draw(st.sampled_from(TABLES)))
    for _ in range(draw(st.integers(0, 3))):
        at = table
        if draw(st.booleans()) and table.get("extra"):
            at = table["extra"] if isinstance(table["extra"], dict) else table
        key = draw(st.one_of(st.sampled_from(sorted(at)), st.text(max_size=8)))
        if draw(st.integers(0, 5)) == 0:
            at.pop(key, None)
        else:
            at[key] = draw(values)
    raw = json.dumps(table).encode()
    return draw(flipped(raw)) if draw(st.integers(0, 3)) == 0 else raw


def png(text, zipped=False):
    info = PngImagePlugin.PngInfo()
    info.add_itxt("genscope", text.decode("utf-8", "replace"), zip=zipped)
    with io.BytesIO() as file:
        Image.fromarray(GREY).save(file, "PNG", pnginfo=info)
        return file.getvalue()


def gif(text):
    with io.BytesIO() as file:
        Image.fromarray(GREY).save(file, "GIF", comment=b"genscope " + text)
        return file.getvalue()


def csv(text):
    return b"# genscope " + text + b"\nx,y\n0.5,1\n"


WRAPS = {
    "png": png,
    "zipped": lambda text: png(text, zipped=True),
    "gif": gif,
    "csv": csv,
    "json": lambda text: text,
}


def follow(raw, tmp):
    """Do with a recipe all that is done before a model is opened."""
    try:
        recipe = recipes.read_png(raw)
    except RecipeError as error:
        fuzzing.sentence(str(error))
        return
    assert Recipe.from_json(recipe.to_json()) == recipe
    rows(recipe)
    assert len(recipes.file_name(recipe)) < 1200
    points = recipe.model.startswith("moons")
    known = card(tmp, recipe.model, (2,) if points else (1, 6, 5))
    tasks = {
        "sample": lambda recipe, _: recipes.request_of(recipe),
        "interpolate": walking_recipe.plan_of,
        "inpaint": line_recipe.request_of if points else filling_recipe.request_of,
    }
    for act in (recipes.check_fit, tasks.get(recipe.task, recipes.check_fit)):
        try:
            act(recipe, known)
        except RecipeError as error:
            fuzzing.sentence(str(error))


@pytest.mark.parametrize("kind", WRAPS)
@fuzz(few=15, many=700)
@given(data=st.data())
def test_recipes_out_of_joint(tmp_path_factory, kind, data):
    raw = WRAPS[kind](data.draw(texts()))
    with fuzzing.kept("recipe", raw):
        follow(raw, tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("kind", ["png", "zipped", "gif", "csv"])
@fuzz(few=10, many=400)
@given(data=st.data())
def test_spoiled_files_of_recipes(tmp_path_factory, kind, data):
    good = WRAPS[kind](json.dumps(data.draw(st.sampled_from(TABLES))).encode())
    raw = data.draw(flipped(good))
    with fuzzing.kept("recipe", raw):
        follow(raw, tmp_path_factory.getbasetemp())


@fuzz(few=10, many=400)
@given(data=st.data())
def test_pictures_inside_recipes_are_held_to_their_size(data):
    """A small text may hold a large picture, or one that is damaged."""
    side = st.sampled_from([1, 5, 6, 2048, 2049, 60_000])
    head = struct.pack(">IIBBBBB", data.draw(side), data.draw(side), 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(data.draw(st.sampled_from([0, 35, 5_000_000]))))
    raw = b"\x89PNG\r\n\x1a\n"
    for kind, part in ((b"IHDR", head), (b"IDAT", body), (b"IEND", b"")):
        raw += struct.pack(">I", len(part)) + kind + part + zlib.crc32(kind + part).to_bytes(4)
    text = base64.b64encode(data.draw(st.one_of(st.just(raw), flipped(raw)))).decode()
    table = FILL | {"extra": FILL["extra"] | {"picture": text}}
    with fuzzing.kept("recipe", json.dumps(table).encode()), suppress(RecipeError):
        recipe = Recipe.from_json(json.dumps(table))
        filling_recipe.request_of(recipe, card(None, "mnist/kde", (1, 6, 5)))


@fuzzing.cases("recipe")
def test_recipes_that_failed_once(path, tmp_path):
    with fuzzing.watched():
        follow(path.read_bytes(), tmp_path)
