"""Where examples lie among held-out ones: a histogram of their p-values, strangest on the left.

Held-out examples lie evenly along this axis, whatever the score: the dashed line is theirs.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from widgets.look import theme

BINS = 20
_LEAST, _MOST = 1e-3, 1.0
Floats = npt.NDArray[np.float64]


class RankHistogram(QFrame):
    """p-values on a logarithmic axis 0.001 … 1. A press or drag moves the threshold: `moved`; the
    arrow keys ask for the next (1) or previous (-1) rate: `stepped`."""

    moved = Signal(float)
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.whose = ""
        """The model that it is about."""
        self._p: Floats = np.empty(0)
        self._family, self._rate = "", 0.05
        self.setProperty("card", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(
            "p-values of the pictures: 0.05 means that 5 % of held-out pictures are at least as "
            "strange. The dashed line is where held-out pictures would be. Drag to move the "
            "threshold in all columns."
        )

    def show_values(self, p: Floats, family: str, rate: float) -> None:
        """Show p-values (n,) in the colour of a family, with the threshold at `rate`."""
        self._p, self._family, self._rate = np.asarray(p), family, rate
        flagged = int((self._p <= rate).sum())
        whose = f"{self.whose}: " if self.whose else ""
        self.setAccessibleName(f"{whose}{flagged} of {len(self._p)} pictures flagged")
        self.update()

    def flagged(self) -> tuple[int, int]:
        """How many of how many pictures are left of the threshold."""
        return int((self._p <= self._rate).sum()), len(self._p)

    def sizeHint(self) -> QSize:
        return QSize(160, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(90, 70)

    def x_of(self, p: float) -> float:
        """Where a p-value is, in pixels from the left."""
        room = self._room()
        share = math.log(max(p, _LEAST) / _LEAST) / math.log(_MOST / _LEAST)
        return room.left() + share * room.width()

    def _p_at(self, x: float) -> float:
        room = self._room()
        share = min(1.0, max(0.0, (x - room.left()) / max(1.0, room.width())))
        return float(_LEAST * (_MOST / _LEAST) ** share)

    def _room(self) -> QRectF:
        unit = theme.UNIT
        return QRectF(self.rect()).adjusted(unit, unit, -unit, -2.5 * unit)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.moved.emit(self._p_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.moved.emit(self._p_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(by)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), theme.stroke(2)))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 4, 4)
        room = self._room()
        edges = np.geomspace(_LEAST, _MOST, BINS + 1)
        counts, _ = np.histogram(np.clip(self._p, _LEAST * 1.0001, _MOST), edges)
        even = np.diff(edges)
        even[0] += _LEAST
        shares = counts / max(1, len(self._p))
        top = max(float(shares.max(initial=0.0)), float(even.max()), 1e-9)
        ink = theme.family_colour(self._family)
        step = room.width() / BINS
        for i, share in enumerate(shares):
            high = share / top * room.height()
            bar = QRectF(room.left() + i * step + 0.5, room.bottom() - high, step - 1, high)
            within = edges[i + 1] <= self._rate * 1.0001
            painter.fillRect(bar, theme.colour("danger") if within else ink)
        painter.setPen(QPen(theme.colour("faint"), theme.stroke(1), Qt.PenStyle.DashLine))
        for i, share in enumerate(even):
            y = room.bottom() - share / top * room.height()
            painter.drawLine(
                QPointF(room.left() + i * step, y), QPointF(room.left() + (i + 1) * step, y)
            )
        painter.setPen(QPen(theme.colour("text"), theme.stroke(1.5)))
        at = self.x_of(self._rate)
        painter.drawLine(QPointF(at, room.top()), QPointF(at, room.bottom()))
        self._axis(painter, room)

    def _axis(self, painter: QPainter, room: QRectF) -> None:
        unit = theme.UNIT
        painter.setFont(theme.small_font(self.font()))
        painter.setPen(theme.colour("faint"))
        painter.drawLine(room.bottomLeft(), room.bottomRight())
        for p, side in (
            (0.001, Qt.AlignmentFlag.AlignLeft),
            (0.01, Qt.AlignmentFlag.AlignHCenter),
            (0.1, Qt.AlignmentFlag.AlignHCenter),
            (1.0, Qt.AlignmentFlag.AlignRight),
        ):
            x = self.x_of(p)
            left = {Qt.AlignmentFlag.AlignLeft: x, Qt.AlignmentFlag.AlignRight: x - 6 * unit}
            box = QRectF(left.get(side, x - 3 * unit), room.bottom() + 2, 6 * unit, 2 * unit)
            painter.drawText(box, side, f"{p:g}")
