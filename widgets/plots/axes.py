"""The axes of every plot: thin, small and faint."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtGui import QFont

from widgets.look import theme


def dress(plot: pg.PlotWidget, font: QFont, *, gap: int = 4) -> None:
    """Dress the left and the bottom axis in the palette in force; `gap` is before the numbers."""
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(theme.colour("line"))
        axis.setTextPen(theme.colour("faint"))
        axis.setStyle(tickFont=theme.small_font(font), tickLength=-3, tickTextOffset=gap)
        axis.setStyle(maxTickLevel=0)
    plot.getAxis("left").setWidth(4 * theme.UNIT)
