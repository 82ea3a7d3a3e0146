"""A slider for the prior of each class, with the log-odds that it moves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from widgets.controls.slider import Slider
from widgets.look import lay, theme
from widgets.look.frames import clear
from widgets.look.labels import small_print

_STEPS = 1000
_LEAST = 1e-4


class PriorSliders(QWidget):
    """`changed` when a hand moves one; weights need not sum to 1, they are shown as shares."""

    changed = Signal()
    uniform_wanted = Signal()
    training_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sliders: list[Slider] = []
        self._said: list[QLabel] = []
        self.uniform, self.training = QPushButton("Uniform", self), QPushButton("Training", self)
        self.uniform.setToolTip("The same prior for every class.")
        self.training.setToolTip("The shares of the classes in the training set.")
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(0)
        self._grid.setHorizontalSpacing(theme.UNIT)
        self._grid.setColumnStretch(1, 1)
        buttons = lay.across(self.uniform, self.training, lay.STRETCH, spacing=theme.UNIT // 2)
        lay.down(buttons, self._grid, on=self, spacing=theme.UNIT // 2)
        self.uniform.clicked.connect(self.uniform_wanted)
        self.training.clicked.connect(self.training_wanted)

    def set_classes(self, names: Sequence[str]) -> None:
        """A slider for each class, all alike."""
        clear(self._grid)
        self.sliders, self._said = [], []
        for row, name in enumerate(names):
            slider, label, said = Slider(self), QLabel(name, self), QLabel(self)
            slider.setRange(0, _STEPS)
            slider.setAccessibleName(f"Prior of {name}")
            slider.setToolTip(f"p({name}) before the picture is seen.")
            slider.valueChanged.connect(self.changed)
            small_print(said)
            said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            said.setMinimumWidth(13 * theme.UNIT)
            label.setToolTip(f"The class {name}.")
            said.setToolTip(
                "The share of this class in the prior, and by how many nats that moves its "
                "log-odds, against the same share for every class."
            )
            for column, widget in enumerate((label, slider, said)):
                self._grid.addWidget(widget, row, column)
            self.sliders.append(slider)
            self._said.append(said)
        self.set_weights([1.0] * len(names))

    def weights(self) -> tuple[float, ...]:
        """What the sliders say: at least 0, in any unit."""
        return tuple(slider.value() / _STEPS for slider in self.sliders)

    def set_weights(self, weights: Sequence[float]) -> None:
        """Move the sliders, silently: the largest weight is at half its way."""
        most = max((*weights, _LEAST))
        for slider, weight in zip(self.sliders, weights, strict=True):
            with QSignalBlocker(slider):
                slider.setValue(round(_STEPS * 0.5 * weight / most))

    def say(self, texts: Sequence[str]) -> None:
        """Behind each slider, its share and what it moves."""
        for label, text in zip(self._said, texts, strict=True):
            label.setText(text)
