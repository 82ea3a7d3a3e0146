"""The mask editor as its host sees it: clipboard, drops, pictures, presets, tool bar, looks."""

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from tests.widgets.mask.hand import CTRL, LEFT, NONE, K, drag, place, wheel
from widgets.mask import file as mask_file
from widgets.mask.editor import MEANING, MaskEditor
from widgets.mask.gestures import Tool
from widgets.mask.keys import BINDINGS, SHORTCUTS, Command
from widgets.mask.presets import Preset, make, scattered


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
