"""Points are drawn, sprayed and erased by hand and by keys; each stroke is one step of undo."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from widgets.learn.canvas import SIZES, PointCanvas, Tool
from widgets.learn.sheet import CAP, MOST, Sheet

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def canvas(qtbot):
    canvas = PointCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(200, 200)
    canvas.set_box((0.0, 20.0, 0.0, 20.0))  # ten pixels a unit
    canvas.show()
    return canvas


def drag(canvas, path, button=LEFT):
    QTest.mousePress(canvas, button, pos=QPoint(*path[0]))
    for at in path[1:]:
        QTest.mouseMove(canvas, QPoint(*at))
    QTest.mouseRelease(canvas, button, pos=QPoint(*path[-1]))


def test_a_fast_drag_leaves_no_gap(canvas, qtbot):
    with qtbot.waitSignal(canvas.edited):
        drag(canvas, [(20, 100), (180, 100)])
    x = np.sort(canvas.sheet.xy[:, 0])
    assert x[0] == pytest.approx(2, abs=0.6)
    assert x[-1] == pytest.approx(18, abs=0.6)
    assert np.diff(x).max() < 1.2
    assert np.abs(canvas.sheet.xy[:, 1] - 10).max() < 0.6


def test_spraying_goes_on_while_the_button_is_held(canvas, qtbot):
    canvas.set_tool(Tool.SPRAY)
    QTest.mousePress(canvas, LEFT, pos=QPoint(100, 100))
    before = len(canvas.sheet)
    qtbot.waitUntil(lambda: len(canvas.sheet) >= before + 20)
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(100, 100))
    spread = canvas.sheet.xy.std(0)
    assert 0 < spread.max() < canvas.reach()
    assert canvas.sheet.undoable() == 1


def test_the_right_button_erases_and_undo_brings_it_back(canvas):
    drag(canvas, [(20, 100), (180, 100)])
    whole = len(canvas.sheet)
    canvas.set_size(len(SIZES) - 1)
    drag(canvas, [(100, 100)], RIGHT)
    gone = np.hypot(*(canvas.sheet.xy - 10).T)
    assert gone.min() > canvas.reach() - 1e-5
    assert len(canvas.sheet) < whole
    QTest.keyClick(canvas, Qt.Key.Key_Z, CTRL)
    assert len(canvas.sheet) == whole
    QTest.keyClick(canvas, Qt.Key.Key_Y, CTRL)
    assert len(canvas.sheet) < whole
    QTest.keyClick(canvas, Qt.Key.Key_Z, CTRL)
    QTest.keyClick(canvas, Qt.Key.Key_Z, CTRL)
    assert len(canvas.sheet) == 0
    QTest.keyClick(canvas, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert len(canvas.sheet) == whole


def test_keys_alone_draw_too(canvas):
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_S)
    assert canvas.tool is Tool.SPRAY
    QTest.keyClick(canvas, Qt.Key.Key_BracketLeft)
    assert canvas.size_index == 2
    for _ in range(10):
        QTest.keyClick(canvas, Qt.Key.Key_Left)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    x, y = canvas.sheet.xy.mean(0)
    assert x == pytest.approx(10 - 6, abs=0.6)
    assert y == pytest.approx(10, abs=0.6)


def test_classes_have_their_colours(canvas):
    drag(canvas, [(20, 50), (60, 50)])
    canvas.label = 3
    drag(canvas, [(20, 150), (60, 150)])
    assert set(canvas.sheet.labels.tolist()) == {0, 3}
    assert (canvas.sheet.xy[canvas.sheet.labels == 3, 1] < 10).all()


def test_a_sheet_is_bounded_in_points_and_in_undo():
    sheet = Sheet()
    random = np.random.default_rng(1)
    sheet.put(random.normal(size=(MOST + 5, 2)).astype(np.float32), np.zeros(MOST + 5, np.int64))
    assert len(sheet) == MOST
    sheet.begin()
    sheet.add(np.zeros((3, 2)), 0, 0.1)
    assert not sheet.end()
    assert sheet.undoable() == 1
    for _ in range(300):
        sheet.put(sheet.xy + 1, sheet.labels)
    assert sheet.undoable() * (sheet.xy.nbytes + sheet.labels.nbytes) <= CAP
    before = sheet.xy
    sheet.undo()
    np.testing.assert_array_equal(sheet.xy + 1, before)


def test_the_same_strokes_give_the_same_points():
    one, other = Sheet(), Sheet()
    for sheet in (one, other):
        sheet.begin()
        sheet.add(np.ones((4, 2)), 1, 0.2, 3)
        sheet.end()
    np.testing.assert_array_equal(one.xy, other.xy)
