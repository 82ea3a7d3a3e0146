"""The frames along a path, side by side, and below them what each costs: density and step length.

Both share one axis: place 0 is the middle of the first frame, place 1 that of the last.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.look import focus, theme
from widgets.look.images import Picture, image_of
from widgets.pictures.keyframes import letter

GAP = 2
STALE_OPACITY = 0.35
FRAME_MOST = 112
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """Where places 0 … 1 are on a widget `width` pixels wide that shows `frames`."""

    width: float
    frames: int

    @property
    def cell(self) -> float:
        return self.width / max(1, self.frames)

    def x_of(self, place: float) -> float:
        """The pixel column of a place."""
        return self.cell / 2 + place * (self.width - self.cell)

    def place_at(self, x: float) -> float:
        """The place at a pixel column, within 0 … 1."""
        span = max(1.0, self.width - self.cell)
        return min(1.0, max(0.0, (x - self.cell / 2) / span))

    def frame_at(self, x: float) -> int:
        """The frame under a pixel column."""
        return min(self.frames - 1, max(0, int(x / max(1e-9, self.cell))))


class _Along(QWidget):
    """A widget with a place on it that a hand can move: `place_wanted(place)`.

    What stays while the place moves is painted once and kept: a hand moves at every frame.
    """

    place_wanted = Signal(float)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place = 0.0
        self.frames = 9
        self._drawn: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def axis(self) -> Axis:
        return Axis(self.width(), self.frames)

    def set_place(self, place: float) -> None:
        """Mark a place 0 … 1, silently."""
        self.place = place
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.place_wanted.emit(self.axis().place_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.released.emit()

    def redraw(self) -> None:
        """What stays while the place moves is another one."""
        self._drawn = None
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        self._drawn = None  # other colours or another font
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        unit = self.devicePixelRatioF()
        size = (self.size().toSizeF() * unit).toSize()
        if self._drawn is None or self._drawn.size() != size:
            self._drawn = QPixmap(size)
            self._drawn.setDevicePixelRatio(unit)
            self._drawn.fill(Qt.GlobalColor.transparent)
            with QPainter(self._drawn) as still:
                self._paint_rest(still)
        with QPainter(self) as painter:
            painter.drawPixmap(QPointF(0, 0), self._drawn)
            self._paint_mark(painter)
            focus.ring(self, painter)

    def _paint_rest(self, painter: QPainter) -> None:
        """All but the mark."""
        raise NotImplementedError

    def _paint_mark(self, painter: QPainter) -> None:
        x = self.axis().x_of(self.place)
        painter.setPen(QPen(theme.colour("accent"), theme.stroke(2)))
        painter.drawLine(QPointF(x, self._head()), QPointF(x, self.height()))

    def _head(self) -> int:
        """Where the mark begins: below what is written on top."""
        return 0


class FilmStrip(_Along):
    """`count` frames, empty where none is yet; a click on one goes exactly there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures: list[Picture | None] = [None] * self.frames
        self._keys: tuple[int, ...] = ()
        self._stale = False
        self.setMinimumHeight(32)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Film strip")
        self.setToolTip("Frames along the path. Click one to go there, or drag; arrow keys step.")

    def sizeHint(self) -> QSize:
        return QSize(400, FRAME_MOST)

    def set_count(self, count: int) -> None:
        """Make room for so many frames; another number empties the strip."""
        if count != self.frames:
            self.frames, self._pictures = count, [None] * count
            self.redraw()

    def put(self, pictures: Picture, done: int | None = None) -> None:
        """Show pictures uint8 (n, H, W, 3), of which the first `done` are there."""
        self.set_count(len(pictures))
        ready = len(pictures) if done is None else done
        own = pictures.copy()
        self._pictures = [own[i] if i < ready else self._pictures[i] for i in range(len(own))]
        self._stale = False
        self.redraw()

    def picture(self, i: int) -> Picture | None:
        """Frame i, None where there is none."""
        return self._pictures[i] if 0 <= i < self.frames else None

    def nearest(self, place: float) -> Picture | None:
        """The frame nearest to a place."""
        return self.picture(round(place * (self.frames - 1)))

    def set_keys(self, frames: tuple[int, ...]) -> None:
        """Letter the frames that are end points."""
        self._keys = frames
        self.redraw()

    def set_stale(self, stale: bool) -> None:
        """Dim the frames: they answer an earlier question."""
        self._stale = stale
        self.redraw()

    def is_stale(self) -> bool:
        return self._stale

    def frame_rect(self, i: int) -> QRectF:
        """Where frame i is; tests and tours point at it."""
        cell = self.axis().cell
        side = min(cell - GAP, self.height() - GAP, FRAME_MOST)
        middle = QPointF((i + 0.5) * cell, self.height() / 2)
        return QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._go(self.axis().frame_at(event.position().x()))

    def _go(self, frame: int) -> None:
        self.place_wanted.emit(frame / max(1, self.frames - 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        now = round(self.place * (self.frames - 1))
        steps = {
            Qt.Key.Key_Left: now - 1,
            Qt.Key.Key_Right: now + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self.frames - 1,
        }
        target = steps.get(Qt.Key(event.key()))
        if target is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            event.ignore()
            return
        self._go(min(self.frames - 1, max(0, target)))
        self.released.emit()

    def _paint_rest(self, painter: QPainter) -> None:
        unit = self.devicePixelRatioF()
        edge, well = theme.colour("line"), theme.colour("well")
        for i, picture in enumerate(self._pictures):
            rect = self.frame_rect(i)
            if picture is None or self._stale:
                painter.fillRect(rect, well)
            if picture is not None:
                painter.setOpacity(STALE_OPACITY if self._stale else 1.0)
                painter.drawImage(rect, image_of(picture, round(rect.width() * unit)))
                painter.setOpacity(1.0)
            painter.setPen(QPen(edge, 1))
            painter.drawRect(rect)
        painter.setFont(theme.small_font(self.font()))
        for k, frame in enumerate(self._keys):
            self._paint_letter(painter, self.frame_rect(frame), letter(k))

    def _paint_letter(self, painter: QPainter, frame: QRectF, text: str) -> None:
        """Which end point a frame is, in its corner."""
        side = painter.fontMetrics().height()
        corner = QRectF(frame.left(), frame.top(), side, side)
        painter.fillRect(corner, theme.colour("raised"))
        painter.setPen(theme.colour("text"))
        painter.drawText(corner, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_mark(self, painter: QPainter) -> None:
        ring = self.frame_rect(round(self.place * (self.frames - 1)))
        painter.setPen(QPen(theme.colour("accent"), theme.stroke(2)))
        painter.drawRect(ring)


class PathCurve(_Along):
    """log p of every frame as a curve, and the length of every step as a bar between frames."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: Values = np.empty(0)
        self._errors: Values | None = None
        self._steps: Values = np.empty(0)
        self._title, self._empty = "", ""
        self.setMinimumHeight(44)
        self.setAccessibleName("Log-density along the path")

    def sizeHint(self) -> QSize:
        return QSize(400, 56)

    def set_count(self, count: int) -> None:
        """Another number of frames empties the curve."""
        if count != self.frames:
            self.frames = count
            self.clear()

    def clear(self) -> None:
        """Nothing is known of the path as it is now."""
        self._values, self._errors, self._steps = np.empty(0), None, np.empty(0)
        self.redraw()

    def set_density(self, values: Values, title: str, *, errors: Values | None = None) -> None:
        """log-densities (n,) in nats of all frames, and what they are; (0,) for none."""
        self._values, self._errors, self._title = values, errors, title
        self.redraw()

    def set_empty(self, reason: str) -> None:
        """Why there is no curve, where there is none."""
        self._empty = reason
        self.redraw()

    def set_steps(self, steps: Values) -> None:
        """Lengths (n − 1,) of the steps from frame to frame."""
        self._steps = steps
        self.redraw()

    def values(self) -> Values:
        return self._values

    def steps(self) -> Values:
        return self._steps

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.place_wanted.emit(self.axis().place_at(event.position().x()))

    def _paint_rest(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.small_font(self.font()))
        line = self._head()
        area = QRectF(0, line, self.width(), self.height() - line - 2)
        self._paint_steps(painter, area)
        if len(self._values):
            self._paint_values(painter, area)
        self._paint_words(painter, line)

    def _head(self) -> int:
        return QFontMetrics(theme.small_font(self.font())).height()

    def _paint_mark(self, painter: QPainter) -> None:
        """With the value of the nearest frame beside it."""
        super()._paint_mark(painter)
        if not len(self._values):
            return
        value = self._values[round(self.place * (len(self._values) - 1))]
        if math.isfinite(value):
            painter.setFont(theme.small_font(self.font()))
            painter.setPen(theme.colour("accent"))
            text, x = self.written(value).replace("-", "−"), self.axis().x_of(self.place)
            wide = painter.fontMetrics().horizontalAdvance(text) + theme.UNIT // 2
            left = x + theme.UNIT // 2 if x + wide < self.width() else x - wide
            line = painter.fontMetrics()
            low = QPointF(left, self.height() - line.descent() - 1)
            back = theme.colour("raised")
            back.setAlphaF(0.85)
            painter.fillRect(QRectF(left - 1, low.y() - line.ascent(), wide, line.height()), back)
            painter.drawText(low, text)

    def written(self, value: float) -> str:
        """A value in nats, as finely as the curve needs it."""
        finite = self._values[np.isfinite(self._values)]
        return f"{value:,.0f}" if finite.max() - finite.min() >= 20 else f"{value:,.2f}"

    def _paint_steps(self, painter: QPainter, area: QRectF) -> None:
        most = float(self._steps.max()) if len(self._steps) else 0.0
        if most <= 0:
            return
        axis, wide = self.axis(), max(3.0, 0.5 * self.axis().cell)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.mix(theme.colour("raised"), theme.colour("faint"), 0.28))
        for i, step in enumerate(self._steps):
            high = float(step) / most * area.height() * 0.6
            middle = axis.cell * (i + 1)
            painter.drawRect(QRectF(middle - wide / 2, area.bottom() - high, wide, high))

    def _paint_values(self, painter: QPainter, area: QRectF) -> None:
        finite = self._values[np.isfinite(self._values)]
        if not len(finite):
            return
        low, high = float(finite.min()), float(finite.max())
        span = max(high - low, 1e-9)
        axis, inner = self.axis(), area.adjusted(0, 4, 0, -4)
        spots = [
            QPointF(axis.cell * (i + 0.5), inner.bottom() - (value - low) / span * inner.height())
            for i, value in enumerate(self._values)
            if math.isfinite(value)
        ]
        painter.setPen(QPen(theme.colour("text"), theme.stroke(1.5)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(spots))
        painter.setBrush(theme.colour("text"))
        for spot in spots:
            painter.drawEllipse(spot, 2, 2)

    def _paint_words(self, painter: QPainter, line: int) -> None:
        painter.setPen(theme.colour("faint"))
        finite = self._values[np.isfinite(self._values)]
        left = (
            self._empty
            if not len(finite)
            else f"{self._title}: {self.written(finite.min())} … {self.written(finite.max())} nats"
        )
        right = ""
        if len(self._steps) and self._steps.mean() > 0:
            right = f"longest step {self._steps.max() / self._steps.mean():.1f} × the mean"
        metrics = painter.fontMetrics()
        room = self.width() - metrics.horizontalAdvance(right) - theme.UNIT
        left = left.replace("-", "−")
        shown = metrics.elidedText(left, Qt.TextElideMode.ElideRight, int(room))
        at = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        painter.drawText(QRectF(0, 0, room, line), at, shown)
        end = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.drawText(QRectF(0, 0, self.width(), line), end, right)
