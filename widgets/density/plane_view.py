"""The density tab for points: controls on the left, maps in the middle, numbers on the right."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from widgets.density.controls import DensityControls
from widgets.density.numbers import DensityNumbers
from widgets.density.posterior_view import PosteriorView
from widgets.look import lay, theme
from widgets.look.colours import Scale
from widgets.look.frames import card, keep_only, paint_once, scrolled
from widgets.plots.colour_bar import ColourBar
from widgets.plots.heat_panel import HeatPanel

CONTROLS_WIDTH, NUMBERS_WIDTH = 248, 268
ROUND = 66, 110
"""What a panel has beside and above and below its map, in device-independent pixels."""


@dataclass(frozen=True)
class PanelSpec:
    """Whose map a panel shows: "moons/flow", "Flow", its family."""

    name: str
    title: str
    family: str
    closable: bool = True


class PlaneView(QWidget):
    """Maps that pan and zoom together. Signals about one map carry its name first."""

    hovered = Signal(float, float)
    left = Signal()
    clicked = Signal(float, float)
    click_undone = Signal()
    view_moved = Signal()
    close_wanted = Signal(str)
    retry_wanted = Signal(str)
    details_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panels: dict[str, HeatPanel] = {}
        self.controls, self.numbers = DensityControls(self), DensityNumbers(self)
        self.posterior = PosteriorView(self)
        self.bar, self.difference_bar = ColourBar(self), ColourBar(self)
        self._stage, self._grid = QWidget(self), QGridLayout()
        self._arranged: tuple[int, int, list[HeatPanel]] = (0, 0, [])
        self._axes = ("", "")
        self._build()
        self.difference_bar.hide()

    def _build(self) -> None:
        unit = theme.UNIT
        middle, right = QWidget(self), QWidget(self)
        lay.bare(self._grid)
        self._stage.setLayout(self._grid)
        self._stage.installEventFilter(self)
        bars = lay.across((self.bar, 1), (self.difference_bar, 1), spacing=2 * unit)
        lay.down((self._stage, 1), bars, on=middle)
        self.side = lay.down(
            self.numbers, self.posterior, lay.STRETCH, on=right, margins=unit, spacing=2 * unit
        )
        left = card(scrolled(self.controls), least=CONTROLS_WIDTH)
        edge = card(scrolled(right), least=NUMBERS_WIDTH)
        self.splitter = lay.split(
            self,
            (left, 0),
            (middle, 1),
            (edge, 0),
            sizes=(CONTROLS_WIDTH, 3 * NUMBERS_WIDTH, NUMBERS_WIDTH),
        )
        lay.across(self.splitter, on=self, spacing=None)

    def panel(self, name: str) -> HeatPanel | None:
        """The panel of a map, None when it is not shown."""
        return self._panels.get(name)

    def names(self) -> tuple[str, ...]:
        """The maps shown, in reading order."""
        return tuple(self._panels)

    def set_panels(self, specs: tuple[PanelSpec, ...]) -> None:
        """Show these maps; one that stays keeps what it shows."""
        paint_once(self)
        keep_only(self._panels, {spec.name for spec in specs})
        for spec in specs:
            if spec.name not in self._panels:
                self._add(spec)
        self._panels = {spec.name: self._panels[spec.name] for spec in specs}
        self._arrange()

    def set_axes(self, across: str, up: str) -> None:
        """Name the axes of all maps."""
        self._axes = across, up
        for panel in self._panels.values():
            panel.map.set_axes(across, up)

    def set_scales(self, scale: Scale, unit: str) -> None:
        """The colours of all maps but the difference."""
        self.bar.set_scale(scale, unit)
        for panel in self._panels.values():
            if panel.property("diverging") is not True:
                panel.map.set_scale(scale)

    def shown_box(self) -> tuple[float, float, float, float]:
        """The part of the plane that the maps are asked to show, whatever their size."""
        return next(iter(self._panels.values())).map.shown_box()

    def _add(self, spec: PanelSpec) -> None:
        panel = HeatPanel(self)
        panel.set_identity(spec.title, spec.family, closable=spec.closable)
        name, heat = spec.name, panel.map
        heat.set_axes(*self._axes)
        for other in self._panels.values():
            heat.adopt_view(other.map)
            heat.link(other.map)
        heat.hovered.connect(self.hovered)
        heat.left.connect(self.left)
        heat.clicked.connect(self.clicked)
        heat.click_undone.connect(self.click_undone)
        heat.view_moved.connect(self.view_moved)
        panel.close_wanted.connect(lambda: self.close_wanted.emit(name))
        panel.retry_wanted.connect(lambda: self.retry_wanted.emit(name))
        panel.details_wanted.connect(lambda: self.details_wanted.emit(name))
        self._panels[name] = panel

    def set_home(self, box: tuple[float, float, float, float]) -> None:
        """Let all maps show this part of the plane, whatever their size."""
        for panel in self._panels.values():
            panel.map.set_range(*box)
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._arrange()
        return False

    def _arrange(self) -> None:
        """In as many rows as make the maps largest."""
        panels = list(self._panels.values())
        per_row = math.ceil(len(panels) / (rows := self._rows())) or 1
        if (rows, per_row, panels) == self._arranged:
            return
        self._arranged = rows, per_row, panels
        for place in range(max(self._grid.columnCount(), per_row)):
            self._grid.setColumnStretch(place, int(place < per_row))
        for row in range(max(self._grid.rowCount(), rows)):
            self._grid.setRowStretch(row, int(row < rows))
        for place, panel in enumerate(panels):
            self._grid.addWidget(panel, place // per_row, place % per_row)

    def _rows(self) -> int:
        """How many rows make the maps largest, in the shape of what they show."""
        count, (wide, high) = len(self._panels), self._stage.size().toTuple()
        if not count:
            return 1
        x0, x1, y0, y1 = self.shown_box()

        def scale(rows: int) -> float:
            across, down = wide / math.ceil(count / rows), high / rows
            beside, above = map(theme.px, ROUND)
            return min((across - beside) / (x1 - x0), (down - above) / (y1 - y0))

        return max(range(1, count + 1), key=scale)
