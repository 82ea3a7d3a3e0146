"""Maps of the plane side by side, one a model, whose views are linked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from widgets.look import lay
from widgets.look.frames import keep_only
from widgets.plots.heat_panel import HeatPanel


class PlanePanels(QWidget):
    """`retry_wanted` carries a model's name; `makes` makes the panel of each."""

    retry_wanted = Signal(str)

    def __init__(self, makes: Callable[[], HeatPanel], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panels: dict[str, HeatPanel] = {}
        self.axes = ("x₁", "x₂")
        self._makes, self._grid = makes, QGridLayout(self)
        lay.bare(self._grid)

    def set_models(self, models: Sequence[tuple[str, str, str]]) -> None:
        """A panel a model: name, title, family; those that stay are kept."""
        names = [name for name, _, _ in models]
        keep_only(self.panels, names)
        for name, title, family in models:
            if name not in self.panels:
                panel = self.panels[name] = self._makes()
                panel.map.set_axes(*self.axes)
                panel.set_identity(title, family, closable=False)
                panel.retry_wanted.connect(lambda name=name: self.retry_wanted.emit(name))
                panel.map.view_moved.connect(self._follow)
        across = 1 if len(names) < 2 else 2 if len(names) < 5 else 3
        rows = -(-len(names) // across)
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, int(row < rows))
        for place, name in enumerate(names):
            self._grid.setRowStretch(place // across, 1)
            self._grid.addWidget(self.panels[name], place // across, place % across)

    def _follow(self, x0: float, x1: float, y0: float, y1: float) -> None:
        for panel in self.panels.values():
            if panel.map is not self.sender():
                panel.map.follow(x0, x1, y0, y1)
