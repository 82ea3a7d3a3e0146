"""Recipes of the user's own models: their weights decide which model is meant, not its name."""

from dataclasses import replace
from pathlib import Path

import pytest

import main
from app.recipes.recipe import RecipeError, card_among, card_of, read_png, replaced
from app.tasks.mapping_recipe import View, recipe_of, view_of
from engines.checkpoints import devices, own
from engines.checkpoints.catalog import catalog
from engines.maps.area import Area
from engines.opening import find
from tests.own import home, made

__all__ = ["home"]


@pytest.fixture(autouse=True)
def surroundings(home, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(devices, "prepare_thread", lambda: None)
    monkeypatch.setattr("sys.excepthook", None)


@pytest.fixture
def saved():
    """The recipe of points that an own model drew; the model has weights of its own."""
    assert main.main(["sample", made("mine/mfa", "rings/mfa").name, "--out", "a.csv"]) == 0
    return read_png("a.csv")


def cards():
    return {card.name: card for card in catalog() if card.name != "rings/mfa"}


def without_shipped(monkeypatch):
    """The catalogue without the model that the own one was copied from."""
    monkeypatch.setattr("app.recipes.recipe.catalog", lambda _: tuple(cards().values()))


def test_a_renamed_model_is_found_by_its_weights(saved, monkeypatch, capsys):
    own.rename("mine/mfa", "theirs/best")
    without_shipped(monkeypatch)
    assert card_of(saved) == card_among(cards(), saved) == find("theirs/best")
    assert main.main(["sample", "--from", "a.csv", "--out", "b.csv"]) == 0
    lines = [Path(name).read_bytes().partition(b"\n")[2] for name in ("a.csv", "b.csv")]
    assert lines[0] == lines[1]


def test_another_model_that_took_the_name_is_not_meant(saved, monkeypatch):
    own.rename("mine/mfa", "old")
    assert made("mine/mfa", "moons/mfa", attributes=()).name != "mine/mfa"  # other classes
    own.remove("mine-2/mfa")
    own.rename("mine/old", "elsewhere/old")
    assert made("mine/mfa", "moons/mfa").name == "mine/mfa"
    without_shipped(monkeypatch)
    assert card_of(saved).name == card_among(cards(), saved).name == "elsewhere/old"
    own.remove("elsewhere/old")
    with pytest.raises(RecipeError, match=r"mine/mfa has other weights .* will look different"):
        card_among(cards(), saved)
    with pytest.raises(RecipeError, match=r"earlier ones that made"):
        card_among(cards(), saved)


def test_a_model_that_is_gone_is_said_to_be_so(saved, monkeypatch, capsys):
    own.remove("mine/mfa")
    without_shipped(monkeypatch)
    with pytest.raises(RecipeError, match=r"asks for mine/mfa.*it is gone, or was never here"):
        card_among(cards(), saved)
    capsys.readouterr()
    assert main.main(["sample", "--from", "a.csv", "--out", "b.csv"]) == 1
    assert "there is no model 'mine/mfa'" in capsys.readouterr().err
    assert not Path("b.csv").exists()


def test_maps_of_a_renamed_model_come_back(home):
    names = (made("mine/mfa", "rings/mfa").name, made("mine/flow", "rings/flow").name)
    view = View(names, Area(0, 1, 0, 1), difference=names, inside=(names[0], 0.5))
    recipe = recipe_of(view, cards(), 7)
    own.rename("mine/mfa", "best")
    found = view_of(recipe, {n: c for n, c in cards().items() if c.data == "mine"})
    assert found.models == found.difference == ("mine/best", "mine/flow")
    assert found.inside == ("mine/best", 0.5)
    own.remove("mine/best")
    with pytest.raises(RecipeError, match="asks for mine/mfa"):
        view_of(recipe, {n: c for n, c in cards().items() if c.data == "mine"})
    other = replace(find("mine/flow"), sha256="0" * 64)
    with pytest.raises(RecipeError, match="an earlier mine/flow did"):
        view_of(
            replace(recipe, extra={**recipe.extra, "models": {other.name: "1" * 64}}),
            {other.name: other},
        )


def test_weights_that_stand_in_for_earlier_ones_are_said(monkeypatch, capsys):
    card = find("mnist/flow")
    assert card.replaces
    assert main.main(["sample", "moons/kde", "--count", "2", "--out", "x.csv"]) == 0
    recipe = replace(read_png("x.csv"), model=card.name, sha256=card.replaces[0])
    assert card_of(recipe) == card
    assert "an earlier mnist/flow" in replaced(recipe, card)
    assert replaced(replace(recipe, sha256=card.sha256), card) == ""
