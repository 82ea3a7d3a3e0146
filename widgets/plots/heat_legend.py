"""The bar of colours below a heat map: what they stand for, in which unit."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.look import theme
from widgets.look.images import image_of
from widgets.plots.heat import coloured

_BAR = 7


class HeatLegend(QWidget):
    """ "sd 0 ▆▆▆ 0.5 of full range" on one line; where that has no room, without the unit."""

    def __init__(self, name: str, unit: str, most: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._unit, self._most = name, unit, most
        self._ramp = coloured(np.linspace(0, 1, 256)[None], 1.0)
        self.setFont(theme.small_font(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        words = f"{name} from 0 to {most:g} {unit}"
        self.setToolTip(f"Colours of {words}; larger values are shown as {most:g}.")
        self.setAccessibleName(words)

    def sizeHint(self) -> QSize:
        return QSize(15 * theme.UNIT, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, metrics = QPainter(self), self.fontMetrics()
        gap = theme.UNIT // 2
        left, right = f"{self._name} 0", f"{self._most:g}"
        whole = f"{right} {self._unit}"
        taken = metrics.horizontalAdvance(left) + 2 * gap
        if self.width() - taken - metrics.horizontalAdvance(whole) >= 5 * theme.UNIT:
            right = whole
        end = self.width() - metrics.horizontalAdvance(right)
        painter.setPen(theme.colour("faint"))
        flags = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), flags | Qt.AlignmentFlag.AlignLeft, left)
        painter.drawText(self.rect(), flags | Qt.AlignmentFlag.AlignRight, right)
        start = metrics.horizontalAdvance(left) + gap
        bar = QRectF(start, (self.height() - _BAR) / 2, end - gap - start, _BAR)
        if bar.width() > 0:
            painter.drawImage(bar, image_of(self._ramp, 256))
        painter.end()
