"""log p of the same examples under two models as a scatter of points; a click chooses one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from widgets.look import theme

Floats = npt.NDArray[np.float64]
_NEAR = 12.0


class RankScatter(QFrame):
    """Ranks on both axes, likelier to the right and above.

    `chosen(i)` follows a click, and the arrow keys, which go from left to right.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._x: Floats = np.empty(0)
        self._y: Floats = np.empty(0)
        self._titles, self._current = ("", ""), -1
        self.setEnabled(False)
        self.setToolTip("Each point is a held-out example: its rank by log p under both models.")

    def show_points(self, x: Floats, y: Floats, titles: tuple[str, str]) -> None:
        """Ranks (n,) of both models, scaled to 0 … 1."""
        self._x, self._y, self._titles, self._current = x, y, titles, -1
        self.setEnabled(len(x) > 0)
        named = f"log p under {titles[0]} and {titles[1]}"
        self.setAccessibleName(named if len(x) else "Scatter of log p: no two models yet")
        self.update()

    def at(self, i: int) -> QPointF:
        """Where a point is."""
        room = self._room()
        across, up = float(self._x[i]) * room.width(), float(self._y[i]) * room.height()
        return QPointF(room.left() + across, room.bottom() - up)

    def current(self) -> int:
        """The point chosen, −1 for none."""
        return self._current

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 160)

    def _room(self) -> QRectF:
        unit = theme.UNIT
        return QRectF(self.rect()).adjusted(4 * unit, 2 * unit, -2 * unit, -4 * unit)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton or not len(self._x):
            return
        away = [(self.at(i) - event.position()).manhattanLength() for i in range(len(self._x))]
        if min(away) <= _NEAR:
            self._choose(int(np.argmin(away)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if by is None or not len(self._x):
            super().keyPressEvent(event)
            return
        order = np.argsort(self._x, kind="stable").tolist()
        now = order.index(self._current) if self._current >= 0 else -by
        self._choose(order[(now + by) % len(order)])

    def _choose(self, i: int) -> None:
        self._current = i
        self.update()
        self.chosen.emit(i)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room, unit = self._room(), theme.UNIT
        painter.setPen(QPen(theme.colour("line"), 1))
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), theme.stroke(2)))
        painter.drawRect(room)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawLine(room.bottomLeft(), room.topRight())
        painter.setFont(theme.small_font(self.font()))
        painter.setPen(theme.colour("text"))
        below = QRectF(room.left(), room.bottom() + unit / 2, room.width(), 3 * unit)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, f"{self._titles[0]}: likelier →")
        painter.save()
        painter.translate(room.left() - 3 * unit, room.bottom())
        painter.rotate(-90)
        side = QRectF(0, 0, room.height(), 3 * unit)
        painter.drawText(side, Qt.AlignmentFlag.AlignHCenter, f"{self._titles[1]}: likelier →")
        painter.restore()
        painter.setPen(Qt.PenStyle.NoPen)
        ink = theme.colour("accent")
        ink.setAlpha(170)
        painter.setBrush(ink)
        for i in range(len(self._x)):
            painter.drawEllipse(self.at(i), 3.5, 3.5)
        if self._current >= 0:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("text"), theme.stroke(2)))
            painter.drawEllipse(self.at(self._current), 6, 6)
