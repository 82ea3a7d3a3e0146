"""The in-painting tab on points: a line by mouse and keys, draws and densities that follow it."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.tab.method_row import WAITS
from tests.app.inpainting.test_presenter import Desk
from tests.windows import LEFT, PLANE
from widgets.look.state import State

KDE, FLOW = "moons/kde", "moons/flow"


class Plane(Desk):
    """The tab on points."""

    def __init__(self, stage):
        super().__init__(stage)
        self.line, self.plane = self.side.line, self.side.line.plane

    def row(self, name=KDE):
        return self.presenter.rows[name]

    def here(self, name=KDE):
        """Whether complete draws and the density of the line as it stands are on show."""
        row, (axis, value) = self.presenter.rows.get(name), self.line.line()
        if row is None or row.frame is None or row.curve is None or not row.frame.complete:
            return False
        asked, seen = row.frame.request, row.curve.line
        mine = (asked.axis, asked.value) == (seen.axis, seen.value) == (axis, value)
        return mine and row.view.state is State.READY

    def settle(self, name=KDE):
        self.until(lambda: self.here(name))


@pytest.fixture
def plane(open_window):
    plane = Plane(open_window(PLANE))
    plane.settle()
    return plane


def test_it_opens_on_a_line_across_the_data(plane):
    assert plane.line.isVisible()
    assert plane.side.facts.isVisible()
    assert plane.tab.draws() == 500
    row = plane.row()
    assert row.frame.kept is True
    assert row.gap(row.curve) is not None
    low, high = plane.plane.span(1)
    seen = ((row.frame.values >= low) & (row.frame.values <= high)).mean()
    in_view = f", {100 * seen:.0f} % in view" if seen < 0.995 else ""
    assert row.view.plot.key.texts()[0] == f"500 samples{in_view}"
    assert "exact" in row.view.plot.key.texts()[1]
    assert row.truth is not None
    assert row.truth.density is not None
    edges, heights = row.view.plot.heights()
    assert (heights * np.diff(edges)).sum() == pytest.approx(seen)


def test_a_slow_method_shows_its_density_and_waits_with_its_draws(plane):
    plane.until(lambda: plane.row(FLOW).curve is not None)
    assert plane.row(FLOW).frame is None
    plane.until(lambda: plane.row(FLOW).view.plot.key.hint() == WAITS)
    assert plane.view(FLOW).badge.text() == "sampler: asymptotically exact"


def test_dragging_moves_draws_and_density(plane):
    before, shown = plane.line.line()[1], []
    start = plane.plane.place_of(before, 0.0).toPoint()
    plane.row().shown.connect(shown.append)
    QTest.mousePress(plane.plane, LEFT, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(plane.plane, start - QPoint(8 * step, 0))
    QTest.mouseRelease(plane.plane, LEFT, pos=start)
    axis, value = plane.line.line()
    assert axis == 0
    assert value < before
    plane.settle()
    assert shown
    assert (plane.row().frame.points[:, 0] == np.float32(value)).all()
    assert plane.side.line.value.value() == pytest.approx(value)


def test_keys_move_the_line_and_x_turns_it(plane):
    plane.plane.setFocus()
    low, high = plane.plane.span(0)
    before = plane.line.line()[1]
    QTest.keyClick(plane.plane, Qt.Key.Key_Right)
    fine = plane.line.line()[1] - before
    assert fine == pytest.approx((high - low) / 200, abs=1e-3)
    QTest.keyClick(plane.plane, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert plane.line.line()[1] == pytest.approx(before + fine - (high - low) / 20, abs=2e-3)
    QTest.keyClick(plane.plane, Qt.Key.Key_Home)
    assert plane.line.line()[1] == pytest.approx(low, abs=1e-3)
    QTest.keyClick(plane.plane, Qt.Key.Key_X)
    assert plane.line.line()[0] == 1
    assert plane.line.axes.checkedId() == 1
    plane.settle()
    assert (plane.row().frame.points[:, 1] == np.float32(plane.line.line()[1])).all()


def test_a_typed_value_and_a_toggle_are_answered(plane):
    plane.line.value.setValue(0.125)
    plane.settle()
    assert plane.row().frame.request.value == 0.125
    plane.stage.click(plane.line.axes.button(1), plane.line.axes.button(1).rect().center())
    plane.settle()
    assert plane.row().frame.request.axis == 1


def test_the_inspector_has_the_numbers_and_saves_the_draws(plane, tmp_path, monkeypatch):
    QTest.mouseClick(plane.row().view.plot, LEFT)
    text = plane.side.facts.text()
    assert f"Model: {KDE}" in text
    assert "log p(x₁ = " in text
    assert "KS to the data:" in text
    saved = tmp_path / "draws.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    plane.stage.click(plane.side.facts.save)
    table = np.loadtxt(saved, delimiter=",", skiprows=2, usecols=(0, 1), dtype=np.float32)
    assert (table == plane.row().frame.points).all()


def test_a_copied_recipe_brings_the_line_and_the_draws_back(plane):
    QTest.mouseClick(plane.row().view.plot, LEFT)
    plane.line.value.setValue(0.5)
    plane.settle()
    points = plane.row().frame.points.copy()
    plane.stage.click(plane.side.facts.copy_recipe)
    recipe = QGuiApplication.clipboard().text()
    plane.stage.click(plane.line.axes.button(1), plane.line.axes.button(1).rect().center())
    plane.window.seed.dice.click()
    plane.tab.count.setValue(20)
    plane.settle()
    QGuiApplication.clipboard().setText(recipe)
    plane.window.intake.paste()
    plane.stage.taken_in()
    plane.settle()
    assert plane.line.line() == (0, 0.5)
    plane.until(lambda: len(plane.row().frame.points) == 500)
    assert (plane.row().frame.points == points).all()


def test_pictures_and_points_keep_their_own_number_of_draws(plane):
    plane.tab.count.setValue(77)
    kept = plane.window.settings()
    assert (kept.line_draws, kept.imputations) == (77, 8)
    plane.window.session.choose("mnist", ("mnist/kde",))
    plane.until(lambda: plane.presenter.rows)
    assert plane.tab.draws() == 8
    assert plane.side.editor.isVisible()
    assert not plane.line.isVisible()
    assert set(plane.presenter.rows) == {"mnist/kde"}
    plane.window.session.choose("moons", (KDE,))
    plane.settle()
    assert plane.tab.draws() == 77
