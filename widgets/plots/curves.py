"""A few curves with error bars over a doubling axis, painted small and plain."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from widgets.look import theme
from widgets.plots.colour_bar import round_numbers


@dataclass(frozen=True)
class Curve:
    """Points (x, y, error) of one family."""

    title: str
    family: str
    points: tuple[tuple[float, float, float], ...]
    dashed: bool = False
    """To tell a second curve of a family from its first."""


class CurvePlot(QFrame):
    """x doubles from tick to tick; y is linear from 0 or below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._title = ""
        self.curves: tuple[Curve, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_curves(self, title: str, curves: Sequence[Curve]) -> None:
        """Show these."""
        self._title, self.curves = title, tuple(curves)
        self.setAccessibleName(title)
        lines = [
            f"{c.title}: " + ", ".join(f"{x:g}: {y:.3g}" for x, y, _ in c.points) for c in curves
        ]
        self.setToolTip(title + "\n" + "\n".join(lines))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, 240)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.curves:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        unit = theme.UNIT
        painter.setFont(theme.title_font(self.font()))
        painter.setPen(theme.colour("text"))
        painter.drawText(QRectF(2 * unit, unit, self.width() - 4 * unit, 3 * unit), 0, self._title)
        painter.setFont(theme.small_font(self.font()))
        room = QRectF(7 * unit, 5 * unit, self.width() - 22 * unit, self.height() - 9 * unit)
        xs = [x for curve in self.curves for x, _, _ in curve.points]
        ys = [y + s * e for curve in self.curves for _, y, e in curve.points for s in (-1, 1)]
        low, high = min(0.0, *ys), max(ys)
        ends = math.log2(min(xs)), math.log2(max(xs)) or 1.0

        def at(x: float, y: float) -> QPointF:
            across = (math.log2(x) - ends[0]) / max(ends[1] - ends[0], 1e-9)
            up = (y - low) / max(high - low, 1e-12)
            return QPointF(room.left() + across * room.width(), room.bottom() - up * room.height())

        self._axes(painter, room, sorted(set(xs)), (low, high), at)
        for place, curve in enumerate(self.curves):
            ink = theme.legible(theme.family_colour(curve.family), theme.colour("raised"))
            style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(ink, theme.stroke(2), style))
            painter.drawPolyline(QPolygonF([at(x, y) for x, y, _ in curve.points]))
            painter.setPen(QPen(ink, theme.stroke(2)))
            # hollow marks, so that the legend tells dashed curves apart too
            painter.setBrush(theme.colour("raised") if curve.dashed else ink)
            for x, y, error in curve.points:
                painter.drawLine(at(x, y - error), at(x, y + error))
                painter.drawEllipse(at(x, y), 3, 3)
            left, top = room.right() + 2 * unit, room.top() + place * 2.5 * unit
            painter.drawEllipse(QPointF(left, top + unit), 4, 4)
            painter.setPen(theme.colour("text"))
            painter.drawText(QPointF(left + unit, top + 1.5 * unit), curve.title)

    def _axes(
        self,
        painter: QPainter,
        room: QRectF,
        xs: list[float],
        ys: tuple[float, float],
        at: Callable[[float, float], QPointF],
    ) -> None:
        unit = theme.UNIT
        for value, text in round_numbers(*ys, 6):
            point = at(xs[0], value)
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.drawLine(QPointF(room.left(), point.y()), QPointF(room.right(), point.y()))
            painter.setPen(theme.colour("faint"))
            box = QRectF(0, point.y() - unit, room.left() - unit, 2 * unit)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        for x in xs:
            point = at(x, ys[0])
            box = QRectF(point.x() - 3 * unit, room.bottom() + unit / 2, 6 * unit, 2 * unit)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, f"{x:g}")
        painter.drawText(
            QRectF(room.right() - 10 * unit, room.bottom() + 2 * unit, 10 * unit, 2 * unit),
            Qt.AlignmentFlag.AlignRight,
            "dimension",
        )
