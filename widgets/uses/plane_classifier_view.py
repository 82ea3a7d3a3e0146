"""The page of the classifier for points: a map of decisions for each model."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from widgets.controls.help_mark import HelpMark
from widgets.look import lay, theme
from widgets.look.frames import card, scrolled
from widgets.look.labels import small_print
from widgets.plots.heat_panel import HeatPanel
from widgets.uses.class_map import ClassMap
from widgets.uses.classifier_prior import PriorSliders
from widgets.uses.plane_panels import PlanePanels

LEFT_WIDTH = 304
_HELP = (
    "Which class does a place belong to? By Bayes' rule p(c | x) ∝ p(x | c) p(c): every model "
    "that knows p(x | c) is a classifier. Its prior can be changed without training, and where "
    "the mixture Σ p(c) p(x | c) is tiny it knows that no class fits."
)


class PlaneClassifierView(QWidget):
    """`looked` when the maps are looked at otherwise."""

    looked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.maps = PlanePanels(lambda: HeatPanel(makes=ClassMap), self)
        self.prior, self.prior_says = PriorSliders(self), QLabel(self)
        self.points = QCheckBox("Held-out points", self)
        self.doubt = QCheckBox("Pale where no data lie", self)
        self.points.setToolTip("Draw the held-out points over the maps, by their true class.")
        self.doubt.setToolTip(
            "Pale where the mixture Σ p(c) p(x | c) is lower than at 99 % of the held-out points: "
            "there a class is named, but none fits."
        )
        small_print(self.prior_says, wrap=True)
        left = QWidget(self)
        title = QLabel("Decisions", left)
        title.setFont(theme.title_font(self.font()))
        lay.down(
            lay.across(title, HelpMark(_HELP, "Bayes' rule"), lay.STRETCH, spacing=None),
            QLabel("Prior p(c)", left),
            self.prior,
            self.prior_says,
            self.points,
            self.doubt,
            lay.STRETCH,
            on=left,
            margins=theme.UNIT,
        )
        controls = card(scrolled(left), least=LEFT_WIDTH)
        controls.setMaximumWidth(theme.px(LEFT_WIDTH))
        lay.across(controls, (self.maps, 1), on=self)
        self.prior.changed.connect(self.looked)
        for box in (self.points, self.doubt):
            box.setChecked(True)
            box.toggled.connect(self.looked)

    def map(self, name: str) -> ClassMap:
        """A model's map."""
        found = self.maps.panels[name].map
        assert isinstance(found, ClassMap)
        return found
