"""Files saved by the version before kinds of data were objects are made again, value by value.

`saved/` holds what the command line of that version wrote; nothing in it is ever written anew.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from app.command.parser import OK
from app.recipes.recipe import card_of, check_fit, read_png
from app.tasks import filling_recipe, line_recipe, mapping_recipe, walking_recipe
from engines.checkpoints import devices
from engines.checkpoints.catalog import catalog
from main import main

SAVED = Path(__file__).parent / "saved"
FILES = sorted(SAVED.iterdir())
COMMANDS = {
    "sample": ("sample", "--from"),
    "inpaint": ("inpaint", "--from"),
    "interpolate": ("interpolate", "--again"),
}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    """No niceness, no hook and no log that outlive the test."""
    monkeypatch.setattr(devices, "prepare_thread", lambda: None)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("platformdirs.user_log_path", lambda *_, **__: tmp_path / "log")


def _values(path):
    """The pixels of every frame, or the numbers of every row."""
    if path.suffix == ".csv":
        lines = path.read_text("utf-8").splitlines()
        return lines[1], np.array([[float(x) for x in line.split(",")] for line in lines[2:]])
    with Image.open(path) as image:
        frames = [np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    return "pixels", np.stack(frames)


def test_there_are_ten_or_more():
    assert len(FILES) >= 10
    assert {read_png(path).task for path in FILES} == {*COMMANDS, "density"}


@pytest.mark.parametrize(
    "path", [p for p in FILES if read_png(p).task in COMMANDS], ids=lambda path: path.name
)
def test_a_saved_file_is_made_again(path, tmp_path):
    again = tmp_path / path.name
    assert main([*COMMANDS[read_png(path).task], str(path), "--out", str(again)]) == OK
    (kind, values), (same, made) = _values(path), _values(again)
    assert kind == same
    if kind == "pixels":
        assert np.array_equal(values, made)
    else:  # the last bit of a float32 depends on the processor
        assert np.allclose(values, made, rtol=1e-4, atol=1e-5)
    recipe = read_png(path)
    assert replace(read_png(again), version=recipe.version) == recipe


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_saved_recipe_is_understood(path):
    recipe = read_png(path)
    card = card_of(recipe)
    check_fit(recipe, card)
    if recipe.task == "inpaint":
        kind = line_recipe if "axis" in recipe.extra else filling_recipe
        assert kind.request_of(recipe, card).count == recipe.count
    elif recipe.task == "interpolate":
        assert len(walking_recipe.plan_of(recipe, card).keys) == 2
    elif recipe.task == "density":
        view = mapping_recipe.view_of(recipe, {c.name: c for c in catalog()})
        assert view.models == ("moons/flow",)
        assert view.label == 0
