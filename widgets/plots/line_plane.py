"""The plane with a line across it: a hand drags the line, and so fixes one coordinate."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from widgets.look import theme
from widgets.plots.scatter import Scatter

FINE, COARSE = 200, 20
"""Steps of the arrow keys over the whole range, alone and with Shift."""

_FORTH = {Qt.Key.Key_Right, Qt.Key.Key_Up}
_BACK = {Qt.Key.Key_Left, Qt.Key.Key_Down}


class LinePlane(Scatter):
    """Data in grey, the line over them. `moved(value)` follows mouse and keys, not `set_line`.

    Press or drag anywhere to put the line there; arrow keys move it by 1/200 of the range, with
    Shift by 1/20; Home and End go to the ends; X asks for the other axis.
    """

    moved = Signal(float)
    turned = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._line = pg.InfiniteLine(movable=False)
        self._axis, self._value = 0, 0.0
        self._held = False
        super().__init__(parent)
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._view.addItem(self._line, ignoreBounds=True)
        self.setMinimumSize(160, 160)
        self.setAccessibleName("Plane")
        self.setToolTip(
            "Drag the line: its coordinate is known, the other is sampled. Arrow keys move "
            "it, with Shift in large steps; X turns it."
        )
        self.set_line(0, 0.0)

    def _dress(self) -> None:
        super()._dress()
        width = 3.0 if self.hasFocus() or self._held else 2.0
        width *= self.devicePixelRatioF()  # the pen is cosmetic
        self._line.setPen(pg.mkPen(theme.colour("accent"), width=theme.stroke(width)))

    def set_line(self, axis: int, value: float) -> None:
        """Put the line where coordinate `axis` (0 across, 1 up) has this value; no signal."""
        self._axis, self._value = axis, value
        self._line.setAngle(0 if axis else 90)
        self._line.setPos(value)
        self._line.setCursor(self._shape())
        self.setCursor(self._shape())
        name = "x₂" if axis else "x₁"
        self.setAccessibleDescription(f"{name} = {value:.3g} is known")

    def line(self) -> tuple[int, float]:
        """The axis whose coordinate is known, and its value."""
        return self._axis, self._value

    def span(self, axis: int) -> tuple[float, float]:
        """The home range of a coordinate."""
        low, high = self._home[2 * axis], self._home[2 * axis + 1]
        return low, high

    def held(self) -> bool:
        """Whether a hand drags the line right now; `moved` comes once more when it lets go."""
        return self._held

    def place_of(self, x: float, y: float) -> QPointF:
        """Where a point of the plane is, in this widget's coordinates."""
        at = self._view.mapViewToScene(QPointF(x, y))
        return QPointF(self._plot.mapTo(self, at.toPoint()))

    def _shape(self) -> Qt.CursorShape:
        return Qt.CursorShape.SplitVCursor if self._axis else Qt.CursorShape.SplitHCursor

    def _follow_hand(self, at: QPointF) -> None:
        inner = QPointF(self._plot.mapFrom(self, at))
        point = self._view.mapSceneToView(inner)
        self._move(point.y() if self._axis else point.x())

    def _move(self, value: float) -> None:
        low, high = self.span(self._axis)
        value = round(min(max(value, low), high), 3)  # as it is written beside the plane
        if value != self._value:
            self.set_line(self._axis, value)
            self.moved.emit(value)

    # the hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._held = True
            self._dress()
            self._follow_hand(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._follow_hand(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._held:
            self._held = False
            self._dress()
            self.moved.emit(self._value)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        low, high = self.span(self._axis)
        coarse = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        step = (high - low) / (COARSE if coarse else FINE)
        if key in _FORTH | _BACK:
            self._move(self._value + (step if key in _FORTH else -step))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move(low if key is Qt.Key.Key_Home else high)
        elif key is Qt.Key.Key_X and not event.modifiers():
            self.turned.emit()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._dress()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._held = False
        self._dress()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._held = False
