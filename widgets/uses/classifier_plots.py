"""Curves over shares, and a table of counts: reliability, risk and coverage, confusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QSizePolicy, QToolTip, QWidget

from widgets.look import theme

DOTS = 20
"""Curves of at most so many points show them."""


@dataclass(frozen=True)
class ShareCurve:
    """Points (x, y) of one family, x in 0 … 1."""

    title: str
    family: str
    points: tuple[tuple[float, float], ...]
    dashed: bool = False
    says: str = ""
    """Behind the title in the legend."""


class SharePlot(QFrame):
    """Curves of shares: x from 0 to 1, y from 0 to 1 or to what is needed; a diagonal if asked."""

    def __init__(self, x_title: str, y_title: str, *, diagonal: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._titles, self._diagonal = (x_title, y_title), diagonal
        self.curves: tuple[ShareCurve, ...] = ()
        self._nothing = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_curves(self, curves: Sequence[ShareCurve], nothing: str = "") -> None:
        """Show these, or why there are none."""
        self.curves, self._nothing = tuple(curves), nothing
        lines = [f"{curve.title}: {curve.says}" for curve in curves]
        self.setAccessibleDescription("\n".join(lines) or nothing)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(560, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 220)

    def _top(self) -> float:
        """Where the y axis ends."""
        most = max((y for curve in self.curves for _, y in curve.points), default=1.0)
        if self._diagonal or most > 0.5:
            return 1.0
        return max(0.02, 1.1 * most)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.small_font(self.font()))
        unit = theme.UNIT
        if not self.curves:
            painter.setPen(theme.colour("faint"))
            box = QRectF(self.rect()).adjusted(2 * unit, 0, -2 * unit, 0)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(box, flags, self._nothing)
            return
        legend = min(30 * unit, int(0.42 * self.width()))
        room = QRectF(
            7 * unit, 4 * unit, self.width() - 9 * unit - legend, self.height() - 10 * unit
        )
        self._axes(painter, room)
        for place, curve in enumerate(self.curves):
            self._curve(painter, room, curve)
            self._name(
                painter, QPointF(room.right() + 2 * unit, room.top() + 5 * place * unit), curve
            )

    def _at(self, room: QRectF, x: float, y: float) -> QPointF:
        up = y / self._top()
        return QPointF(room.left() + x * room.width(), room.bottom() - up * room.height())

    def _axes(self, painter: QPainter, room: QRectF) -> None:
        unit, top = theme.UNIT, self._top()
        for step in range(5):
            share = step / 4
            point = self._at(room, share, share * top)
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.drawLine(QPointF(room.left(), point.y()), QPointF(room.right(), point.y()))
            painter.setPen(theme.colour("faint"))
            box = QRectF(0, point.y() - unit, room.left() - unit, 2 * unit)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, flags, f"{share * top:.3g}")
            if step % 2 and room.width() < 24 * unit:
                continue  # in a narrow plot they would run into each other
            foot = QRectF(point.x() - 3 * unit, room.bottom() + unit / 2, 6 * unit, 2 * unit)
            painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter, f"{share:g}")
        beyond = max(0.0, 24 * unit - room.width()) / 2
        foot = QRectF(room.left(), room.bottom() + 3 * unit, room.width(), 2 * unit)
        foot.adjust(-beyond, 0, beyond, 0)
        painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter, self._titles[0])
        painter.drawText(QRectF(unit, unit / 2, 30 * unit, 2 * unit), 0, self._titles[1])
        if self._diagonal:
            painter.setPen(QPen(theme.colour("faint"), theme.stroke(1), Qt.PenStyle.DotLine))
            painter.drawLine(self._at(room, 0, 0), self._at(room, 1, 1))

    def _curve(self, painter: QPainter, room: QRectF, curve: ShareCurve) -> None:
        style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
        painter.setPen(QPen(_ink(curve), theme.stroke(2), style))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF([self._at(room, x, y) for x, y in curve.points]))
        if self._diagonal and len(curve.points) <= DOTS:
            painter.setBrush(_ink(curve))
            for x, y in curve.points:
                painter.drawEllipse(self._at(room, x, y), 3, 3)

    def _name(self, painter: QPainter, at: QPointF, curve: ShareCurve) -> None:
        unit = theme.UNIT
        style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
        painter.setPen(QPen(_ink(curve), theme.stroke(2), style))
        painter.drawLine(QPointF(at.x(), at.y() + unit), QPointF(at.x() + 3 * unit, at.y() + unit))
        painter.setPen(theme.colour("text"))
        room = int(self.width() - at.x() - 5 * unit)
        for line, text in enumerate((curve.title, curve.says)):
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(at.x() + 4 * unit, at.y() + (1.5 + 2 * line) * unit), text)
            painter.setPen(theme.colour("faint"))


def _ink(curve: ShareCurve) -> QColor:
    return theme.legible(theme.family_colour(curve.family), theme.colour("raised"))


class Confusion(QFrame):
    """Counts (classes, classes), rows the true class; `chosen(row, column)` by a click or Enter."""

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._names: tuple[str, ...] = ()
        self.current: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Confusion matrix")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_counts(self, names: Sequence[str], counts: NDArray[np.int64]) -> None:
        """Show these."""
        self._names, self.counts = tuple(names), counts
        wrong = int(counts.sum() - np.trace(counts))
        self.setAccessibleDescription(f"{int(counts.sum())} pictures, {wrong} of them read wrongly")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(380, 380)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 240)

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell is."""
        unit, n = theme.UNIT, max(1, len(self.counts))
        side = min(self.width() - 6 * unit, self.height() - 7 * unit) / n
        return QRectF(5 * unit + column * side, 4 * unit + row * side, side, side)

    def _under(self, at: QPointF) -> tuple[int, int] | None:
        n = len(self.counts)
        cells = ((r, c) for r in range(n) for c in range(n))
        return next((cell for cell in cells if self.cell(*cell).contains(at)), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (cell := self._under(event.position())) is not None:
            self._choose(cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if (cell := self._under(event.position())) is not None:
            QToolTip.showText(event.globalPosition().toPoint(), self.said(*cell), self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is None or not len(self.counts):
            super().keyPressEvent(event)
            return
        row, column = self.current or (0, 0)
        last = len(self.counts) - 1
        self._choose((min(max(row + move[0], 0), last), min(max(column + move[1], 0), last)))

    def _choose(self, cell: tuple[int, int]) -> None:
        self.current = cell
        self.update()
        self.chosen.emit(*cell)

    def said(self, row: int, column: int) -> str:
        """A cell in words."""
        count = int(self.counts[row, column])
        return f"{count} pictures of {self._names[row]} read as {self._names[column]}"

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(theme.small_font(self.font()))
        unit, n = theme.UNIT, len(self.counts)
        painter.setPen(theme.colour("faint"))
        painter.drawText(
            QRectF(unit, 0, self.width(), 2 * unit), 0, "rows: true class · columns: read"
        )
        for row in range(n):
            total = max(1, int(self.counts[row].sum()))
            for column in range(n):
                self._paint_cell(painter, row, column, int(self.counts[row, column]) / total)
            side = self.cell(row, row)
            left = QRectF(0, side.top(), 4.5 * unit, side.height())
            painter.setPen(theme.colour("faint"))
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(left, flags, self._names[row])
            above = QRectF(side.left(), 2 * unit, side.width(), 2 * unit)
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, self._names[row])

    def _paint_cell(self, painter: QPainter, row: int, column: int, share: float) -> None:
        cell = self.cell(row, column).adjusted(0.5, 0.5, -0.5, -0.5)
        ink = theme.colour("accent" if row == column else "danger")
        strong = 0.85 * share if row == column else min(1.0, 0.15 + 2 * share) * (share > 0)
        fill = theme.mix(theme.colour("well"), ink, strong)
        painter.fillRect(cell, fill)
        if (count := int(self.counts[row, column])) > 0:
            painter.setPen(theme.legible(theme.colour("text"), fill))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, str(count))
        if (row, column) == self.current:
            painter.setPen(QPen(theme.colour("text"), theme.stroke(2)))
            painter.drawRect(cell)
