"""The page of outliers for points: a map of p-values for each model, flagged outside a line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from widgets.controls.help_mark import HelpMark
from widgets.controls.slider import Slider
from widgets.look import lay, theme
from widgets.look.colours import Scale
from widgets.look.frames import card, keep_only, scrolled
from widgets.look.labels import small_print
from widgets.plots.colour_bar import ColourBar
from widgets.plots.heat_panel import HeatPanel
from widgets.uses.outlier_view import LEFT_WIDTH, RATES

SCALE = Scale(-3.0, 0.0)
_HELP = (
    "Where would a new point be strange? The p-value of a place is the share of held-out points "
    "that are at most as likely there as it: p = (1 + #{sᵢ ≥ s}) / (n + 1) of s = −log p(x). "
    "Outside the line a point is flagged, with the false-alarm rate chosen."
)


class PlaneOutlierView(QWidget):
    """`looked` when another rate is asked for; `retry_wanted` carries a model's name."""

    looked = Signal()
    retry_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panels: dict[str, HeatPanel] = {}
        self.rate, self.rate_says = Slider(self), QLabel(self)
        self.points, self.bar = QCheckBox("Held-out points", self), ColourBar(self)
        self._grid = QGridLayout()
        unit = theme.UNIT
        self.rate.setOrientation(Qt.Orientation.Horizontal)
        self.rate.setRange(0, len(RATES) - 1)
        self.rate.setValue(RATES.index(5.0))
        self.rate.setAccessibleName("False-alarm rate")
        self.rate.setToolTip("Which share of held-out points may be flagged by mistake.")
        self.points.setChecked(True)
        self.points.setToolTip("Draw the held-out points over the maps.")
        self.bar.set_scale(SCALE, "log₁₀ p")
        small_print(self.rate_says, wrap=True)
        left, middle = QWidget(self), QWidget(self)
        title = QLabel("Strange places", left)
        title.setFont(theme.title_font(self.font()))
        head = lay.across(title, HelpMark(_HELP), lay.STRETCH, spacing=None)
        lay.down(
            head,
            QLabel("False-alarm rate", left),
            self.rate,
            self.rate_says,
            self.points,
            lay.STRETCH,
            on=left,
            margins=unit,
        )
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(unit)
        lay.down((self._grid, 1), self.bar, on=middle)
        controls = card(scrolled(left), least=LEFT_WIDTH)
        controls.setMaximumWidth(LEFT_WIDTH)
        lay.across(controls, (middle, 1), on=self)
        self.rate.valueChanged.connect(self.looked)
        self.points.toggled.connect(self.looked)

    def false_alarms(self) -> float:
        """The rate asked, in (0, 1)."""
        return RATES[self.rate.value()] / 100

    def set_panels(self, models: Sequence[tuple[str, str, str]]) -> None:
        """A panel a model: name, title, family; those that stay are kept."""
        names = [name for name, _, _ in models]
        keep_only(self.panels, names)
        for name, title, family in models:
            if name not in self.panels:
                panel = self.panels[name] = HeatPanel(self)
                panel.set_identity(title, family, closable=False)
                panel.map.set_scale(SCALE)
                panel.map.setToolTip("log₁₀ of the p-value of −log p. Wheel zooms, dragging pans.")
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
