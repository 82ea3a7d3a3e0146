"""What a sweep asks: which knob, from where to where, how many values, how many samples."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QLabel, QWidget

from widgets.controls.combo import Combo
from widgets.controls.knob_fields import KnobSpec
from widgets.controls.number import NumberBox
from widgets.look import lay

USUAL = 7


class SweepBar(QWidget):
    """`changed` follows every choice."""

    changed = Signal()

    def __init__(self, most_values: int, most_samples: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._specs: tuple[KnobSpec, ...] = ()
        self._most = most_values
        self.knob, self.low, self.high = Combo(self), NumberBox(self), NumberBox(self)
        self.count, self.samples = NumberBox(self), NumberBox(self)
        for box, low, high, value, name, tip in (
            (self.low, 0, 1, 0, "From", "The first value."),
            (self.high, 0, 1, 1, "To", "The last value."),
            (self.count, 2, most_values, USUAL, "Values", "At how many values."),
            (self.samples, 1, most_samples, 4, "Samples", "How many samples at each value."),
        ):
            box.setRange(low, high)
            box.setValue(value)
            box.setAccessibleName(name)
            box.setToolTip(tip)
            box.valueChanged.connect(self.changed)
        for box in (self.count, self.samples):
            box.setDecimals(0)
        self.knob.setAccessibleName("Knob")
        self.knob.setToolTip("The knob that is swept; all others stay as they stand.")
        self.knob.currentIndexChanged.connect(self._show_knob)
        parts: list[lay.Part] = []
        for title, part in (
            ("Sweep", self.knob),
            ("from", self.low),
            ("to", self.high),
            ("values", self.count),
            ("samples", self.samples),
        ):
            parts += [QLabel(title, self), part]
        lay.across(*parts, lay.STRETCH, on=self)

    def offer(self, specs: tuple[KnobSpec, ...], knob: str = "") -> None:
        """Offer these knobs, silently; the one by name, or the first, is chosen."""
        self._specs = specs
        with QSignalBlocker(self):
            self.knob.offer([(spec.title, spec.name) for spec in specs], knob or specs[0].name)
            self._show_knob()

    def put(self, knob: str, values: tuple[float, ...], samples: int) -> None:
        """Show a sweep as it was, silently."""
        with QSignalBlocker(self):
            self.offer(self._specs, knob)
            self.count.setValue(len(values))
            self.low.setValue(values[0])
            self.high.setValue(values[-1])
            self.samples.setValue(samples)

    def spec(self) -> KnobSpec | None:
        """The knob chosen."""
        return next((s for s in self._specs if s.name == self.knob.currentData()), None)

    def values(self) -> tuple[float, ...]:
        """The values, evenly apart on the knob's own steps, without repeats; every choice of one
        that has names."""
        spec = self.spec()
        if spec is None:
            return ()
        if spec.choices:
            return tuple(spec.value_at(i) for i in range(len(spec.choices)))[: self._most]
        ends = float(self.low.value()), float(self.high.value())
        raw = np.linspace(*ends, int(self.count.value())).tolist()
        return tuple(dict.fromkeys(spec.value_at(spec.position_of(value)) for value in raw))

    @Slot()
    def _show_knob(self) -> None:
        """Its whole range, until a hand narrows it."""
        spec = self.spec()
        if spec is None:
            return
        with QSignalBlocker(self):
            for box, value in ((self.low, spec.minimum), (self.high, spec.maximum)):
                box.setDecimals(spec.decimals())
                box.setRange(spec.minimum, spec.maximum)
                box.setSingleStep(spec.step)
                box.setValue(value)
                box.setEnabled(not spec.choices)
            self.count.setEnabled(not spec.choices)
        self.changed.emit()
