"""The page of outliers: which pictures are judged, where they lie, and how well each score does."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QWidget,
)

from widgets.controls.combo import Combo
from widgets.controls.help_mark import HelpMark
from widgets.controls.number import NumberBox
from widgets.controls.slider import Slider
from widgets.look import lay, theme
from widgets.look.frames import card, clear, scrolled
from widgets.look.labels import small_print
from widgets.pictures.gallery import Gallery
from widgets.uses.outlier_table import OutlierTable
from widgets.uses.rank_histogram import RankHistogram
from widgets.uses.roc_panel import RocPanel

LEFT_WIDTH = 264
RATES = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0)
"""Positions of the slider, in percent."""
_HELP = (
    "How strange does a model find a picture? Its score becomes a conformal p-value: the share of "
    "held-out pictures that are at least as strange, p = (1 + #{sᵢ ≥ s}) / (n + 1). That is one "
    "unit for all scores and models. Flagged is what has p ≤ the false-alarm rate."
)


class OutlierView(QWidget):
    """`changed` when other pictures are asked for, `looked` when they are looked at otherwise."""

    changed = Signal()
    looked = Signal()
    known_failures_wanted = Signal()
    save_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.groups: dict[str, QCheckBox] = {}
        self.count, self.rate, self.rate_says = NumberBox(self), Slider(self), QLabel(self)
        self.scores, self.model = Combo(self), Combo(self)
        self.failures = QPushButton("Show the known failures", self)
        self.folder = QLabel("Drop pictures or a folder on the window to judge them, too.", self)
        self.save = QPushButton("Save table…", self)
        self.says, self.why = QLabel(self), QLabel(self)
        self.gallery, self.table, self.roc = Gallery(self), OutlierTable(self), RocPanel(self)
        self.columns: dict[str, RankHistogram] = {}
        self._heads: dict[str, QLabel] = {}
        self._group_grid, self._plots = QGridLayout(), QHBoxLayout()
        self._dress()
        self._build()
        self.count.valueChanged.connect(self.changed)
        self.rate.valueChanged.connect(self.looked)
        for combo in (self.scores, self.model):
            combo.currentIndexChanged.connect(self.looked)
        self.roc.changed.connect(self.looked)
        self.failures.clicked.connect(self.known_failures_wanted)
        self.save.clicked.connect(self.save_wanted)

    def _dress(self) -> None:
        self.count.setDecimals(0)
        self.count.setRange(1, 100)
        self.count.setValue(10)
        self.count.setAccessibleName("Pictures of each kind")
        self.count.setToolTip("How many pictures of each kind are made and judged.")
        self.rate.setOrientation(Qt.Orientation.Horizontal)
        self.rate.setRange(0, len(RATES) - 1)
        self.rate.setValue(RATES.index(5.0))
        self.rate.setAccessibleName("False-alarm rate")
        self.rate.setToolTip("Which share of held-out pictures may be flagged by mistake.")
        self.scores.setAccessibleName("Score")
        self.scores.setToolTip("What counts as strange. Each score fails on something.")
        self.model.setAccessibleName("Order by")
        self.model.setToolTip("By which model's p-values the pictures are sorted.")
        self.failures.setToolTip("Black and shuffled pictures, where scores are known to fail.")
        self.save.setToolTip("Scores and p-values of every picture, as a CSV file.")
        small_print(self.rate_says, self.says, self.why, self.folder, wrap=True)

    def _build(self) -> None:
        unit = theme.UNIT
        left, right = QWidget(self), QWidget(self)
        column = lay.down(on=left, margins=unit)
        title = QLabel("Pictures to judge", left)
        title.setFont(theme.title_font(self.font()))
        head = lay.across(title, HelpMark(_HELP, "conformal p"), lay.STRETCH, spacing=None)
        many = lay.across(QLabel("Of each kind", left), (self.count, 1), spacing=None)
        self._group_grid.setSpacing(unit // 2)
        column.addLayout(head)
        column.addLayout(self._group_grid)
        column.addLayout(many)
        for widget in (
            self.folder,
            self.failures,
            self.says,
            QLabel("Score", left),
            self.scores,
            QLabel("False-alarm rate", left),
            self.rate,
            self.rate_says,
            QLabel("Sorted by", left),
            self.model,
        ):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(self.save)
        self._plots.setSpacing(unit)
        plots, pictures = QWidget(right), QWidget(right)
        plots.setLayout(self._plots)
        self._plots.setContentsMargins(0, 0, 0, 0)
        lay.down((self.gallery, 1), self.why, on=pictures, spacing=unit // 2)
        self.rows = QSplitter(Qt.Orientation.Vertical, right)
        self.rows.setChildrenCollapsible(False)
        # without it the gallery, which is as large as it can, leaves the others their least
        pictures.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        table = card(scrolled(self.table))
        figures = lay.split(right, (table, 3), (self.roc, 2), sizes=(420, 280))
        for part, stretch in ((plots, 2), (pictures, 3), (figures, 2)):
            self.rows.addWidget(part)
            self.rows.setStretchFactor(self.rows.count() - 1, stretch)
        self.rows.setSizes([170, 270, 170])
        lay.down(self.rows, on=right, spacing=None)
        self.splitter = lay.split(self, card(scrolled(left), least=LEFT_WIDTH), (right, 1))
        lay.across(self.splitter, on=self, spacing=None)

    def offer_groups(self, groups: Sequence[tuple[str, str, bool]]) -> None:
        """Kinds of pictures: name, what it is, and whether it is on at first; the others stay."""
        for name, says, on in groups:
            if name in self.groups:
                continue
            box = QCheckBox(name, self)
            box.setToolTip(f"{says[:1].upper()}{says[1:]}.")
            box.setChecked(on)
            place = len(self.groups)
            self._group_grid.addWidget(box, place // 2, place % 2)
            self.groups[name] = box
            box.toggled.connect(self.changed)

    def chosen_groups(self) -> tuple[str, ...]:
        """The kinds that are ticked and offered."""
        return tuple(name for name, box in self.groups.items() if box.isChecked())

    def tick(self, names: Sequence[str]) -> None:
        """Tick these kinds alone, silently."""
        for name, box in self.groups.items():
            with QSignalBlocker(box):
                box.setChecked(name in names)

    def false_alarms(self) -> float:
        """The rate asked, in (0, 1)."""
        return RATES[self.rate.value()] / 100

    def set_columns(self, models: Sequence[tuple[str, str, str]]) -> None:
        """A histogram a model: name, title, family; those that stay are kept."""
        names = [name for name, _, _ in models]
        if list(self.columns) == names:
            return
        clear(self._plots)
        self.columns.clear()
        self._heads.clear()
        for name, title, _ in models:
            holder = QWidget(self)
            stack = lay.down(on=holder, spacing=theme.UNIT // 2)
            head, plot = QLabel(title, holder), RankHistogram(holder)
            plot.whose = title
            head.setWordWrap(True)
            head.setFont(theme.small_font(self.font()))
            head.setToolTip("The model, the score that ranks, and how many pictures are judged.")
            stack.addWidget(head)
            stack.addWidget(plot, 1)
            plot.moved.connect(self.set_false_alarms)
            plot.stepped.connect(lambda by: self.rate.setValue(self.rate.value() + by))
            self._plots.addWidget(holder, 1)
            self.columns[name], self._heads[name] = plot, head

    def set_sorters(self, models: Sequence[tuple[str, str]]) -> None:
        """Models, name and title, that pictures may be sorted by; the one chosen stays."""
        self.model.offer([(title, name) for name, title in models])

    def head(self, name: str, text: str = "") -> str:
        """What stands over a model's histogram; a text that is not empty takes its place."""
        label = self._heads[name]
        if text:
            label.setText(text)
        return label.text()

    def set_scores(self, titles: Sequence[tuple[str, str, str]]) -> None:
        """Offer scores: name, title, what it is; the one chosen stays."""
        self.scores.offer([(title, name) for name, title, _ in titles])
        for place, (_, _, says) in enumerate(titles):
            self.scores.setItemData(place, says, Qt.ItemDataRole.ToolTipRole)

    def set_false_alarms(self, p: float) -> None:
        """Move the slider to the rate next to p in (0, 1)."""
        near = min(range(len(RATES)), key=lambda i: abs(math.log(RATES[i] / 100 / p)))
        self.rate.setValue(near)
