"""The axes of every plot: thin, small and faint, with their names where they have any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import pyqtgraph as pg
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QWidget

from widgets.look import theme

Box: TypeAlias = tuple[float, float, float, float]
"""x0, x1, y0, y1 in data units."""


class Axis(pg.AxisItem):  # type: ignore[misc]
    """Writes a minus as a minus."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return [text.replace("-", "−") for text in super().tickStrings(values, scale, spacing)]


def plot(parent: QWidget) -> pg.PlotWidget:
    """A plot without a menu of its own."""
    sides = {side: Axis(side) for side in ("left", "bottom")}
    return pg.PlotWidget(parent, enableMenu=False, axisItems=sides)


def dress(plot: pg.PlotWidget, font: QFont, *, gap: int = 4) -> None:
    """Dress the left and the bottom axis in the palette in force; `gap` is before the numbers."""
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(theme.colour("line"))
        axis.setTextPen(theme.colour("faint"))
        axis.setStyle(tickFont=theme.small_font(font), tickLength=-3, tickTextOffset=gap)
        axis.setStyle(maxTickLevel=0)
    plot.getAxis("left").setWidth(4 * theme.UNIT + _named(plot, "left", font))
    below = _named(plot, "bottom", font)
    plot.getAxis("bottom").setHeight(theme.px(20) + below if below else None)


def name(plot: pg.PlotWidget, font: QFont, across: str, up: str) -> None:
    """Write what the axes are beside them, "" for nothing."""
    for side, text in (("bottom", across), ("left", up)):
        if plot.getAxis(side).labelText != text:
            plot.setLabel(side, text)
            plot.getAxis(side).showLabel(bool(text))
    dress(plot, font)


def _named(plot: pg.PlotWidget, side: str, font: QFont) -> int:
    """The room that the name of an axis takes, 0 without one."""
    axis, small = plot.getAxis(side), theme.small_font(font)
    if not axis.labelText:
        return 0
    axis.label.setFont(small)
    axis.label.setDefaultTextColor(theme.colour("faint"))
    return QFontMetrics(small).height()


def shows_all(view: Box, home: Box) -> bool:
    """Whether a view is the home view: all of it, and along one axis hardly more."""
    wide, high = home[1] - home[0], home[3] - home[2]
    ends = (view[0] - home[0], home[1] - view[1], view[2] - home[2], home[3] - view[3])
    inside = max(ends[0], ends[1]) <= 0.01 * wide and max(ends[2], ends[3]) <= 0.01 * high
    return inside and (view[1] - view[0] <= 1.01 * wide or view[3] - view[2] <= 1.01 * high)
