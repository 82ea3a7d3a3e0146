"""Sliders along directions of a latent space, in standard deviations; directions have names."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from widgets.controls.knob_fields import KnobSpec, SlideField
from widgets.look import lay, theme

LOCKED, UNLOCKED = 3.0, 10.0
STEP = 0.05


@dataclass(frozen=True)
class DirectionSpec:
    """One direction: its name as a person gave it, or "direction 1", and where it comes from."""

    name: str
    tip: str


class LatentSliders(QWidget):
    """`moved(i, σ)` follows every slider, `rested` its end; `renamed(i, name)` a new name."""

    moved = Signal(int, float)
    rested = Signal()
    reset = Signal()
    renamed = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._specs: tuple[DirectionSpec, ...] = ()
        self._fields: list[SlideField] = []
        self._names: list[QLineEdit] = []
        self.unlock, self.nothing = QCheckBox(f"Unlock ± {UNLOCKED:g} σ", self), QLabel(self)
        self.unlock.setToolTip(
            f"Beyond ± {LOCKED:g} σ lie codes that the model has hardly ever seen."
        )
        self.nothing.setWordWrap(True)
        self.nothing.setProperty("faint", True)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        lay.down(self.nothing, self._list, self.unlock, on=self, spacing=theme.UNIT // 2)
        # a slider alone would take the key to its own lower end
        home = QShortcut(QKeySequence(Qt.Key.Key_Home), self)
        home.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        home.activated.connect(self.reset_all)
        self.unlock.toggled.connect(lambda: self.set_directions(self._specs, self.values()))
        self.set_nothing("")

    def set_nothing(self, reason: str) -> None:
        """No sliders, and why."""
        self.set_directions((), ())
        self.nothing.setText(reason)
        self.nothing.setVisible(bool(reason))
        self.unlock.setVisible(False)

    def set_directions(self, specs: tuple[DirectionSpec, ...], values: tuple[float, ...]) -> None:
        """Show these directions at these values, in σ, silently."""
        self._specs = specs
        for gone in (*self._fields, *self._names):
            self._list.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        self._fields, self._names = [], []
        most = UNLOCKED if self.unlock.isChecked() else LOCKED
        for i, (spec, value) in enumerate(zip(specs, values, strict=True)):
            self._append(i, spec, min(most, max(-most, value)), most)
        self.nothing.hide()
        self.unlock.setVisible(bool(specs))

    def _append(self, i: int, spec: DirectionSpec, value: float, most: float) -> None:
        name = QLineEdit(spec.name, self)
        name.setFont(theme.small_font(self.font()))
        name.setFrame(False)
        name.setStyleSheet("QLineEdit { border: none; background: transparent; padding: 0; }")
        name.setToolTip(f"{spec.tip} Type to name it; the name is kept with the weights.")
        name.setAccessibleName(f"Name of direction {i + 1}")
        name.editingFinished.connect(lambda: self._on_named(i))
        knob = KnobSpec(f"d{i}", spec.name, 0.0, -most, most, STEP, spec.tip)
        field = SlideField(knob, self)
        field.set_value(value)
        field.edited.connect(lambda v, settled: self._on_edited(i, v, settled))
        field.reset_wanted.connect(lambda: self._on_reset(i))
        for widget in (name, field):
            self._list.addWidget(widget)
        self._names.append(name)
        self._fields.append(field)

    def values(self) -> tuple[float, ...]:
        """All sliders in σ."""
        return tuple(field.value() for field in self._fields)

    def set_values(self, values: tuple[float, ...]) -> None:
        """Move all sliders, silently."""
        for field, value in zip(self._fields, values, strict=True):
            field.set_value(value)

    def field(self, i: int) -> SlideField:
        """Slider i; tests and tours point at it."""
        return self._fields[i]

    @Slot()
    def reset_all(self) -> None:
        """All back to 0."""
        for field in self._fields:
            field.set_value(0.0)
        self.reset.emit()
        self.rested.emit()

    def _on_edited(self, i: int, value: float, settled: bool) -> None:
        self.moved.emit(i, value)
        if settled:
            self.rested.emit()

    def _on_reset(self, i: int) -> None:
        self._fields[i].set_value(0.0)
        self._on_edited(i, 0.0, True)

    def _on_named(self, i: int) -> None:
        text = self._names[i].text().strip()
        if text and text != self._specs[i].name:
            specs = list(self._specs)
            specs[i] = DirectionSpec(text, self._specs[i].tip)
            self._specs = tuple(specs)
            self.renamed.emit(i, text)
