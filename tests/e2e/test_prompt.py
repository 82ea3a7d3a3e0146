"""What a prompt says is drawn, in every tab, and a dropped picture brings its prompt back."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.recipes.recipe import png_bytes
from app.tab.example_bar import NO_EXAMPLES
from app.tasks.walking_recipe import plan_of
from engines.families.diffusion import model as diffusion
from engines.kinds import Points
from engines.model import Prompt
from tests import foreign
from tests.e2e.test_fill_a_hole import drawn, stroke
from tests.windows import DIGITS

pytest.importorskip("diffusers")
pytest.importorskip("transformers")
NAME = "outside/tiny-sd"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("brought") / "tiny-sd"
    foreign.stable_diffusion(path)
    return path


@pytest.fixture
def stage(open_window, folder):
    """A pipeline that reads texts, drawn from; five steps are enough."""
    few = replace(DIGITS, count=2, batch=2, imputations=2, knobs={NAME: {"steps": 5}})
    stage = open_window(few)
    stage.ready()
    assert not any(tab_fields(stage, place).isVisible() for place in range(3))
    stage.drop(folder)
    stage.until(lambda: stage.tab.names() == (NAME,))
    stage.until_shows(NAME, prompt="")
    return stage


def tab_fields(stage, place):
    return stage.window.tabs.widget(place).prompt


def typed(field, text, *, enter=True):
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    if enter:
        QTest.keyClick(field, Qt.Key.Key_Return)


def go_to(stage, place):
    bar = stage.window.tabs.tabBar()
    stage.click(bar, bar.tabRect(place).center())


def test_a_prompt_is_drawn_and_comes_back_with_its_picture(stage, tmp_path):
    fields, plain = stage.tab.prompt, stage.picture(NAME).copy()
    assert fields.isVisible()
    typed(fields.text, "a red cat")
    stage.until_shows(NAME, prompt="a red cat", negative="")
    cat = stage.picture(NAME).copy()
    assert (cat != plain).any()
    typed(fields.negative, "blue house")
    stage.until_shows(NAME, prompt="a red cat", negative="blue house")
    away, recipe = stage.picture(NAME).copy(), stage.recipe(NAME)
    assert (away != cat).any()
    (tmp_path / "away.png").write_bytes(png_bytes(away, recipe))

    typed(fields.text, "a dog", enter=False)
    QTest.keyClick(fields.text, Qt.Key.Key_Escape)
    assert fields.text.text() == "a red cat"
    typed(fields.text, "a dog", enter=False)
    assert stage.recipe(NAME).prompt == "a red cat"
    QTest.keyClick(fields.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    stage.until_shows(NAME, prompt="a dog")
    typed(fields.negative, " ")
    stage.until_shows(NAME, prompt="a dog", negative="")
    assert stage.window.settings().prompt == "a dog"

    stage.drop(tmp_path / "away.png")
    stage.until_shows(NAME, prompt="a red cat", negative="blue house")
    assert (stage.picture(NAME) == away).all()
    assert fields.texts() == ("a red cat", "blue house")


def test_a_prompt_fills_a_hole_and_holds_in_every_tab(stage, tmp_path):
    typed(stage.tab.prompt.text, "a red cat")
    stage.until_shows(NAME, prompt="a red cat")
    go_to(stage, 1)
    presenter, tab = stage.window.presenters[1], stage.window.tabs.widget(1)
    assert tab.prompt.isVisible()
    assert tab.prompt.texts() == ("a red cat", "")
    stage.until(lambda: not presenter.editor.source.bar.waits())
    levels = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(levels).save(tmp_path / "own.png")
    stage.drop(tmp_path / "own.png")
    stage.until(lambda: presenter.editor.source.picture is not None)
    stroke(tab.desk.canvas, (8.5, 10.5), (20.5, 10.5), (20.5, 16.5))
    stage.until(lambda: NAME in presenter.methods)
    presenter.turn(NAME, "steps", 5)
    stage.click(tab.fill)
    stage.until(lambda: presenter.rows and drawn(presenter, tab.desk.canvas.mask()))
    row = presenter.rows[NAME]
    assert row.frame.request.prompt == Prompt("a red cat")
    assert row.recipe(0).prompt == "a red cat"
    cat = row.frame.values.copy()
    typed(tab.prompt.text, "a dog", enter=False)
    stage.click(tab.fill)
    stage.until(lambda: row.frame.request.prompt == Prompt("a dog") and row.frame.complete)
    assert (row.frame.values != cat).any()
    assert stage.tab.prompt.texts() == ("a dog", "")


def test_a_path_is_of_its_prompt(stage, tmp_path):
    go_to(stage, 2)
    walk, tab = stage.window.presenters[2], stage.window.tabs.widget(2)
    stage.until(lambda: walk.keys.missing() == NO_EXAMPLES)
    levels = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(levels).save(tmp_path / "own.png")
    stage.drop(tmp_path / "own.png")
    row = walk.rows[NAME]
    stage.until(lambda: walk.keys.keys)
    assert walk.menus.recipe(row).prompt == ""
    typed(tab.prompt.text, "a cat")
    assert walk.menus.plan(row, 5).prompt == Prompt("a cat")
    assert plan_of(walk.menus.recipe(row), row.card).prompt == Prompt("a cat")
    walk.stop()


@pytest.fixture
def quick(monkeypatch):
    """Codes by four steps of the ODE instead of 24: latents of a pipeline are no pictures."""
    monkeypatch.setitem(diffusion._CODE_STEPS, Points, 4)


def test_a_path_goes_from_prompt_to_prompt_and_comes_back(quick, stage, tmp_path):
    assert not stage.tab.prompt.other.isVisible()
    go_to(stage, 2)
    walk, tab = stage.window.presenters[2], stage.window.tabs.widget(2)
    tab.set_count(3)
    stage.until(lambda: walk.keys.missing() == NO_EXAMPLES)
    levels = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(levels).save(tmp_path / "own.png")
    stage.drop(tmp_path / "own.png")
    row, fields = walk.rows[NAME], tab.prompt
    stage.until(lambda: walk.keys.keys)
    typed(fields.text, "a cat")
    typed(fields.other, "a red house")
    prompt = Prompt("a cat", other="a red house")
    assert row.prompt == prompt
    stage.until(lambda: row.wish is not None)
    stage.until(lambda: row.film is not None and row.film.wish is row.wish)
    stage.until(lambda: row.film.complete)
    assert (row.codes.z[0] == row.codes.z[1]).all()
    first, last = row.film.values[0].copy(), row.film.values[-1].copy()
    assert (first != last).any()
    tab.player.set_place(1.0)
    walk.go(1.0)
    stage.until(lambda: not row.late())
    assert (row.row.frame.still.picture(0) == last).all()
    assert stage.tab.prompt.texts() == ("a cat", "")
    assert stage.window.settings().prompt_to == "a red house"
    (tmp_path / "end.png").write_bytes(png_bytes(last, walk.menus.recipe(row)))

    typed(fields.other, "a dog", enter=False)
    QTest.keyClick(fields.other, Qt.Key.Key_Escape)
    assert fields.other.text() == "a red house"
    typed(fields.other, " ")
    assert row.prompt == Prompt("a cat")
    stage.drop(tmp_path / "end.png")
    stage.until(lambda: row.prompt == prompt)
    assert fields.other.text() == "a red house"
    stage.until(lambda: row.codes is not None and not row.late())
    assert (row.row.frame.still.picture(0) == last).all()
    assert stage.said() == []
