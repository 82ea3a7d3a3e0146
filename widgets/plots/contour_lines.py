"""Contour lines over a heat map, with what each stands for written on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QFont

from widgets.look import theme
from widgets.look.colours import Scale
from widgets.plots.contours import Segments, segments

_WIDTHS = (1.4, 1.0, 0.6)
_PIXELS = 256
"""A map is thinned to at most so many pixels a side before lines are drawn in it."""
_BRIGHT = 0.6
"""Where the colours of a map are so bright that lines over them are dark."""
NAMES = ("50 %", "90 %", "99 %")
"""The share of the mass that lies inside of each of three lines."""
LEAST = 200
"""Pixels across that a view has at least for names to stand in it."""
_ANGLES = (0.5, 1.0, -0.5)
_ANCHORS = ((0.5, 1.0), (1.0, 0.5), (0.5, 0.0))
"""Of the half turn from the right over the top: where on its line a name stands, so that names of
neighbouring lines keep apart; and which of their points lies there, so that they stand outside."""


class ContourLines:
    """Up to three lines, from thick to thin, on a view of pyqtgraph."""

    def __init__(self, view: pg.ViewBox) -> None:
        self._view = view
        self._spots: list[tuple[float, float] | None] = [None] * len(NAMES)
        self._lines = [pg.PlotCurveItem(connect="pairs") for _ in _WIDTHS]
        self._names = [pg.TextItem(anchor=anchor) for anchor in _ANCHORS]
        for item in (*self._lines, *self._names):
            view.addItem(item, ignoreBounds=True)
        for signal in (view.sigResized, view.sigRangeChanged):
            signal.connect(lambda *_: self._place())

    def dress(self, scale: Scale, levels: Sequence[float], font: QFont) -> None:
        """Dark where the map is bright, thicker round less mass."""
        small = theme.small_font(theme.small_font(font))
        for place, (line, name) in enumerate(zip(self._lines, self._names, strict=True)):
            tone = ink(scale, levels[place] if place < len(levels) else scale.low)
            line.setPen(pg.mkPen(tone, width=theme.stroke(_WIDTHS[place])))
            dark = tone.lightness() < 128
            name.setColor(QColor("#1B1F27" if dark else "#FFFFFF"))
            name.fill = pg.mkBrush(QColor(255, 255, 255, 190) if dark else QColor(0, 0, 0, 150))
            name.setFont(small)

    def trace(
        self,
        values: NDArray[np.float32] | None,
        box: tuple[float, float, float, float],
        levels: Sequence[float],
        *,
        named: bool,
    ) -> None:
        """Draw where values (H, W) on a box cross the levels; `named` as shares of the mass."""
        for place, (line, name) in enumerate(zip(self._lines, self._names, strict=True)):
            ends = np.empty((0, 2))
            if values is not None and place < len(levels):
                ends = _crossed(values, box, levels[place])
            line.setData(ends[:, 0], ends[:, 1])
            self._spots[place] = _outermost(ends, place) if named and len(ends) else None
            name.setText(NAMES[place])
        self._place()

    def _place(self) -> None:
        """Names stand at their lines and within the view; in a small one they would hide it."""
        view = self._view.viewRect()  # its top is the lowest y
        across, up = self._view.viewPixelSize()
        roomy = self._view.width() >= LEAST
        for name, spot, (ax, ay) in zip(self._names, self._spots, _ANCHORS, strict=True):
            name.setVisible(roomy and spot is not None)
            if spot is None:
                continue
            size = name.textItem.boundingRect()
            wide, high = size.width() * across, size.height() * up
            left = min(max(spot[0] - ax * wide, view.left()), view.right() - wide)
            top = max(min(spot[1] + ay * high, view.bottom()), view.top() + high)
            name.setPos(left + ax * wide, top - ay * high)

    def names(self) -> list[str]:
        """The names in view."""
        return [name.toPlainText() for name in self._names if name.isVisible()]


def ink(scale: Scale, level: float) -> QColor:
    """The colour of a line at a level of a map in these colours."""
    bright = scale.diverging or scale.share(level) > _BRIGHT
    return QColor(40, 44, 52, 190) if bright else QColor(255, 255, 255, 190)


def _crossed(
    values: NDArray[np.float32], box: tuple[float, float, float, float], level: float
) -> Segments:
    """The ends (2 n, 2) of the pieces of a line, in data units."""
    (x0, x1, y0, y1), (high, wide) = box, values.shape
    every = max(1, max(high, wide) // _PIXELS)
    thin = np.ascontiguousarray(values[every // 2 :: every, every // 2 :: every])
    ends = segments(thin, level).reshape(-1, 2) * every + every // 2 + 0.5
    scale = np.array([(x1 - x0) / wide, (y1 - y0) / high])
    placed: Segments = np.array([x0, y0]) + ends * scale
    return placed


def _outermost(ends: Segments, place: int) -> tuple[float, float]:
    """The point of a line that lies furthest in a direction of its own."""
    angle = np.pi * _ANGLES[place]
    at = ends[(ends @ np.array([np.cos(angle), np.sin(angle)])).argmax()]
    return float(at[0]), float(at[1])
