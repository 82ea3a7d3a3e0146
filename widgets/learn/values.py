"""The values of a learner: a slider with a number for each, evenly or by ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from widgets.controls.help_mark import HelpMark
from widgets.controls.number import NumberBox
from widgets.controls.slider import Slider
from widgets.look import theme

_PLACES = 200
_WIDE = 50.0


@dataclass(frozen=True)
class ValueSpec:
    """One value between `low` and `high`. `live`: it may change while the learner learns; else the
    learner begins anew. `special` is what 0 says in words.
    """

    name: str
    title: str
    low: float
    high: float
    whole: bool
    live: bool
    about: str
    usual: float
    special: str = ""

    def value_at(self, place: int) -> float:
        """The value of a place of the slider, 0 … 200."""
        share = place / _PLACES
        if self.low > 0 and self.high / self.low > _WIDE:
            found = self.low * (self.high / self.low) ** share
        elif self.low == 0 and self.high > 2:
            found = self.high * share**3
        else:
            found = self.low + (self.high - self.low) * share
        if self.whole:
            return float(round(found))
        return min(max(float(f"{found:.3g}"), self.low), self.high)

    def place_of(self, value: float) -> int:
        """The nearest place of a value."""
        value = min(max(value, self.low), self.high)
        if self.low > 0 and self.high / self.low > _WIDE:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        elif self.low == 0 and self.high > 2:
            share = (value / self.high) ** (1 / 3)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(share * _PLACES)


class _Number(NumberBox):
    """Shows as many digits as count."""

    def textFromValue(self, value: float) -> str:
        return f"{value:.4g}" if self.decimals() else f"{value:.0f}"


class ValueRow(QWidget):
    """`settled(name, value)` when the hand is off."""

    settled = Signal(str, float)

    def __init__(self, spec: ValueSpec, value: float, parent: QWidget) -> None:
        super().__init__(parent)
        self.spec = spec
        self.title, self.slider, self.number = QLabel(spec.title, self), Slider(self), _Number(self)
        self.slider.setRange(0, _PLACES)
        self.slider.setPageStep(_PLACES // 10)
        self.slider.setMinimumWidth(5 * theme.UNIT)
        self.slider.set_mark(spec.place_of(spec.usual))
        self.slider.setAccessibleName(spec.title)
        self.slider.setToolTip(f"{spec.about} A double click goes back to {spec.usual:g}.")
        self.number.setDecimals(0 if spec.whole else 5)
        self.number.setRange(spec.low, spec.high)
        self.number.setSpecialValueText(spec.special)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.number.setAccessibleName(f"{spec.title}, as a number")
        self.number.setToolTip(f"{spec.about} From {spec.low:g} to {spec.high:g}.")
        self.number.setFixedWidth(8 * theme.UNIT)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(0)
        grid.setHorizontalSpacing(theme.UNIT // 2)
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(HelpMark(spec.about, "training value", self, about=spec.title), 0, 1)
        grid.addWidget(self.number, 0, 2, 2, 1)
        grid.addWidget(self.slider, 1, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        self.set_value(value)
        self.slider.valueChanged.connect(self._slide)
        self.slider.sliderReleased.connect(self._release)
        self.slider.reset_wanted.connect(self._reset)
        self.number.valueChanged.connect(self._type)

    def value(self) -> float:
        return self.number.value()

    def set_value(self, value: float) -> None:
        """Show a value, unless the hand is on the slider."""
        if self.slider.isSliderDown() or self.number.hasFocus():
            return
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            self.number.setValue(value)
            self.slider.setValue(self.spec.place_of(value))

    @Slot(int)
    def _slide(self, place: int) -> None:
        with QSignalBlocker(self.number):
            self.number.setValue(self.spec.value_at(place))
        if not self.slider.isSliderDown():
            self.settled.emit(self.spec.name, self.value())

    @Slot()
    def _release(self) -> None:
        self.settled.emit(self.spec.name, self.value())

    @Slot()
    def _reset(self) -> None:
        self.number.setValue(self.spec.usual)

    @Slot(float)
    def _type(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self.spec.place_of(value))
        self.settled.emit(self.spec.name, value)


class Values(QWidget):
    """Rows for the values of one learner; `settled(name, value)`.

    `to_twin` says that a change is to go to a duplicate, beside the learner as it is.
    """

    settled = Signal(str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, ValueRow] = {}
        self.to_twin = QCheckBox("What if: change a duplicate", self)
        self.to_twin.setToolTip(
            "The next value that you change is that of a duplicate beside this learner, which "
            "stays as it is."
        )
        self._specs: tuple[ValueSpec, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.UNIT)
        self._column.addWidget(self.to_twin)
        self._note = QLabel("These begin it anew:", self)
        self._note.setFont(theme.small_font(self.font()))
        self._note.setProperty("faint", True)
        self._column.addWidget(self._note)

    def set_specs(self, specs: Sequence[ValueSpec], values: dict[str, float]) -> None:
        """Rows for these; those of the same values stay."""
        ordered = tuple(sorted(specs, key=lambda spec: not spec.live))
        if ordered != self._specs:
            self._specs = ordered
            for row in self.rows.values():
                row.hide()
                row.deleteLater()
            self.rows = {}
            self._column.removeWidget(self._note)
            for spec in ordered:
                if not spec.live and self._column.indexOf(self._note) < 0:
                    self._column.addWidget(self._note)
                row = ValueRow(spec, values[spec.name], self)
                row.settled.connect(self.settled)
                self._column.addWidget(row)
                self.rows[spec.name] = row
            self._note.setVisible(not all(spec.live for spec in ordered))
        for name, row in self.rows.items():
            row.set_value(values[name])
