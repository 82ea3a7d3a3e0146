"""A hand on the mask canvas: fixtures and real mouse and wheel events."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from widgets.mask.editor import MaskEditor

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
        QPointF(at),
        QPointF(canvas.mapToGlobal(at)),
        QPoint(),
        QPoint(0, turned),
        Qt.MouseButton.NoButton,
        held,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)
