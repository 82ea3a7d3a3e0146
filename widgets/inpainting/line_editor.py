"""Plane, line and its numbers as one widget: which coordinate is known, and its value.

The plane is made when it is first asked for: plots take a third of a second to import.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QWidget

from widgets.controls.number import NumberBox
from widgets.look import lay, theme
from widgets.look.labels import small_print

if TYPE_CHECKING:
    from widgets.plots.line_plane import LinePlane

NAMES = ("x₁", "x₂")
MEANING = "The line fixes one coordinate; the other is sampled."


class LineEditor(QWidget):
    """`changed` follows every move of the line by hand, key or number, and every turn."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axes = QButtonGroup(self)
        self.value = NumberBox(self)
        self._name = QLabel(self)
        self.meaning = QLabel(MEANING, self)
        self._arrange()
        self.axes.idClicked.connect(self._turn)
        self.value.valueChanged.connect(self._on_typed)

    @cached_property
    def plane(self) -> LinePlane:
        """The plane with the line, at first x₁ = 0."""
        from widgets.plots.line_plane import LinePlane

        plane = self.__dict__["plane"] = LinePlane(self)
        self._column.insertWidget(1, plane, 1)
        plane.moved.connect(self._on_moved)
        plane.turned.connect(lambda: self._turn(1 - self.line()[0]))
        self.set_line(0, 0.0)
        return plane

    def _arrange(self) -> None:
        unit = theme.UNIT
        row = QHBoxLayout()
        row.setSpacing(unit)
        for axis, name in enumerate(NAMES):
            button = QPushButton(f"Fix {name}", self)
            button.setCheckable(True)
            kind = "horizontal" if axis else "vertical"
            button.setToolTip(f"{name} is known: a {kind} line (X turns it).")
            self.axes.addButton(button, axis)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._name)
        row.addWidget(self.value)
        self.value.setDecimals(3)
        self.value.setRange(-3, 3)
        self.value.setSingleStep(0.05)
        self.value.setFixedWidth(10 * unit)
        self.value.setAccessibleName("Known coordinate")
        self.value.setToolTip("The known coordinate, in data units.")
        small_print(self.meaning)
        self._column = lay.down(row, self.meaning, on=self)

    def line(self) -> tuple[int, float]:
        """The axis whose coordinate is known, and its value."""
        return self.plane.line()

    def set_line(self, axis: int, value: float) -> None:
        """Put the line there, silently."""
        self.plane.set_line(axis, value)
        low, high = self.plane.span(axis)
        with QSignalBlocker(self.value):
            self.value.setRange(low, high)
            self.value.setValue(value)
        self._name.setText(f"{NAMES[axis]} =")
        button = self.axes.button(axis)
        if button is not None:
            button.setChecked(True)

    @Slot(float)
    def _on_moved(self, value: float) -> None:
        self.set_line(self.line()[0], value)
        self.changed.emit()

    @Slot(float)
    def _on_typed(self, value: float) -> None:
        self.plane.set_line(self.line()[0], value)
        self.changed.emit()

    @Slot(int)
    def _turn(self, axis: int) -> None:
        if axis != self.line()[0]:
            low, high = self.plane.span(axis)
            self.set_line(axis, round((low + high) / 2, 3))
            self.changed.emit()
