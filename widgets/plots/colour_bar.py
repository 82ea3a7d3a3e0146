"""The colour scale that all maps share, with numbers and a unit."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.look import theme
from widgets.look.colours import Scale
from widgets.look.images import image_of

_HEIGHT, _MOST_TICKS = 12, 6


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
            self.setToolTip(f"Colours from {self.label(0)} to {self.label(1)} {unit}.")
            self.setAccessibleName(f"Colour scale: {self.label(0)} to {self.label(1)} {unit}")
        self.update()

    def scale(self) -> Scale | None:
        return self._scale

    def label(self, share: float) -> str:
        """The number at a share of the bar."""
        if self._scale is None:
            return ""
        low, high = self.ends()
        return f"{low + share * (high - low):.3g}".replace("-", "−")

    def ends(self) -> tuple[float, float]:
        """The lowest and the highest number; of an exponential scale, densities."""
        assert self._scale is not None
        low, high = self._scale.low, self._scale.high
        return (math.exp(low), math.exp(high)) if self._scale.exponential else (low, high)

    def ticks(self, wide: float) -> list[tuple[float, str]]:
        """Round numbers, and at which share of a bar so many pixels wide each stands."""
        low, high = self.ends()
        advance = self.fontMetrics().horizontalAdvance
        for most in range(_MOST_TICKS, 1, -1):
            found = [((v - low) / (high - low), text) for v, text in round_numbers(low, high, most)]
            if sum(advance(text) + 2 * theme.UNIT for _, text in found) <= wide:
                return found
        return []

    def sizeHint(self) -> QSize:
        return QSize(320, _HEIGHT + self.fontMetrics().height() + theme.UNIT // 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._scale is None:
            return
        painter = QPainter(self)
        metrics = painter.fontMetrics()
        words = metrics.horizontalAdvance(self._unit) + 2 * theme.UNIT
        words = min(words, self.width() // 2)
        wide = self.width() - words
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
        room = words - theme.UNIT
        unit = metrics.elidedText(self._unit, Qt.TextElideMode.ElideRight, room)
        place = QRectF(wide + theme.UNIT, 0, room, _HEIGHT)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, unit)
        ink = theme.colour("faint")
        for share, text in self.ticks(wide):
            size, x = metrics.horizontalAdvance(text), share * wide
            painter.setPen(ink)
            painter.drawLine(QPointF(x, _HEIGHT), QPointF(x, _HEIGHT + 3))
            left = min(max(0.0, x - size / 2), wide - size)
            painter.drawText(QRectF(left, _HEIGHT + 4, size + 2, metrics.height()), 0, text)


def round_numbers(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """At most so many multiples of 1, 2 or 5 times a power of ten from `low` to `high`, with their
    texts; none where there is no room between the two.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return []
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for step in (f * power for f in (1, 2, 5, 10, 20)):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            digits = max(0, -math.floor(math.log10(step) + 1e-9))
            return [(k * step, _written(k * step, step, digits)) for k in range(first, last + 1)]
    return []


def _written(value: float, step: float, digits: int) -> str:
    text = f"{value:.{digits}f}" if 1e-4 <= step < 1e5 or value == 0 else f"{value:.1e}"
    if value == 0:
        text = "0"
    return text.replace("-", "−")
