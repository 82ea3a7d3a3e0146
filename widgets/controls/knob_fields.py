"""What a knob is, and the two fields that set one: slider with number, or named choices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.controls.combo import Combo
from widgets.controls.number import NumberBox
from widgets.controls.slider import Slider
from widgets.look import lay, theme


@dataclass(frozen=True)
class KnobSpec:
    """One knob: a number in [minimum, maximum], or with `choices` the values minimum + i · step.

    `warn` says what is lost away from `own`, such as "not the model's distribution"; that is the
    default where it is None. `of_class` marks one without effect where no class is asked.
    """

    name: str
    title: str
    default: float
    minimum: float
    maximum: float
    step: float
    help: str
    choices: tuple[str, ...] = ()
    warn: str = ""
    own: float | None = None
    of_class: bool = False

    def __post_init__(self) -> None:
        if self.step <= 0 or self.minimum > self.maximum:
            raise ValueError(
                f"knob {self.name!r}: needs step > 0 and minimum ≤ maximum, "
                f"got step {self.step}, {self.minimum} … {self.maximum}"
            )
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError(
                f"knob {self.name!r}: default {self.default} "
                f"is not in {self.minimum} … {self.maximum}"
            )

    def decimals(self) -> int:
        """Digits after the point that show minimum, maximum, step and default unrounded."""
        numbers = (self.minimum, self.maximum, self.step, self.default)
        exponents = [Decimal(repr(float(number))).normalize().as_tuple() for number in numbers]
        return max(0, *(-int(number.exponent) for number in exponents))

    def strays(self, value: float) -> bool:
        """Whether `warn` holds at this value."""
        return bool(self.warn) and self._far(value, self.default if self.own is None else self.own)

    def turned(self, value: float) -> bool:
        """Whether this is another value than the default."""
        return self._far(value, self.default)

    @staticmethod
    def _far(value: float, place: float) -> bool:
        return abs(value - place) > 1e-9 * max(1.0, abs(place))

    def positions(self) -> int:
        """How many steps lead from minimum to maximum; the last one may be short."""
        return max(1, round((self.maximum - self.minimum) / self.step))

    def value_at(self, position: int) -> float:
        """The value after `position` steps, free of binary residue such as 0.30000000000000004."""
        value = round(self.minimum + position * self.step, self.decimals())
        return self.maximum if position >= self.positions() else value

    def position_of(self, value: float) -> int:
        return min(self.positions(), max(0, round((value - self.minimum) / self.step)))


class SlideField(QWidget):
    """A slider and a number in step; `edited(value, settled)`, not settled while dragging."""

    edited = Signal(float, bool)
    reset_wanted = Signal()

    def __init__(self, spec: KnobSpec, parent: QWidget) -> None:
        super().__init__(parent)
        self._spec = spec
        self.slider = Slider(self)
        self.slider.setRange(0, spec.positions())
        self.slider.setPageStep(max(1, spec.positions() // 10))
        self.slider.set_mark(spec.position_of(spec.default))
        self.slider.setToolTip(f"Drag to change. A double click resets to {spec.default:g}.")
        self.number = NumberBox(self)
        self._set_up_number()
        lay.across((self.slider, 1), self.number, on=self)
        self.set_value(spec.default)
        self.slider.valueChanged.connect(self._on_slid)
        self.slider.sliderReleased.connect(self._on_released)
        self.slider.reset_wanted.connect(self.reset_wanted)
        self.number.valueChanged.connect(self._on_typed)

    def name(self, title: str) -> None:
        """Say what this is for those who hear it read."""
        self.slider.setAccessibleName(title)
        self.number.setAccessibleName(f"{title}, as a number")

    def value(self) -> float:
        """The number's value: the slider only knows whole steps."""
        return self.number.value()

    def set_value(self, value: float) -> None:
        with QSignalBlocker(self.number), QSignalBlocker(self.slider):
            self.number.setValue(value)
            self.slider.setValue(self._spec.position_of(value))

    def held(self) -> bool:
        return self.slider.isSliderDown()

    def _set_up_number(self) -> None:
        number, spec = self.number, self._spec
        number.setDecimals(spec.decimals())
        number.setRange(spec.minimum, spec.maximum)
        number.setSingleStep(spec.step)
        number.setAlignment(Qt.AlignmentFlag.AlignRight)
        number.setToolTip(f"From {spec.minimum:g} to {spec.maximum:g}.")
        # One width for all, so that the sliders of a panel end at one line.
        ends = (number.textFromValue(end) for end in (spec.minimum, spec.maximum))
        width = max(map(number.fontMetrics().horizontalAdvance, ("−00.00", *ends)))
        number.setFixedSize(width + 2 * theme.UNIT, number.sizeHint().height())

    @Slot(int)
    def _on_slid(self, position: int) -> None:
        value = self._spec.value_at(position)
        with QSignalBlocker(self.number):
            self.number.setValue(value)
        self.edited.emit(value, not self.held())

    @Slot()
    def _on_released(self) -> None:
        self.edited.emit(self.value(), True)

    @Slot(float)
    def _on_typed(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._spec.position_of(value))
        self.edited.emit(value, True)


class ChoiceField(Combo):
    """One of a few named values; same signals as SlideField."""

    edited = Signal(float, bool)
    reset_wanted = Signal()

    def __init__(self, spec: KnobSpec, parent: QWidget) -> None:
        super().__init__(parent)
        self._spec = spec
        self.addItems(spec.choices)
        # a long name is cut short; it must not push a whole column out of view
        self.setMinimumContentsLength(8)
        policy = self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.setSizeAdjustPolicy(policy)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(f"Choose the {spec.title.lower()}.")
        self.set_value(spec.default)
        self.currentIndexChanged.connect(self._on_chosen)

    def name(self, title: str) -> None:
        """Say what this is for those who hear it read."""
        self.setAccessibleName(title)

    def value(self) -> float:
        return self._spec.minimum + self.currentIndex() * self._spec.step

    def set_value(self, value: float) -> None:
        index = round((value - self._spec.minimum) / self._spec.step)
        with QSignalBlocker(self):
            self.setCurrentIndex(min(self.count() - 1, max(0, index)))

    def held(self) -> bool:
        return False

    @Slot(int)
    def _on_chosen(self, _index: int) -> None:
        self.edited.emit(self.value(), True)
