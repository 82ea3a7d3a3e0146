"""The colour scale that all maps share, with numbers and a unit."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.look import theme
from widgets.look.colours import Scale
from widgets.look.images import image_of

_HEIGHT, _TICKS = 12, (5, 3, 2)


class ColourBar(QWidget):
    """From the lowest value on the left to the highest on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale: Scale | None = None
        self._unit = ""
        self.setFont(theme.small_font(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_scale(self, scale: Scale | None, unit: str) -> None:
        """Show a scale, None for nothing yet."""
        self._scale, self._unit = scale, unit
        if scale is not None:
            self.setToolTip(f"Colours of all maps from {self.label(0)} to {self.label(1)} {unit}.")
            self.setAccessibleName(f"Colour scale: {self.label(0)} to {self.label(1)} {unit}")
        self.update()

    def scale(self) -> Scale | None:
        return self._scale

    def label(self, share: float) -> str:
        """The number at a share of the bar."""
        if self._scale is None:
            return ""
        low, high = self._scale.low, self._scale.high
        if self._scale.exponential:
            low, high = float(np.exp(low)), float(np.exp(high))
        return f"{low + share * (high - low):.3g}".replace("-", "−")

    def sizeHint(self) -> QSize:
        return QSize(320, _HEIGHT + self.fontMetrics().height() + theme.UNIT // 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._scale is None:
            return
        painter = QPainter(self)
        metrics = painter.fontMetrics()
        words = metrics.horizontalAdvance(self._unit) + theme.UNIT
        wide = max(80, self.width() - words)
        low, high = self._scale.low, self._scale.high
        ramp = np.linspace(low, high, 256, dtype=np.float32)[None].repeat(2, 0)
        if self._scale.exponential:  # even steps of density
            ends = float(np.exp(low)), float(np.exp(high))
            ramp = (
                np.log(np.linspace(ends[0], ends[1], 256).clip(1e-30))
                .astype(np.float32)[None]
                .repeat(2, 0)
            )
        painter.drawImage(QRectF(0, 0, wide, _HEIGHT), image_of(self._scale.colours(ramp), 256))
        painter.setPen(theme.colour("faint"))
        painter.drawText(
            QRectF(wide + theme.UNIT, 0, words, _HEIGHT), Qt.AlignmentFlag.AlignVCenter, self._unit
        )
        top = _HEIGHT + 2
        widest = max(metrics.horizontalAdvance(self.label(i / 4)) for i in range(5))
        ticks = next((n for n in _TICKS if n * (widest + theme.UNIT) <= wide), _TICKS[-1])
        for tick in range(ticks):
            share = tick / (ticks - 1)
            text = self.label(share)
            size = metrics.horizontalAdvance(text)
            left = min(max(0.0, share * wide - size / 2), wide - size)
            painter.drawText(QRectF(left, top, size + 2, metrics.height()), 0, text)
