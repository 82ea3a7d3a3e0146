"""Curves of learning: one for each learner on one axis, or a small one on an axis of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from widgets.look import theme

_BEST, _WORST = 0.002, 5.0
"""Nats between which gaps are shown, by their ratios; what lies outside is at the edge. Without a
truth: how far above the best learner curves are shown."""


@dataclass(frozen=True, eq=False)
class Line:
    """Points (x, y) of one learner; `dashed` where they are of another kind than the others."""

    title: str
    family: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    dashed: bool = False
    chosen: bool = False


class ProgressPlot(QFrame):
    """How unlikely held-out points are to each learner; x is time or examples, y is nats."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.lines: tuple[Line, ...] = ()
        self.title, self._unit = "", ""
        self._mark: float | None = None
        self._seen: object = None
        self._logarithmic = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(320, 112)

    def show_lines(
        self, title: str, unit: str, lines: Sequence[Line], *, logarithmic: bool, mark: float | None
    ) -> None:
        """Show these; `unit` is that of x, and `mark` where the moment on show is."""
        seen = (title, unit, mark, *((line.title, len(line.x), *line.x[-1:]) for line in lines))
        chosen = tuple(line.title for line in lines if line.chosen)
        if (seen, chosen) == self._seen:
            return
        self._seen = (seen, chosen)
        self.title, self._unit, self.lines = title, unit, tuple(lines)
        self._logarithmic, self._mark = logarithmic, mark
        last = [f"{line.title}: {line.y[-1]:.3f}" for line in lines if len(line.y)]
        self.setToolTip("\n".join([title, *last]))
        self.setAccessibleName(title)
        self.setAccessibleDescription("; ".join(last))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        unit = theme.UNIT
        painter.setFont(theme.small_font(self.font()))
        painter.setPen(theme.colour("faint"))
        head = QRectF(unit, unit / 2, self.width() - 2 * unit, 2 * unit)
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft, self.title)
        room = QRectF(5.5 * unit, 3 * unit, self.width() - 7 * unit, self.height() - 5.5 * unit)
        ys = np.concatenate([line.y for line in self.lines] or [np.empty(0)])
        xs = np.concatenate([line.x for line in self.lines] or [np.empty(0)])
        ys = ys[np.isfinite(ys)]
        if not len(ys):
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, "Press Play")
            return
        low, high = self._ends(ys)
        most = max(float(xs.max()), 1e-9)
        self._paint_axes(painter, room, low, high, most)
        painter.setClipRect(room.adjusted(-2, -2, 2, 2))
        if self._mark is not None:
            painter.setPen(QPen(theme.colour("accent"), theme.stroke(1), Qt.PenStyle.DashLine))
            x = room.left() + min(self._mark / most, 1) * room.width()
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        for line in sorted(self.lines, key=lambda each: each.chosen):
            ink = theme.legible(theme.family_colour(line.family), theme.colour("raised"))
            style = Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(ink, theme.stroke(2.4 if line.chosen else 1.4), style))
            spots = [
                QPointF(
                    room.left() + x / most * room.width(),
                    room.bottom() - self._share(y, low, high) * room.height(),
                )
                for x, y in zip(line.x.tolist(), line.y.tolist(), strict=True)
                if math.isfinite(y)
            ]
            painter.drawPolyline(QPolygonF(spots))
            if spots:
                painter.setBrush(ink)
                painter.drawEllipse(spots[-1], 2, 2)
                painter.setBrush(Qt.BrushStyle.NoBrush)

    def _ends(self, ys: NDArray[np.float64]) -> tuple[float, float]:
        if self._logarithmic:
            high = min(max(float(ys.max()), 0.1), _WORST)
            return min(max(float(ys.min()) / 1.3, _BEST), 0.05), high
        best = min(y[-1] for line in self.lines if len(y := line.y[np.isfinite(line.y)]))
        low = float(ys.min())
        high = min(float(ys.max()), max(low, float(best)) + _WORST)
        return low - 0.05 * (high - low + 0.1), high + 0.05 * (high - low + 0.1)

    def _share(self, y: float, low: float, high: float) -> float:
        """How far up a value is, 0 … 1; what lies outside is at the edge."""
        if self._logarithmic:
            y, low, high = (math.log(max(value, 1e-9)) for value in (y, low, high))
        return min(1.0, max(0.0, (y - low) / max(high - low, 1e-9)))

    def _paint_axes(
        self, painter: QPainter, room: QRectF, low: float, high: float, most: float
    ) -> None:
        unit = theme.UNIT
        for value in self._ticks(low, high):
            y = room.bottom() - self._share(value, low, high) * room.height()
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(theme.colour("faint"))
            box = QRectF(0, y - unit, room.left() - unit / 2, 2 * unit)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, side, f"{value:.3g}".replace("-", "−"))
        foot = QRectF(room.left(), room.bottom() + unit / 4, room.width(), 2 * unit)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, "0")
        right = Qt.AlignmentFlag.AlignRight
        painter.drawText(foot, right, f"{_short(most)} {self._unit}")

    def _ticks(self, low: float, high: float) -> list[float]:
        if self._logarithmic:
            ends = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            return [10.0**k for k in ends if 0.99 * low <= 10.0**k <= 1.01 * high]
        step = 10 ** math.floor(math.log10(max(high - low, 1e-6)))
        step *= 0.5 if (high - low) / step < 3 else 1 if (high - low) / step < 6 else 2
        first = math.ceil(low / step)
        return [k * step for k in range(first, math.floor(high / step) + 1)]


class Spark(QWidget):
    """One curve with nothing around it, on an axis of its own, and its last value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._y = self._given = np.empty(0)
        self._colour = theme.family_colour("")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(theme.small_font(self.font()))

    def sizeHint(self) -> QSize:
        return QSize(100, 22)

    def set_colour(self, colour: QColor) -> None:
        self._colour = QColor(colour)
        self.update()

    def show_curve(self, name: str, y: NDArray[np.float64]) -> None:
        """Show values (n,), the last on the right."""
        if y is self._given:
            return
        self._given = y
        self._name, self._y = name, y[np.isfinite(y)]
        said = f"{name} {self._y[-1]:.3g}" if len(self._y) else ""
        self.setToolTip(
            f"{said}: what the training of this family lowers, smoothed, on an axis of its own. "
            "Losses of different families cannot be compared."
            if said
            else "No loss yet."
        )
        self.setAccessibleName(f"Loss: {said or 'none yet'}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour("faint"))
        if not len(self._y):
            return
        text = f"{self._name} {self._y[-1]:.3g}".replace("-", "−")
        wide = self.fontMetrics().horizontalAdvance(text) + theme.UNIT // 2
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), right, text)
        room = QRectF(1, 2, max(10, self.width() - wide - 4), self.height() - 4)
        low, high = np.quantile(self._y, [0.0, 0.98]).tolist()
        share = ((self._y - low) / max(high - low, 1e-9)).clip(0, 1)
        x = room.left() + np.linspace(0, 1, len(share)) * room.width()
        y = room.bottom() - share * room.height()
        ink = theme.legible(self._colour, theme.colour("raised"))
        painter.setPen(QPen(ink, theme.stroke(1.2)))
        spots = [QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        painter.drawPolyline(QPolygonF(spots))


def _short(value: float) -> str:
    for size, mark in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {mark}"
    return f"{value:.3g}"
