"""A plane of points to look at and to click: data by class, a path with its frames, where one is.

Serves paths of points in data units and maps of latent spaces alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.look import theme
from widgets.plots.cloud import splat

Points = NDArray[np.float32]
# Paul Tol's "bright" scheme (2021), as widgets.plots.scatter, with two more for ten digits
INKS = (
    "#4477AA",
    "#EE6677",
    "#228833",
    "#CCBB44",
    "#66CCEE",
    "#AA3377",
    "#999999",
    "#EE7733",
    "#332288",
    "#117733",
)
_MARGIN = 0.06
REACH = 12.0
FINE, COARSE = 4.0, 24.0
"""Pixels that an arrow key moves the cursor by, alone and with Shift."""
_KEYPAD = Qt.KeyboardModifier.KeypadModifier
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Plane(QWidget):
    """`picked(i)` follows a click near point i, `clicked_at(x, y)` any click in data units;
    `hovered(i)` the point under the mouse, −1 for none.

    Arrow keys move a cursor, which hovers as the mouse does, with Shift in large steps; Enter
    clicks there.
    """

    picked = Signal(int)
    clicked_at = Signal(float, float)
    hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._xy: Points = np.empty((0, 2), np.float32)
        self._classes: NDArray[np.intp] | None = None
        self._path: Points = self._xy
        self._keys: Points = self._xy
        self._spot: tuple[float, float] | None = None
        self._box = (-1.0, 1.0, -1.0, 1.0)
        self._cloud: QImage | None = None
        self._hover = -1
        self._cursor: QPointF | None = None
        self._axes = "", ""
        self._ringed: tuple[int, ...] = ()
        self.radius, self.quiet = 2.0, False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width

    def set_points(self, xy: Points, classes: NDArray[np.intp] | None = None) -> None:
        """Show points (n, 2), coloured by class (n,) where there are classes."""
        self._xy, self._classes, self._cloud, self._hover = xy, classes, None, -1
        self._ringed = ()
        finite = xy[np.isfinite(xy).all(1)]
        if len(finite):
            low, high = finite.min(0), finite.max(0)
            margin = _MARGIN * np.maximum(high - low, 1e-6)
            (x0, y0), (x1, y1) = (low - margin).tolist(), (high + margin).tolist()
            self._box = (x0, x1, y0, y1)
        self.update()

    def set_axes(self, across: str, up: str) -> None:
        """Name the axes, below and on the left; "" for none."""
        if (across, up) != self._axes:
            self._axes, self._cloud = (across, up), None
            self.update()

    def ring(self, points: Sequence[int]) -> None:
        """Ring these points, the first one in the accent colour."""
        self._ringed = tuple(points)
        self.update()

    def ringed(self) -> tuple[int, ...]:
        return self._ringed

    def set_path(self, path: Points, keys: Points) -> None:
        """Draw a path through frames (n, 2) with its end points (m, 2)."""
        self._path, self._keys = path, keys
        self.update()

    def set_spot(self, spot: tuple[float, float] | None) -> None:
        """Mark where one is."""
        self._spot = spot
        self.update()

    def count(self) -> int:
        return len(self._xy)

    def path(self) -> Points:
        return self._path

    def spot(self) -> tuple[float, float] | None:
        return self._spot

    def place_of(self, x: float, y: float) -> QPointF:
        """Where a point in data units is on the widget, both axes to one scale."""
        scale, left, top = self._frame()
        x0, _, _, y1 = self._box
        return QPointF(left + (x - x0) * scale, top + (y1 - y) * scale)

    def point_at(self, at: QPointF) -> tuple[float, float]:
        """The point in data units at a place of the widget."""
        scale, left, top = self._frame()
        x0, _, _, y1 = self._box
        return x0 + (at.x() - left) / scale, y1 - (at.y() - top) / scale

    def _frame(self) -> tuple[float, float, float]:
        x0, x1, y0, y1 = self._box
        below, beside = (self._line() if name else 0 for name in self._axes)
        wide, high = self.width() - beside, self.height() - below
        scale = min(wide / (x1 - x0), high / (y1 - y0))
        left = beside + (wide - scale * (x1 - x0)) / 2
        top = (high - scale * (y1 - y0)) / 2
        return scale, left, top

    def _line(self) -> int:
        """The room that the name of an axis takes."""
        return QFontMetrics(theme.small_font(self.font())).height()

    def _near(self, at: QPointF) -> int:
        if not len(self._xy):
            return -1
        places = self._places(self._xy)
        far = np.hypot(places[:, 0] - at.x(), places[:, 1] - at.y())
        i = int(np.nanargmin(far))
        return i if far[i] <= REACH else -1

    def _places(self, xy: Points) -> NDArray[np.float64]:
        scale, left, top = self._frame()
        x0, _, _, y1 = self._box
        places = np.empty((len(xy), 2))
        places[:, 0] = left + (xy[:, 0] - x0) * scale
        places[:, 1] = top + (y1 - xy[:, 1]) * scale
        return places

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._cursor = event.position()
            self._click(event.position())

    def _click(self, at: QPointF) -> None:
        self.clicked_at.emit(*self.point_at(at))
        if (i := self._near(at)) >= 0:
            self.picked.emit(i)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover_over(self._near(event.position()))

    def cursor_at(self) -> QPointF:
        """Where the keys are: at the last click or step of theirs, else in the middle."""
        return QPointF(self.rect().center()) if self._cursor is None else self._cursor

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, coarse = Qt.Key(event.key()), Qt.KeyboardModifier.ShiftModifier
        if event.modifiers() & ~(_KEYPAD | coarse):
            event.ignore()
        elif key in _ARROWS:
            step = COARSE if event.modifiers() & coarse else FINE
            (dx, dy), at = _ARROWS[key], self.cursor_at()
            x = min(max(at.x() + step * dx, 0.0), self.width() - 1.0)
            y = min(max(at.y() + step * dy, 0.0), self.height() - 1.0)
            self._cursor = QPointF(x, y)
            self._hover_over(self._near(self._cursor))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._click(self.cursor_at())
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._hover_over(-1)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover_over(-1)

    def _hover_over(self, i: int) -> None:
        if i != self._hover:
            self._hover = i
            self.hovered.emit(i)
            self.update()

    def resizeEvent(self, event: QEvent) -> None:
        self._cloud = self._cursor = None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._cloud = None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if len(self._xy):
            painter.drawImage(QPointF(0, 0), self._dots())
        if len(self._path):
            self._paint_path(painter)
        self._paint_axes(painter)
        for i in self._ringed[::-1]:
            self._paint_ring(painter, i, "accent" if i == self._ringed[0] else "text", 2)
        if 0 <= self._hover < len(self._xy):
            self._paint_ring(painter, self._hover, "text", 3)
        if self._spot is not None:
            painter.setPen(QPen(theme.colour("raised"), theme.stroke(2)))
            painter.setBrush(theme.colour("accent"))
            painter.drawEllipse(self.place_of(*self._spot), 6, 6)
        if self.hasFocus():
            self._paint_cursor(painter)

    def _paint_ring(self, painter: QPainter, i: int, role: str, beyond: float) -> None:
        spot = QPointF(*self._places(self._xy[[i]])[0].tolist())
        painter.setPen(QPen(theme.colour(role), theme.stroke(1.5)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(spot, self.radius + beyond, self.radius + beyond)

    def _paint_axes(self, painter: QPainter) -> None:
        across, up = self._axes
        painter.setFont(theme.small_font(self.font()))
        painter.setPen(theme.colour("faint"))
        line, middle = self._line(), Qt.AlignmentFlag.AlignCenter
        x0, x1, y0, y1 = self._box
        # close to what is shown, and in its middle, not at the edges of the widget
        low, high = self.place_of(x0, y0), self.place_of(x1, y1)
        at, room = (low + high) / 2, float(max(self.width(), self.height()))
        painter.drawText(QRectF(at.x() - room / 2, low.y(), room, line), middle, across)
        painter.save()
        painter.rotate(-90)
        painter.drawText(QRectF(-at.y() - room / 2, low.x() - line, room, line), middle, up)
        painter.restore()
        painter.setFont(self.font())

    def _paint_cursor(self, painter: QPainter) -> None:
        painter.setPen(QPen(theme.colour("accent"), theme.stroke(1.5)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        at = self.cursor_at()
        for dx, dy in ((REACH, 0.0), (0.0, REACH)):
            arm = QPointF(dx, dy)
            painter.drawLine(at - arm, at + arm)
        ring = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(ring, theme.RADIUS, theme.RADIUS)

    def _paint_path(self, painter: QPainter) -> None:
        spots = [QPointF(*at) for at in self._places(self._path).tolist() if np.isfinite(at).all()]
        painter.setPen(QPen(theme.colour("text"), theme.stroke(1.5)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(spots))
        painter.setBrush(theme.colour("text"))
        for spot in spots:
            painter.drawEllipse(spot, 2, 2)
        for k, at in enumerate(self._places(self._keys).tolist()):
            box = QRectF(at[0] - 8, at[1] - 8, 16, 16)
            painter.setPen(QPen(theme.colour("text"), theme.stroke(1.5)))
            painter.setBrush(theme.colour("raised"))
            painter.drawEllipse(box)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, chr(ord("A") + k))

    def _dots(self) -> QImage:
        unit = self.devicePixelRatioF()
        if self._cloud is None:
            size = round(self.height() * unit), round(self.width() * unit)
            pixels = splat(self._places(self._xy) * unit, self._inks(), self.radius * unit, size)
            high, wide = pixels.shape
            kind = QImage.Format.Format_ARGB32_Premultiplied
            self._cloud = QImage(pixels.data, wide, high, 4 * wide, kind).copy()
            self._cloud.setDevicePixelRatio(unit)
        return self._cloud

    def _inks(self) -> NDArray[np.uint8]:
        """Bytes B G R A of every point."""
        grey = theme.mix(theme.colour("raised"), theme.colour("faint"), 0.45)
        if self._classes is None or self.quiet:
            return np.tile(_bytes(grey), (len(self._xy), 1))
        palette = np.stack([_bytes(ink_of(label)) for label in range(len(INKS))])
        return palette[self._classes % len(INKS)]


def ink_of(label: int) -> QColor:
    """The colour of a class."""
    return QColor(INKS[label % len(INKS)])


def _bytes(ink: QColor) -> NDArray[np.uint8]:
    return np.array([ink.blue(), ink.green(), ink.red(), 255], np.uint8)
