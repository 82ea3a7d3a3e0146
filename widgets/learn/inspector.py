"""The right of the tab Learn: what the chosen learner works on, how to break it, its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from widgets.controls.help_mark import HelpMark
from widgets.controls.slider import Slider
from widgets.learn.field import Field, Picture
from widgets.learn.values import Values
from widgets.look import theme
from widgets.look.labels import ElidedLabel

_PLACES, _FIRST = 40, 0.5


@dataclass(frozen=True, eq=False)
class InsideFace:
    """The picture of what a learner works on, in words, as a formula and in figures."""

    title: str
    picture: Picture
    words: str
    formula: str
    numbers: str
    moving: bool


@dataclass(frozen=True)
class Failure:
    """A failure that can be provoked: its name and title, and what it does, in a tip."""

    name: str
    title: str
    tip: str


class Inspector(QWidget):
    """What is wanted: `keep`, `notebook`, `failure(name)`, `mend`, `data`; and `place_changed`."""

    keep_wanted = Signal()
    notebook_wanted = Signal()
    failure_wanted = Signal(str)
    mend_wanted = Signal()
    data_wanted = Signal()
    place_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.standing = ElidedLabel(self), QLabel(self)
        self.keep, self.notebook = QPushButton("Keep", self), QPushButton("Notebook…", self)
        self.field, self.place, self.values = Field(self), Slider(self), Values(self)
        self.inside_title, self.words = QLabel(self), QLabel(self)
        self.formula, self.numbers = QLabel(self), QLabel(self)
        self.break_title = QLabel("Break it", self)
        self.symptom = QLabel(self)
        self.mend, self.use_data = QPushButton("Mend it", self), QPushButton("Use its data", self)
        self.failures: dict[str, QPushButton] = {}
        self._failures = QVBoxLayout()
        self._breaking = QWidget(self)
        self._dress()
        self._build()
        self.keep.clicked.connect(self.keep_wanted)
        self.notebook.clicked.connect(self.notebook_wanted)
        self.mend.clicked.connect(self.mend_wanted)
        self.use_data.clicked.connect(self.data_wanted)
        self.place.valueChanged.connect(self.place_changed)
        self.place.reset_wanted.connect(lambda: self.place.setValue(_PLACES))
        self.show_inside(None)

    def _dress(self) -> None:
        small = theme.small_font(self.font())
        self.title.setFont(theme.title_font(self.font()))
        for label in (self.inside_title, self.break_title):
            font = label.font()
            font.setBold(True)
            label.setFont(font)
        self.inside_title.setWordWrap(True)
        for label in (self.words, self.formula, self.numbers, self.symptom, self.standing):
            label.setWordWrap(True)
            label.setFont(small)
        for label in (self.formula, self.standing):
            label.setProperty("faint", True)
        self.keep.setToolTip(
            "Put this model, as it stands, among your own: it is then in every tab, on the command "
            "line, and there after a restart."
        )
        self.notebook.setToolTip(
            "Save this training as a notebook: the points, the values and what was changed on the "
            "way. Run where Genscope is installed, it gives the same weights and pictures."
        )
        self.formula.setToolTip("What the training of this family works on, as a formula.")
        self.numbers.setToolTip("Figures of the picture above, measured just now.")
        self.standing.setToolTip("What this learner has done so far, and how well.")
        self.field.setAccessibleName("What the learner works on")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.field.setSizePolicy(policy)
        self.field.setFixedHeight(232)
        self.field.setToolTip("What the training of this learner works on, just now.")
        self.place.setRange(0, _PLACES)
        self.place.setValue(round(_FIRST * _PLACES))
        self.place.setAccessibleName("Moment between noise and data")
        self.place.setToolTip("From noise on the left to the model itself on the right.")
        self.mend.setToolTip("Turn the values to the remedy, from the next step on.")
        self.use_data.setToolTip("Take the points that show this failure well.")
        self.symptom.setToolTip("A figure of the failure, and where it counts as there.")

    def _build(self) -> None:
        unit = theme.UNIT
        column, head, mending = QVBoxLayout(self), QHBoxLayout(), QHBoxLayout()
        column.setContentsMargins(unit, unit, unit, unit)
        column.setSpacing(unit)
        head.addWidget(self.title, 1)
        head.addWidget(self.keep)
        head.addWidget(self.notebook)
        inside = QHBoxLayout()
        inside.addWidget(self.inside_title, 1)
        column.addLayout(head)
        column.addWidget(self.standing)
        column.addLayout(inside)
        for widget in (self.field, self.place, self.numbers, self.words, self.formula):
            column.addWidget(widget)
        breaking = QVBoxLayout(self._breaking)
        breaking.setContentsMargins(0, 0, 0, 0)
        breaking.setSpacing(unit // 2)
        row = QHBoxLayout()
        row.addWidget(self.break_title)
        row.addWidget(
            HelpMark(
                "Each button turns values of this learner to where its training is known to fail, "
                "and a figure says whether it does. The values are those below: turn them yourself "
                "to see the same.",
                "failure of training",
                self,
            )
        )
        row.addStretch(1)
        breaking.addLayout(row)
        breaking.addLayout(self._failures)
        breaking.addWidget(self.symptom)
        mending.addWidget(self.mend)
        mending.addWidget(self.use_data)
        mending.addStretch(1)
        breaking.addLayout(mending)
        column.addWidget(self._breaking)
        title = QLabel("Values", self)
        title.setFont(self.break_title.font())
        column.addWidget(title)
        column.addWidget(self.values)
        column.addStretch(1)

    def share(self) -> float:
        """Where between noise (0) and the model (1) the picture is to be."""
        return self.place.value() / _PLACES

    def set_share(self, share: float) -> None:
        """Show that place without a signal."""
        with QSignalBlocker(self.place):
            self.place.setValue(round(share * _PLACES))

    def show_inside(self, face: InsideFace | None, family: str = "") -> None:
        """Show what the learner works on, or that there is nothing yet."""
        if self.field.colour() != theme.family_colour(family):
            self.field.set_colour(theme.family_colour(family))
        self.field.show_picture(None if face is None else face.picture)
        self.inside_title.setText("Nothing to see yet" if face is None else face.title)
        self.words.setText("" if face is None else face.words)
        self.formula.setText("" if face is None else face.formula)
        self.numbers.setText("" if face is None else face.numbers)
        self.numbers.setVisible(bool(face is not None and face.numbers))
        self.place.setVisible(face is not None and face.moving)

    def set_failures(self, failures: Sequence[Failure]) -> None:
        """Buttons for what can be provoked."""
        names = [failure.name for failure in failures]
        if names != list(self.failures):
            for button in self.failures.values():
                button.hide()
                button.deleteLater()
            self.failures = {}
            for failure in failures:
                button = QPushButton(failure.title, self)
                button.setToolTip(failure.tip)
                button.clicked.connect(lambda _=False, n=failure.name: self.failure_wanted.emit(n))
                self._failures.addWidget(button)
                self.failures[failure.name] = button
        self._breaking.setVisible(bool(failures))

    @Slot(str)
    def show_symptom(self, text: str, *, broken: bool, mendable: bool, data: bool) -> None:
        """Say how the failure shows; `mendable` offers the remedy, `data` the points for it."""
        self.symptom.setText(text)
        self.symptom.setVisible(bool(text))
        if self.symptom.property("danger") is not broken:
            self.symptom.setProperty("danger", broken)
            self.symptom.style().polish(self.symptom)
        self.mend.setVisible(mendable)
        self.use_data.setVisible(data)
