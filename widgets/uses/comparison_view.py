"""The page of comparison: what can be said of the models, and a scatter of two of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QSplitter, QWidget

from widgets.controls.combo import Combo
from widgets.controls.help_mark import HelpMark
from widgets.controls.number import NumberBox
from widgets.density.picture_pages import PictureBox
from widgets.look import lay, theme
from widgets.look.frames import card, scrolled
from widgets.look.labels import small_print
from widgets.uses.rank_scatter import RankScatter

LEFT_WIDTH = 264
_HELP = (
    "Which model explains held-out data better? Only a paired difference of log p answers that: of "
    "the same examples, of one kind of density, with the same dequantisation. Across kinds one "
    "statement holds: a lower bound that already exceeds an exact value. Ranks need no unit: they "
    "tell whether two models agree on which examples are likely."
)


class ComparisonView(QWidget):
    """`changed` when other examples are asked for, `looked` when another pair is."""

    changed = Signal()
    looked = Signal()
    samples_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.count, self.across, self.up = NumberBox(self), Combo(self), Combo(self)
        self.scatter, self.box = RankScatter(self), PictureBox(self)
        self.chosen, self.says, self.quality = QLabel(self), QLabel(self), QLabel(self)
        self.samples, self.compare = NumberBox(self), QPushButton("Compare samples", self)
        unit = theme.UNIT
        self.count.setDecimals(0)
        self.count.setRange(10, 1000)
        self.count.setValue(50)
        self.count.setAccessibleName("Held-out examples")
        self.count.setToolTip("How many held-out examples each model is asked of.")
        self.samples.setDecimals(0)
        self.samples.setRange(20, 1000)
        self.samples.setValue(200)
        self.samples.setAccessibleName("Samples of each model")
        self.samples.setToolTip("How many samples of each model are held against as many examples.")
        self.compare.setToolTip(
            "Fréchet distance, precision and recall, and two tests, in features of our own "
            "classifier. In brackets: the same of data against other data."
        )
        self.compare.clicked.connect(self.samples_wanted)
        for combo, what in ((self.across, "Model across"), (self.up, "Model up")):
            combo.setAccessibleName(what)
            combo.setToolTip("Which two models the scatter shows.")
            combo.currentIndexChanged.connect(self.looked)
        for text in (self.says, self.quality):
            text.setWordWrap(True)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setAlignment(Qt.AlignmentFlag.AlignTop)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            text.setMargin(unit)
        small_print(self.chosen, wrap=True)
        left, right = QWidget(self), QSplitter(Qt.Orientation.Horizontal, self)
        title = QLabel("Held-out examples", left)
        title.setFont(theme.title_font(self.font()))
        head = lay.across(title, HelpMark(_HELP, "paired comparison"), lay.STRETCH, spacing=None)
        lay.down(
            head,
            self.count,
            QLabel("Scatter of", left),
            self.across,
            self.up,
            self.box,
            self.chosen,
            QLabel("Samples of each model", left),
            self.samples,
            self.compare,
            lay.STRETCH,
            on=left,
            margins=unit,
        )
        said = QWidget(self)
        lay.down(self.says, self.quality, lay.STRETCH, on=said, spacing=None)
        right.setChildrenCollapsible(False)
        right.addWidget(card(scrolled(said)))
        right.addWidget(self.scatter)
        right.setStretchFactor(0, 1)
        right.setStretchFactor(1, 1)
        right.setSizes([400, 400])
        self.splitter = lay.split(self, card(scrolled(left), least=LEFT_WIDTH), (right, 1))
        lay.across(self.splitter, on=self, spacing=None)
        self.count.valueChanged.connect(self.changed)

    def set_models(self, models: Sequence[tuple[str, str]]) -> None:
        """Offer models, name and title, for the scatter; those chosen stay."""
        names = [name for name, _ in models]
        for place, combo in enumerate((self.across, self.up)):
            if combo.offered() == names:
                continue
            stays = combo.currentData() in names
            combo.offer([(title, name) for name, title in models])
            if not stays and names:
                combo.choose(names[min(place, len(names) - 1)])
        if self.across.currentData() == self.up.currentData() and len(names) > 1:
            with QSignalBlocker(self.up):
                self.up.setCurrentIndex(0 if self.across.currentIndex() else 1)

    def pair(self) -> tuple[str, str]:
        """The models of the scatter."""
        return str(self.across.currentData() or ""), str(self.up.currentData() or "")
