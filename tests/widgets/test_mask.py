"""The mask canvas under a real mouse and keyboard."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QAction,
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from widgets import mask_file
from widgets.mask_editor import MEANING, MaskEditor
from widgets.mask_gestures import Tool
from widgets.mask_keys import BINDINGS, SHORTCUTS, Command
from widgets.mask_presets import Preset, make, scattered
from widgets.strokes import capsule, grown, polygon, shrunk, snapped

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
MIDDLE = Qt.MouseButton.MiddleButton
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CTRL, K = Qt.KeyboardModifier.ControlModifier, Qt.Key
SIZES = [(1, 1), (28, 28), (360, 640)]


@pytest.fixture
def editor(qtbot):
    widget = MaskEditor()
    qtbot.addWidget(widget)
    widget.resize(560, 680)
    widget.show()
    widget.activateWindow()
    qtbot.waitActive(widget)
    widget.canvas.set_picture(np.full((28, 28, 3), 90, np.uint8))
    widget.canvas.setFocus()
    return widget


@pytest.fixture
def canvas(editor):
    return editor.canvas


@pytest.fixture
def told(canvas):
    masks = []
    canvas.changed.connect(masks.append)
    return masks


def place(canvas, x, y):
    """A point of the picture as a pixel of the canvas."""
    at = canvas.position_of((x, y))
    return QPoint(math.floor(at.x() + 1e-6), math.floor(at.y() + 1e-6))


def drag(canvas, *points, button=LEFT, held=NONE, release=True):
    at = [place(canvas, *point) for point in points]
    QTest.mousePress(canvas, button, held, at[0])
    for point in at[1:]:
        move(canvas, point, button, held)
    if release:
        QTest.mouseRelease(canvas, button, held, at[-1])
    return [canvas.point_at(QPointF(point)) for point in at]


def move(canvas, at, button, held):
    """QTest.mouseMove knows no modifiers; these go into the event itself."""
    if held == NONE:
        QTest.mouseMove(canvas, at)
        return
    spot, kind = QPointF(at), QEvent.Type.MouseMove
    everywhere = QPointF(canvas.mapToGlobal(at))
    event = QMouseEvent(kind, spot, everywhere, Qt.MouseButton.NoButton, button, held)
    QApplication.sendEvent(canvas, event)


def wheel(canvas, at, turned, held=NONE):
    event = QWheelEvent(
        QPointF(at), QPointF(canvas.mapToGlobal(at)), QPoint(), QPoint(0, turned),
        Qt.MouseButton.NoButton, held, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


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


def test_copy_and_paste(canvas, told):
    canvas.apply_preset(Preset.LEFT)
    QTest.keyClick(canvas, K.Key_C, CTRL)
    QTest.keyClick(canvas, K.Key_Delete)
    QTest.keyClick(canvas, K.Key_V, CTRL)
    assert np.array_equal(canvas.mask(), make(Preset.LEFT, (28, 28)))
    assert len(told) == 3


def drop(canvas, mime):
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(9, 9), copy, mime, LEFT, NONE)
    enter.ignore()
    QApplication.sendEvent(canvas, enter)
    if enter.isAccepted():
        QApplication.sendEvent(canvas, QDropEvent(QPointF(9, 9), copy, mime, LEFT, NONE))
    return enter.isAccepted()


def test_drops(canvas, told):
    paths, mime = [], QMimeData()
    canvas.files_dropped.connect(paths.append)
    mime.setUrls([QUrl.fromLocalFile("/tmp/mask.png")])
    assert drop(canvas, mime)
    assert paths == [("/tmp/mask.png",)]
    assert told == []
    assert drop(canvas, mask_file.to_mime(make(Preset.TOP, (28, 28))))
    assert np.array_equal(canvas.mask(), make(Preset.TOP, (28, 28)))
    assert not drop(canvas, mask_file.to_mime(make(Preset.TOP, (9, 9))))


def test_a_new_picture_of_the_same_size_keeps_the_mask(canvas, told):
    canvas.apply_preset(Preset.CENTRE)
    canvas.set_picture(np.zeros((28, 28, 3), np.uint8))
    assert canvas.mask().sum() == 14 * 14
    canvas.set_picture(np.zeros((9, 5, 3), np.uint8))
    assert canvas.mask().shape == (9, 5)
    assert not canvas.mask().any()
    assert len(told) == 1


def test_wrong_pictures_and_masks_are_refused(canvas):
    for wrong in (
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((1, 2049, 3), np.uint8),
    ):
        with pytest.raises(ValueError, match="a picture is"):
            canvas.set_picture(wrong)
    for wrong in (np.zeros((4, 4), bool), np.zeros((28, 28), np.uint8)):
        with pytest.raises(ValueError, match="a mask of this picture"):
            canvas.set_mask(wrong)


@pytest.mark.parametrize("shape", [(28, 28), (27, 13), (1, 1), (360, 640)])
def test_presets(shape):
    left, right, top, bottom = (make(Preset[n], shape) for n in ("LEFT", "RIGHT", "TOP", "BOTTOM"))
    assert np.array_equal(left, ~right)
    assert np.array_equal(top, ~bottom)
    side = max(min(shape) // 2, 1)
    assert make(Preset.CENTRE, shape).sum() == side * side
    share = scattered(0.25, 7, shape)
    assert share.sum() == round(0.25 * share.size)
    assert np.array_equal(share, scattered(0.25, 7, shape))
    board, cell = make(Preset.CHECKERBOARD, shape), max(round(min(shape) / 8), 1)
    assert np.array_equal(board[cell:], ~board[:-cell])
    assert make(Preset.BORDER, shape)[0].all()


def test_nothing_happens_without_a_picture(qtbot):
    editor = MaskEditor()
    qtbot.addWidget(editor)
    editor.show()
    canvas = editor.canvas
    for command in Command:
        canvas.run(command)
    QTest.mouseClick(canvas, LEFT, NONE, QPoint(50, 50))
    wheel(canvas, QPoint(50, 50), 120)
    canvas.grab()
    assert canvas.mask().shape == (0, 0)


def test_every_control_has_a_name_and_a_short_tip(editor):
    assert editor.meaning.text() == MEANING == "Painted = unknown"
    assert "28 × 28" in editor.facts()
    controls = [*editor.tools.findChildren(QAbstractButton), editor.tools.opacity]
    assert len(controls) >= 17
    for control in controls:
        assert control.accessibleName()
        assert 1 <= control.toolTip().count(".") - control.toolTip().count("…") <= 2
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert {b.command for b in BINDINGS} == set(Command)
    assert len({s.keys for s in SHORTCUTS}) == len(SHORTCUTS)


def test_the_tool_bar_follows_and_leads(editor, canvas):
    undo = editor.tools.commands[Command.UNDO]
    assert not undo.isEnabled()
    QTest.mouseClick(editor.tools.tools.button(3), LEFT)
    assert canvas.tool() is Tool.RECTANGLE
    QTest.keyClick(canvas, K.Key_B)
    assert editor.tools.tools.checkedId() == 0
    QTest.keyClick(canvas, K.Key_X)
    assert canvas.tool() is Tool.ERASER
    actions = {a.text(): a for a in editor.tools.presets.menu().actions()}
    actions["Random 50 %"].trigger()
    first = canvas.mask()
    assert first.sum() == 28 * 14
    actions["Random 50 %"].trigger()
    assert not np.array_equal(canvas.mask(), first)
    QTest.mouseClick(undo, LEFT)
    assert np.array_equal(canvas.mask(), first)


def test_hiding_ends_the_stroke(canvas, told):
    drag(canvas, (5, 5), (9, 9), release=False)
    canvas.hide()
    assert len(told) == 1


def test_the_overlay_has_its_colour_and_opacity(canvas):
    canvas.set_mask(np.ones((28, 28), bool))
    canvas.set_overlay_colour(QColor("#2F6FEB"))
    canvas.set_overlay_opacity(1.0)
    at = place(canvas, 5.5, 5.5)
    assert canvas.grab().toImage().pixelColor(at) == QColor("#2F6FEB")
    canvas.set_overlay_opacity(0.0)
    assert canvas.grab().toImage().pixelColor(at) == QColor(90, 90, 90)


def test_the_host_needs_nothing_more_than_a_layout(qtbot):
    host = QWidget()
    qtbot.addWidget(host)
    MaskEditor(host)
    host.show()
