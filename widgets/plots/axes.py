"""The axes of every plot: thin, small and faint, with their names where they have any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import pyqtgraph as pg
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QGraphicsGridLayout, QSizePolicy, QWidget

from widgets.look import theme

Box: TypeAlias = tuple[float, float, float, float]
"""x0, x1, y0, y1 in data units."""


class Axis(pg.AxisItem):  # type: ignore[misc]
    """Writes a minus as a minus, and no "(x 0.001)" beside its name.

    With `turned` its numbers count down from there.
    """

    turned: float | None = None

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.enableAutoSIPrefix(False)  # it would write the name anew whenever the view moves

    def tickValues(
        self, low: float, high: float, size: float
    ) -> list[tuple[float, Sequence[float]]]:
        top = self.turned
        if top is None:
            return super().tickValues(low, high, size)  # type: ignore[no-any-return]
        found = super().tickValues(top - high, top - low, size)
        # at the edge a number would be cut
        edge = high - 0.02 * (high - low)
        return [(step, [top - v for v in values if top - v < edge]) for step, values in found]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self.turned is not None:
            values = [self.turned - value for value in values]
        return [text.replace("-", "−") for text in super().tickStrings(values, scale, spacing)]


class Plot(pg.GraphicsView):  # type: ignore[misc]
    """A view with an axis below and one to its left.

    A pg.PlotWidget makes the forms of its menus as well, which nobody sees: 20 of its 27 ms.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.enableMouse(False)  # the view moves by itself, not the scene with all in it
        self._view = pg.ViewBox(enableMenu=False)
        self._axes = {side: Axis(side) for side in ("left", "bottom")}
        middle, layout = pg.GraphicsWidget(), QGraphicsGridLayout()
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addItem(self._view, 0, 1)
        for side, (row, column) in {"left": (0, 0), "bottom": (1, 1)}.items():
            self._axes[side].linkToView(self._view)
            self._axes[side].setZValue(-1000)  # what is shown lies over lines of the axes
            layout.addItem(self._axes[side], row, column)
        layout.setRowStretchFactor(0, 100)
        layout.setColumnStretchFactor(1, 100)
        middle.setLayout(layout)
        self.setCentralItem(middle)

    def getViewBox(self) -> pg.ViewBox:
        """What moves."""
        return self._view

    def getAxis(self, side: str) -> Axis:
        """The axis "left" or "bottom"."""
        return self._axes[side]


def turn(plot: Plot, top: float) -> None:
    """Let the numbers on the left count down from `top`."""
    plot.getAxis("left").turned = top


def dress(plot: Plot, font: QFont, *, gap: int = 4) -> None:
    """Dress the left and the bottom axis in the palette in force; `gap` is before the numbers."""
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(theme.colour("line"))
        axis.setTextPen(theme.colour("faint"))
        axis.setStyle(tickFont=theme.small_font(font), tickLength=-3, tickTextOffset=gap)
        axis.setStyle(maxTickLevel=0)
    plot.getAxis("left").setWidth(4 * theme.UNIT + _named(plot, "left", font))
    below = _named(plot, "bottom", font)
    plot.getAxis("bottom").setHeight(theme.px(20) + below)


def name(plot: Plot, font: QFont, across: str, up: str) -> None:
    """Write what the axes are beside them, "" for nothing."""
    for side, text in (("bottom", across), ("left", up)):
        if plot.getAxis(side).labelText != text:
            plot.getAxis(side).setLabel(text)
            plot.getAxis(side).showLabel(bool(text))
    dress(plot, font)


def _named(plot: Plot, side: str, font: QFont) -> int:
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
