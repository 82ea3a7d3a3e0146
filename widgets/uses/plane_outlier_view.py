"""The page of outliers for points: a map of p-values for each model, flagged outside a line."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from widgets.controls.help_mark import HelpMark
from widgets.controls.slider import Slider
from widgets.look import lay, theme
from widgets.look.colours import Scale
from widgets.look.frames import card, scrolled
from widgets.look.labels import small_print
from widgets.plots.colour_bar import ColourBar
from widgets.plots.heat_panel import HeatPanel
from widgets.uses.outlier_view import LEFT_WIDTH, RATES
from widgets.uses.plane_panels import PlanePanels

SCALE = Scale(-3.0, 0.0)
_HELP = (
    "Where would a new point be strange? The p-value of a place is the share of held-out points "
    "that are at most as likely there as it: p = (1 + #{sᵢ ≥ s}) / (n + 1) of s = −log p(x). "
    "Outside the line a point is flagged, with the false-alarm rate chosen."
)


class PlaneOutlierView(QWidget):
    """`looked` when another rate is asked for."""

    looked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.maps = PlanePanels(_panel, self)
        self.rate, self.rate_says = Slider(self), QLabel(self)
        self.points, self.bar = QCheckBox("Held-out points", self), ColourBar(self)
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
        head = lay.across(title, HelpMark(_HELP, "conformal p"), lay.STRETCH, spacing=None)
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
        lay.down((self.maps, 1), self.bar, on=middle)
        controls = card(scrolled(left), least=LEFT_WIDTH)
        controls.setMaximumWidth(theme.px(LEFT_WIDTH))
        lay.across(controls, (middle, 1), on=self)
        self.rate.valueChanged.connect(self.looked)
        self.points.toggled.connect(self.looked)

    def false_alarms(self) -> float:
        """The rate asked, in (0, 1)."""
        return RATES[self.rate.value()] / 100


def _panel() -> HeatPanel:
    made = HeatPanel()
    made.map.set_scale(SCALE)
    made.map.setToolTip("log₁₀ of the p-value of −log p. Wheel zooms, dragging pans.")
    return made
