"""The mask canvas under a real mouse and keyboard."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.widgets.mask.hand import (
    CTRL,
    LEFT,
    MIDDLE,
    NONE,
    RIGHT,
    SHIFT,
    SIZES,
    K,
    drag,
    place,
    wheel,
)
from widgets.mask.gestures import Tool
from widgets.mask.presets import scattered
from widgets.mask.strokes import capsule, grown, polygon, shrunk, snapped


def stroked(points, size, shape):
    mask = np.zeros(shape, bool)
    spots = [snapped(point, size) for point in points]
    for a, b in zip([spots[0], *spots], spots, strict=False):
        box, part = capsule(a, b, size, shape)
        mask[box.slices()] |= part
    return mask


@pytest.mark.parametrize("shape", SIZES)
def test_a_stroke_is_capsules_and_one_signal(canvas, told, shape):
    canvas.set_picture(np.zeros((*shape, 3), np.uint8))
    rows, columns = shape
    path = [(columns * x, rows * y) for x, y in ((0.2, 0.2), (0.9, 0.4), (0.3, 0.95))]
    points = drag(canvas, *path)
    expected = stroked(points, canvas.brush_size(), shape)
    assert expected.any()
    assert np.array_equal(canvas.mask(), expected)
    assert len(told) == 1
    assert np.array_equal(told[0], expected)


def test_right_erases_with_any_tool_and_signals_nothing_for_nothing(canvas, told):
    drag(canvas, (5, 5), button=RIGHT)
    assert told == []
    QTest.keyClick(canvas, K.Key_A, CTRL)
    assert canvas.mask().all()
    points = drag(canvas, (5, 5), (15, 9), button=RIGHT)
    assert np.array_equal(~canvas.mask(), stroked(points, canvas.brush_size(), (28, 28)))
    canvas.set_tool(Tool.RECTANGLE)
    drag(canvas, (0.5, 20.5), (3.5, 22.5), button=RIGHT)
    assert not canvas.mask()[20:23, 0:4].any()


def test_the_eraser_erases(canvas):
    QTest.keyClick(canvas, K.Key_A, CTRL)
    QTest.keyClick(canvas, K.Key_E)
    points = drag(canvas, (5, 5), (15, 9))
    assert np.array_equal(~canvas.mask(), stroked(points, canvas.brush_size(), (28, 28)))


def test_shift_click_draws_a_line_from_the_last_stroke(canvas):
    canvas.set_brush_size(1)
    first = drag(canvas, (2.5, 3.5))
    last = drag(canvas, (25.5, 18.5), held=SHIFT)
    assert np.array_equal(canvas.mask(), stroked([*first, *last], 1, (28, 28)))
    QTest.keyClick(canvas, K.Key_Z, CTRL)
    assert canvas.mask().sum() == 1


def test_lasso_and_rectangle(canvas, told):
    QTest.keyClick(canvas, K.Key_L)
    points = drag(canvas, (3, 3), (20, 5), (24, 24), (6, 14))
    box, part = polygon(points, (28, 28))
    wanted = np.zeros((28, 28), bool)
    wanted[box.slices()] = part
    assert np.array_equal(canvas.mask(), wanted)
    QTest.keyClick(canvas, K.Key_U)
    drag(canvas, (10.5, 12.5), (4.5, 2.5), held=CTRL)
    wanted[2:13, 4:11] = False
    assert np.array_equal(canvas.mask(), wanted)
    drag(canvas, (20.5, 2.5), (22.5, 9.5), held=SHIFT)
    wanted[2:10, 20:28] = True
    assert np.array_equal(canvas.mask(), wanted)
    assert len(told) == 3


def test_fill_stays_inside_a_drawn_outline(canvas):
    canvas.set_brush_size(1)
    drag(canvas, (5.5, 5.5), (20.5, 5.5), (12.5, 20.5), (5.5, 5.5))
    QTest.keyClick(canvas, K.Key_G)
    drag(canvas, (12.5, 10.5))
    filled = canvas.mask()
    assert filled[10, 12]
    assert not filled[0, 0]
    assert not filled[20, 2]
    drag(canvas, (12.5, 10.5), button=RIGHT)
    assert not canvas.mask().any()


def test_commands_by_key(canvas, told):
    start = scattered(0.3, 1, (28, 28))
    canvas.set_mask(start)
    assert told == []
    for key, held, wanted in (
        (K.Key_Greater, SHIFT, grown(start)),
        (K.Key_Less, NONE, shrunk(grown(start))),
        (K.Key_I, CTRL, ~shrunk(grown(start))),
        (K.Key_Delete, NONE, np.zeros_like(start)),
        (K.Key_A, CTRL, np.ones_like(start)),
    ):
        QTest.keyClick(canvas, key, held)
        assert np.array_equal(canvas.mask(), wanted)
    assert len(told) == 5
    for _ in range(6):
        QTest.keyClick(canvas, K.Key_Z, CTRL)
    assert not canvas.mask().any()
    QTest.keyClick(canvas, K.Key_Y, CTRL)
    assert np.array_equal(canvas.mask(), start)
    QTest.keyClick(canvas, K.Key_Z, CTRL | SHIFT)
    assert np.array_equal(canvas.mask(), grown(start))


def test_a_hundred_strokes_can_be_undone(canvas):
    canvas.set_brush_size(1)
    masks = [canvas.mask()]
    for n in range(120):
        drag(canvas, (n % 28 + 0.5, n // 28 + 0.5))
        masks.append(canvas.mask())
    for wanted in reversed(masks[:-1]):
        QTest.keyClick(canvas, K.Key_Z, CTRL)
        assert np.array_equal(canvas.mask(), wanted)


def test_esc_abandons_a_stroke_and_else_belongs_to_the_window(editor, canvas, told):
    stopped = []
    action = QAction("Stop", editor)
    action.setShortcut(QKeySequence("Esc"))
    action.triggered.connect(lambda: stopped.append(1))
    editor.addAction(action)
    drag(canvas, (5, 5), (9, 9), release=False)
    assert canvas.mask().any()
    QTest.keyClick(canvas, K.Key_Escape)
    assert not canvas.mask().any()
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(9, 9))
    assert told == []
    assert stopped == []
    QTest.keyClick(canvas, K.Key_Escape)
    assert stopped == [1]


def test_sizes_by_key_and_wheel(editor, canvas):
    assert canvas.brush_size() == 3
    QTest.keyClick(canvas, K.Key_BracketRight)
    assert canvas.brush_size() == 4
    wheel(canvas, place(canvas, 9, 9), 120, CTRL)
    assert canvas.brush_size() == 5 == editor.tools.size_number.value()
    for _ in range(9):
        QTest.keyClick(canvas, K.Key_BracketLeft)
    assert canvas.brush_size() == 1
    editor.tools.size_slider.setValue(100)
    assert canvas.brush_size() == 28


def test_the_wheel_zooms_at_the_pixel_under_the_pointer(canvas):
    at = place(canvas, 20.3, 7.6)
    for turned in (120, 120, 240, -120, -360, 120):
        wheel(canvas, at, turned)
        x, y = canvas.point_at(QPointF(at))
        assert (math.floor(x + 1e-9), math.floor(y + 1e-9)) == (20, 7)
    QTest.keyClick(canvas, K.Key_1, CTRL)
    assert canvas.zoom() == 1
    QTest.keyClick(canvas, K.Key_0, CTRL)
    assert canvas.placement() == canvas.placement().fitted()


@pytest.mark.parametrize("button", [LEFT, MIDDLE])
def test_space_and_the_middle_button_pan(canvas, told, button):
    before = canvas.placement()
    if button is LEFT:
        QTest.keyPress(canvas, K.Key_Space)
    QTest.mousePress(canvas, button, NONE, QPoint(100, 100))
    QTest.mouseMove(canvas, QPoint(130, 80))
    QTest.mouseRelease(canvas, button, NONE, QPoint(130, 80))
    QTest.keyRelease(canvas, K.Key_Space)
    after = canvas.placement()
    unit = canvas.devicePixelRatioF()
    assert (after.left - before.left, after.top - before.top) == (30 * unit, -20 * unit)
    assert told == []


def test_the_keyboard_alone_can_paint(canvas):
    canvas.set_brush_size(1)
    canvas._move_cursor(None)
    for key in (K.Key_Left, K.Key_Left, K.Key_Up, K.Key_Return):
        QTest.keyClick(canvas, key)
    assert np.argwhere(canvas.mask()).tolist() == [[13, 13]]
    for _ in range(5):
        QTest.keyClick(canvas, K.Key_Right)
    QTest.keyClick(canvas, K.Key_Return, SHIFT)
    assert np.argwhere(canvas.mask())[:, 1].tolist() == [13, 14, 15, 16, 17, 18]


def test_keys_begin_draw_and_end_a_rectangle_and_a_lasso(canvas):
    canvas._move_cursor(None)
    for key in (K.Key_U, K.Key_Return, *[K.Key_Right] * 3, *[K.Key_Down] * 2):
        QTest.keyClick(canvas, key)
    assert not canvas.mask().any()
    QTest.keyClick(canvas, K.Key_Return)
    assert np.argwhere(canvas.mask()).tolist() == [
        [y, x] for y in (14, 15, 16) for x in range(14, 18)
    ]
    QTest.keyClick(canvas, K.Key_Delete)
    for key in (K.Key_L, K.Key_Return, *[K.Key_Up] * 4, *[K.Key_Left] * 4, *[K.Key_Down] * 4):
        QTest.keyClick(canvas, key)
    QTest.keyClick(canvas, K.Key_Return)
    assert 9 <= canvas.mask().sum() <= 25
    QTest.keyClick(canvas, K.Key_Return)
    QTest.keyClick(canvas, K.Key_Left)
    before = canvas.mask()
    QTest.keyClick(canvas, K.Key_Escape)
    QTest.keyClick(canvas, K.Key_Left)
    assert (canvas.mask() == before).all()


@pytest.mark.parametrize("shape", [(28, 28), (900, 1300)])
def test_only_what_changed_is_painted_anew(canvas, shape):
    """The rectangles painted during a stroke, laid together, show what a whole repaint shows."""

    class Watch(QObject):
        def eventFilter(self, watched, event):
            if event.type() is QEvent.Type.Paint:
                painted.append(event.region().boundingRect())
            return False

    noise = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    canvas.set_picture(noise)
    rows, columns = shape
    canvas.grab()
    QApplication.processEvents()
    painted, watch = [], Watch()
    canvas.installEventFilter(watch)
    start = canvas.mask()
    drag(canvas, (columns * 0.2, rows * 0.3), release=False)
    QApplication.processEvents()
    canvas.removeEventFilter(watch)
    changed = np.argwhere(canvas.mask() != start)
    assert painted
    area = painted[0]
    for rect in painted:
        area = area.united(rect)
    for row, column in (changed.min(axis=0), changed.max(axis=0)):
        assert area.contains(place(canvas, column + 0.5, row + 0.5))
    assert area.width() * area.height() < canvas.width() * canvas.height() / 4
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(5, 5))
