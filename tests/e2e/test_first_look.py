"""A first look by mouse alone, on the models that come with the program."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QListView

from app.recipes.recipe import read_png
from app.session.settings import Settings
from engines.checkpoints.catalog import ROOT
from widgets.look import theme

LEFT = Qt.MouseButton.LeftButton
FLOW = "mnist/flow"
START = Settings(data="moons", models={"moons": ("moons/flow",), "mnist": (FLOW,)}, count=10)


@pytest.fixture
def looks(qapp):
    """The window's own look, and the application's as before afterwards."""
    palette, sheet, style = qapp.palette(), qapp.styleSheet(), qapp.style().name()
    theme.apply(qapp, theme.Mode.LIGHT)
    interval = qapp.doubleClickInterval()
    qapp.setDoubleClickInterval(0)  # a list that opened under the mouse ignores clicks for so long
    yield
    qapp.setDoubleClickInterval(interval)
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)
    qapp.setStyle(style)


def pick(stage, combo, data):
    """Open a combo box by mouse and click a line of it."""
    stage.click(combo, QPoint(combo.width() // 2, combo.height() // 2))
    view = combo.findChild(QListView)
    stage.until(view.isVisible)
    index = combo.model().index(combo.findData(data), 0)

    def clicked():
        if view.isVisible():
            at = view.visualRect(index).center()
            QTest.mouseMove(view.viewport(), at)
            QTest.mouseClick(view.viewport(), LEFT, pos=at)
        return combo.currentData() == data

    stage.until(clicked)


def drag(slider, to):
    """Drag the handle to a position, with a few stops on the way."""
    start, end = slider.x_of(slider.value()), slider.x_of(to)
    middle = slider.height() // 2
    QTest.mousePress(slider, LEFT, pos=QPoint(round(start), middle))
    for share in (0.25, 0.5, 0.75, 1.0):
        QTest.mouseMove(slider, QPoint(round(start + share * (end - start)), middle))
    QTest.mouseRelease(slider, LEFT, pos=QPoint(round(end), middle))


def test_a_first_look_by_mouse_ends_with_the_same_pixels(open_window, looks, tmp_path, monkeypatch):
    # two moons open; a second model joins by its chip
    stage = open_window(START, ROOT)
    stage.window.resize(1280, 800)
    stage.until_shows("moons/flow")
    stage.click(stage.window.picker.chip("moons/kde"))
    stage.until_shows("moons/flow", "moons/kde", count=1000)
    assert stage.window.grab().save(str(tmp_path / "points.png"))

    # the digits, by the combo box; Shift leaves one model alone
    pick(stage, stage.window.picker.combo, "mnist")
    stage.until(lambda: FLOW in stage.tab.names())
    QTest.mouseClick(stage.window.picker.chip(FLOW), LEFT, Qt.KeyboardModifier.ShiftModifier)
    stage.until(lambda: stage.tab.names() == (FLOW,))
    stage.until_shows(FLOW, count=10)

    # a knob, dragged; a class, picked
    knob = stage.tab._sections[FLOW].panel.knobs["temperature"]
    drag(knob.field.slider, knob.spec.position_of(0.7))
    stage.until_shows(FLOW, knobs={"temperature": 0.7})
    pick(stage, stage.tab.classes, 3)
    stage.until_shows(FLOW, label=3)

    # a batch; one picture of it, saved
    stage.tab.batch.setValue(40)
    stage.click(stage.tab.generate)
    stage.until(lambda: stage.column(FLOW).body.count() == 40 and stage.shows(FLOW))
    stage.click_picture(FLOW, 35)
    saved = tmp_path / "three.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    stage.click(stage.button("Save PNG…"))
    before, recipe = stage.picture(FLOW, 35).copy(), read_png(saved)
    assert (recipe.index, recipe.label, recipe.seed) == (35, 3, 7)
    with Image.open(saved) as image:
        assert (np.asarray(image) == before).all()
    assert before.std() > 20, "no digit"

    # everything moves on, and the saved picture brings it back
    stage.click(stage.window.seed.dice)
    pick(stage, stage.tab.classes, "each")
    knob.reset.click()
    stage.until_shows(FLOW, label=tuple(range(10)), knobs={"temperature": knob.spec.default})
    stage.drop(saved)
    stage.until_shows(FLOW, seed=7, label=3, knobs={"temperature": 0.7})
    place = stage.column(FLOW).body.current()
    found = stage.recipe(FLOW, place)
    assert replace(found, count=recipe.count) == recipe
    assert found.count == stage.tab.live_count() == 10  # not that of the batch
    assert (stage.picture(FLOW, place) == before).all()
    assert stage.window.grab().save(str(tmp_path / "light.png"))
    theme.apply(qapp := theme.QApplication.instance(), theme.Mode.DARK)
    qapp.processEvents()
    assert stage.window.grab().save(str(tmp_path / "dark.png"))
