"""Recipes of models with a card: no path of anybody's, and the model is found by its weights."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import main
from app.recipes.recipe import RecipeError, card_among, read_png
from app.session import settings
from app.session.settings import Settings
from app.tasks.mapping_recipe import View, recipe_of, view_of
from engines.checkpoints import devices
from engines.maps.area import Area
from engines.opening import find
from tests.engines.outside import outsiders


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(devices, "prepare_thread", lambda: None)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(settings, "default_path", lambda: tmp_path / "settings.json")


@pytest.fixture
def points(tmp_path):
    """The card of a flow of the plane, in a folder with a telling name."""
    return outsiders.realnvp(tmp_path / "nobody's business")[0]


COMMANDS = {
    "sample": ["--count", "3", "--out", "a.png"],
    "inpaint": ["--fix", "x=0.5", "--count", "3", "--out", "a.png"],
    "interpolate": ["--from", "0,0", "--to", "1,1", "--frames", "3", "--out", "a.csv"],
    "density": ["--grid", "16", "--area", "-1", "1", "-1", "1", "--out", "a.png"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_file_tells_where_the_model_lies(points, tmp_path, command):
    assert main.main([command, str(points), *COMMANDS[command]]) == 0
    (path,) = [Path(COMMANDS[command][-1])]
    assert read_png(path).model == "outside/model"
    assert b"business" not in path.read_bytes()
    assert str(tmp_path).encode() not in path.read_bytes()


def test_a_moved_card_is_found_by_its_weights(points, tmp_path, capsys):
    assert main.main(["sample", str(points), "--count", "3", "--out", "a.csv"]) == 0
    moved = tmp_path / "moved"
    shutil.move(points.parent, moved)
    card = (moved / "model.toml").rename(moved / "renamed.toml")
    capsys.readouterr()
    assert main.main(["sample", "--from", "a.csv", "--out", "b.csv"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "name its file, too" in said
    assert main.main(["sample", str(card), "--from", "a.csv", "--out", "b.csv"]) == 0
    settings.save(Settings(recents=(str(tmp_path / "gone.toml"), str(card))))
    assert main.main(["sample", "--from", "a.csv", "--out", "c.csv"]) == 0
    raw = Path("a.csv").read_bytes()
    assert Path("b.csv").read_bytes().partition(b"\n")[2] == raw.partition(b"\n")[2]
    assert Path("c.csv").read_bytes().partition(b"\n")[2] == raw.partition(b"\n")[2]


def test_the_window_finds_it_by_its_weights(points):
    assert main.main(["sample", str(points), "--count", "3", "--out", "a.csv"]) == 0
    recipe, card = read_png("a.csv"), find(str(points))
    elsewhere = replace(card, name="/else/where.toml")
    assert card_among({elsewhere.name: elsewhere}, recipe) is elsewhere
    old = replace(recipe, model="/the/first/recipes/knew.toml")
    assert card_among({elsewhere.name: elsewhere}, old) is elsewhere
    other = replace(card, sha256="0" * 64)
    with pytest.raises(RecipeError):
        card_among({card.name: other}, recipe)


def test_maps_of_several_keep_them_apart(points):
    one = find(str(points))
    two = replace(one, name="/else/model.toml", sha256="1" * 64)
    cards = {one.name: one, two.name: two}
    names = tuple(cards)
    view = View(names, Area(0, 1, 0, 1), difference=names, inside=(two.name, 0.5))
    recipe = recipe_of(view, cards, 7)
    assert ".toml" not in recipe.to_json()
    moved = {"/a/b.toml": replace(two, name="/a/b.toml"), one.name: one}
    found = view_of(recipe, moved)
    assert found.models == (one.name, "/a/b.toml")
    assert found.difference == found.models
    assert found.inside == ("/a/b.toml", 0.5)
