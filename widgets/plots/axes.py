"""The axes of every plot: thin, small and faint."""

from __future__ import annotations

from typing import TypeAlias

import pyqtgraph as pg
from PySide6.QtGui import QFont

from widgets.look import theme

Box: TypeAlias = tuple[float, float, float, float]
"""x0, x1, y0, y1 in data units."""


def dress(plot: pg.PlotWidget, font: QFont, *, gap: int = 4) -> None:
    """Dress the left and the bottom axis in the palette in force; `gap` is before the numbers."""
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(theme.colour("line"))
        axis.setTextPen(theme.colour("faint"))
        axis.setStyle(tickFont=theme.small_font(font), tickLength=-3, tickTextOffset=gap)
        axis.setStyle(maxTickLevel=0)
    plot.getAxis("left").setWidth(4 * theme.UNIT)


def shows_all(view: Box, home: Box) -> bool:
    """Whether a view is the home view: all of it, and along one axis hardly more."""
    wide, high = home[1] - home[0], home[3] - home[2]
    ends = (view[0] - home[0], home[1] - view[1], view[2] - home[2], home[3] - view[3])
    inside = max(ends[0], ends[1]) <= 0.01 * wide and max(ends[2], ends[3]) <= 0.01 * high
    return inside and (view[1] - view[0] <= 1.01 * wide or view[3] - view[2] <= 1.01 * high)
