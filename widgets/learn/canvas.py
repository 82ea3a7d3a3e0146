"""A plane to draw points on: pencil, spray and eraser, by mouse or by keys."""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from widgets.learn.frame import Box, Frame, dots
from widgets.learn.sheet import Labels, Points, Sheet
from widgets.look import theme
from widgets.look.colours import CLASS_COLOURS

SIZES = (1, 2, 3, 5, 8, 12, 18)
"""Per cent of the width that the spray and the eraser reach."""
_SPRAY_MS, _SPRAYED = 40, 6
_SPACING, _EACH = 5.0, 2
"""Pixels between the marks of the pencil, and points at each."""
_JITTER = 0.006
_TOLD_MS = 250
_STEP = 6.0
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Tool(Enum):
    """What a drag does."""

    DRAW = "draw"
    SPRAY = "spray"
    ERASE = "erase"


class PointCanvas(QWidget):
    """`edited` follows every change, also within a long stroke; `tool_changed` one by keys.

    Left drag uses the tool, right drag erases. Keys: arrows move the cursor, Space dabs, D, S and E
    choose the tool, [ and ] its size, Ctrl+Z and Ctrl+Shift+Z or Ctrl+Y undo and redo.
    """

    edited = Signal()
    tool_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = Sheet()
        self.tool, self.label, self.size_index = Tool.DRAW, 0, 3
        self._frame = Frame((-3.0, 3.0, -3.0, 3.0))
        self._last: QPointF | None = None
        self._erasing = False
        self._cursor: QPointF | None = None
        self._by_keys = False
        self._image: QImage | None = None
        self._spray = QTimer(self, interval=_SPRAY_MS)
        self._spray.timeout.connect(self._spray_on)
        self._told = QTimer(self, interval=_TOLD_MS)
        self._told.timeout.connect(self.edited)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Points to learn")
        self.setToolTip(
            "Draw the points that the families learn. Right drag erases. "
            "Keys: arrows, Space, D, S, E, [ and ], Ctrl+Z."
        )

    def sizeHint(self) -> QSize:
        return QSize(224, 224)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width

    # what is shown

    def box(self) -> Box:
        """What is in view: x0, x1, y0, y1 in data units."""
        return self._frame.box

    def set_box(self, box: Box) -> None:
        """Show this part of the plane."""
        self._frame = Frame(box)
        self._renew()

    def drawing(self) -> bool:
        """Whether a stroke is under way."""
        return self._last is not None

    def put(self, xy: Points, labels: Labels) -> None:
        """Take other points, which can be undone."""
        self.sheet.put(xy, labels)
        self._renew()
        self.edited.emit()

    def clear(self) -> None:
        """Take all points away, which can be undone."""
        self.sheet.clear()
        self._renew()
        self.edited.emit()

    def reach(self) -> float:
        """The radius of spray and eraser in data units."""
        x0, x1, *_ = self._frame.box
        return SIZES[self.size_index] / 100 * (x1 - x0)

    @Slot()
    def undo(self) -> None:
        """Take the last step back."""
        if self._last is None and self.sheet.undo():
            self._renew()
            self.edited.emit()

    @Slot()
    def redo(self) -> None:
        """Take the last undone step again."""
        if self._last is None and self.sheet.redo():
            self._renew()
            self.edited.emit()

    def set_tool(self, tool: Tool) -> None:
        """Take another tool."""
        self.tool = tool
        self.update()
        self.tool_changed.emit()

    def set_size(self, index: int) -> None:
        """Take another of SIZES."""
        self.size_index = min(max(index, 0), len(SIZES) - 1)
        self.update()
        self.tool_changed.emit()

    # what the hand does

    def _begin(self, at: QPointF, *, erasing: bool) -> None:
        self.sheet.begin()
        self._last, self._erasing = at, erasing or self.tool is Tool.ERASE
        self._stroke(at)
        if not self._erasing and self.tool is Tool.SPRAY:
            self._spray.start()
        self._told.start()

    def _stroke(self, at: QPointF) -> None:
        """Use the tool from the last place to this one."""
        assert self._last is not None
        dx, dy = at.x() - self._last.x(), at.y() - self._last.y()
        steps = int(np.hypot(dx, dy) / _SPACING)
        if steps == 0 and at != self._last:
            return  # too near for another mark
        share = np.arange(1, steps + 1) / steps if steps else np.zeros(1)
        path = np.stack([self._last.x() + share * dx, self._last.y() + share * dy], 1)
        places = self._frame.data(path, self.width(), self.height())
        self._use(places)
        self._last = at

    def _use(self, places: NDArray[np.float64]) -> None:
        if self._erasing:
            self.sheet.erase(places, self.reach())
        elif self.tool is Tool.SPRAY:
            self.sheet.add(places, self.label, self.reach() / 2, 2)
        else:
            x0, x1, *_ = self._frame.box
            self.sheet.add(places, self.label, _JITTER * (x1 - x0), _EACH)
        self._renew()

    @Slot()
    def _spray_on(self) -> None:
        if self._last is not None:
            at = np.array([[self._last.x(), self._last.y()]])
            places = self._frame.data(at, self.width(), self.height())
            self.sheet.add(places, self.label, self.reach() / 2, _SPRAYED)
            self._renew()

    def _end(self) -> None:
        self._last = None
        self._spray.stop()
        self._told.stop()
        if self.sheet.end():
            self.edited.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        button = event.button()
        if button in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._by_keys = False
            self._begin(event.position(), erasing=button is Qt.MouseButton.RightButton)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._cursor = event.position()
        if self._last is not None:
            self._stroke(event.position())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self._end()

    def leaveEvent(self, event: QEvent) -> None:
        if not self._by_keys:
            self._cursor = None
        self.update()

    def hideEvent(self, event: QEvent) -> None:
        if self._last is not None:
            self._end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, redo = Qt.Key(event.key()), QKeySequence("Ctrl+Y")
        pressed = QKeySequence(event.keyCombination())
        bare = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        tools = {Qt.Key.Key_D: Tool.DRAW, Qt.Key.Key_S: Tool.SPRAY, Qt.Key.Key_E: Tool.ERASE}
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif event.matches(QKeySequence.StandardKey.Redo) or pressed == redo:
            self.redo()
        elif event.text() in ("[", "]"):  # layouts differ in how they make a bracket
            self.set_size(self.size_index + (1 if event.text() == "]" else -1))
        elif not bare:
            event.ignore()
        elif key in _ARROWS:
            self._move(*_ARROWS[key])
        elif key is Qt.Key.Key_Space:
            self._begin(self._place(), erasing=False)
            self._end()
        elif key in tools:
            self.set_tool(tools[key])
        else:
            event.ignore()

    def _place(self) -> QPointF:
        """Where the keys are: in the middle at first."""
        self._by_keys = True
        if self._cursor is None:
            self._cursor = QRectF(self.rect()).center()
        return self._cursor

    def _move(self, dx: int, dy: int) -> None:
        at = self._place()
        x = min(max(at.x() + _STEP * dx, 0.0), self.width() - 1.0)
        y = min(max(at.y() + _STEP * dy, 0.0), self.height() - 1.0)
        self._cursor = QPointF(x, y)
        self.update()

    # how it is painted

    def _renew(self) -> None:
        self._image = None
        self.update()

    def resizeEvent(self, event: QEvent) -> None:
        self._renew()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._renew()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focus = self.hasFocus()
        painter.setPen(QPen(theme.colour("accent" if focus else "line"), 1.5 if focus else 1.0))
        painter.setBrush(theme.colour("base"))
        room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(room, theme.RADIUS, theme.RADIUS)
        if not len(self.sheet):
            painter.setPen(theme.colour("faint"))
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room.adjusted(16, 0, -16, 0), middle, "Draw points here, or take some")
        else:
            painter.drawImage(QPointF(0, 0), self._dots())
        if self._cursor is not None:
            self._paint_cursor(painter, self._cursor)

    def _paint_cursor(self, painter: QPainter, at: QPointF) -> None:
        """A ring of the tool's true size, dark and bright, so that it shows on any ground."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        scale, *_ = self._frame.placed(self.width(), self.height())
        drawing = self.tool is Tool.DRAW and not self._erasing
        radius = 3.0 if drawing else self.reach() * scale
        for ink, grown in ((QColor(0, 0, 0, 160), 0.0), (QColor(255, 255, 255, 200), 1.0)):
            painter.setPen(QPen(ink, theme.stroke(1.0)))
            painter.drawEllipse(at, radius + grown, radius + grown)
        if self.tool is not Tool.ERASE:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(*CLASS_COLOURS[self.label % len(CLASS_COLOURS)]))
            painter.drawEllipse(at, 2, 2)

    def _dots(self) -> QImage:
        if self._image is None:
            inks = class_inks(self.sheet.labels)
            radius = 1.6 if len(self.sheet) < 3000 else 1.1
            self._image = dots(self, self._frame, self.sheet.xy, inks, radius)
        return self._image


def class_inks(labels: Labels) -> NDArray[np.uint8]:
    """Bytes B G R A for each class number."""
    table = np.array([(b, g, r, 255) for r, g, b in CLASS_COLOURS], np.uint8)
    return table[labels % len(CLASS_COLOURS)]
