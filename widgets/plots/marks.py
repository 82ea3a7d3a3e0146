"""Ringed points over a heat map, with or without a name each."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont

from widgets.look import theme


class Marks:
    """On a view of pyqtgraph, above what was added before."""

    def __init__(self, view: pg.ViewBox) -> None:
        self._view = view
        self._rings = pg.ScatterPlotItem()
        self._names: list[pg.TextItem] = []
        view.addItem(self._rings, ignoreBounds=True)

    def show(
        self, points: Sequence[tuple[float, float]], names: Sequence[str], font: QFont
    ) -> None:
        """Ring these points; `names` are written beside the first of them."""
        x, y = ([p[i] for p in points] for i in (0, 1))
        self._rings.setData(
            x,
            y,
            size=theme.stroke(9),
            pen=pg.mkPen("#FFFFFF", width=theme.stroke(1.5)),
            brush=pg.mkBrush(47, 111, 235),
        )
        self._rings.setVisible(bool(x))  # pyqtgraph takes a millisecond to paint none
        while len(self._names) < len(names):
            made = pg.TextItem(color="#FFFFFF", anchor=(-0.2, 1.0), fill=QColor(0, 0, 0, 150))
            self._view.addItem(made, ignoreBounds=True)
            self._names.append(made)
        for place, item in enumerate(self._names):
            item.setVisible(place < len(names))
            if place < len(names):
                item.setText(names[place])
                item.setFont(theme.small_font(font))
                item.setPos(*points[place])

    def names(self) -> list[str]:
        """The names in view."""
        return [item.toPlainText() for item in self._names if item.isVisible()]
