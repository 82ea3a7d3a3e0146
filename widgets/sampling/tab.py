"""The sampling tab: what to draw on the left, one column per model, the inspector on the right.

Holds no state of its own beyond its controls; everything a person does leaves as a signal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFormLayout,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets.controls.attribute_menus import AttributeMenus
from widgets.controls.combo import Combo
from widgets.controls.knob_fields import KnobSpec
from widgets.controls.knobs import KnobPanel
from widgets.controls.number import NumberBox
from widgets.controls.prompt import PromptFields
from widgets.look import lay, theme
from widgets.look.frames import card, keep_only, paint_once, scrolled
from widgets.look.glyphs import Glyph, GlyphButton
from widgets.pictures.gallery import Gallery
from widgets.pictures.viewer import Viewer
from widgets.sampling.body import MakeBody
from widgets.sampling.column import Column

CONTROLS_WIDTH = 248
INSPECTOR_WIDTH = 268


@dataclass(frozen=True)
class ColumnSpec:
    """Who a column is for: "mnist/vae", "VAE", "1.2 M parameters", its family.

    `make` makes its body, which shows `things`; at most `per_row` columns stand side by side.
    """

    name: str
    title: str
    subtitle: str
    family: str
    make: MakeBody = Gallery
    things: str = "pictures"
    per_row: int = 5


class SamplingTab(QWidget):
    """Controls, columns and inspector. Signals about one column carry the model's name first."""

    live_changed = Signal()
    """Count or class has changed."""
    knob_changed = Signal(str, str, float)
    generate_wanted = Signal(int, bool)
    """Batch size, and whether it goes before the jobs that wait."""
    last_batch_wanted = Signal(bool)
    """Whether the last batch is to be shown; else the preview."""
    chosen = Signal(str, int)
    menu_wanted = Signal(str, int, QPoint)
    drag_wanted = Signal(str, int)
    copy_wanted = Signal(str, int)
    close_wanted = Signal(str)
    duplicate_wanted = Signal(str)
    """One more column of this one's model, to turn other knobs."""
    sweep_wanted = Signal(str)
    """One of its knobs at several values, side by side."""
    retry_wanted = Signal(str)
    details_wanted = Signal(str)

    entered = Signal()
    """The tab has come into view."""
    left = Signal()
    """It has gone out of view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: dict[str, Column] = {}
        self._sections: dict[str, _KnobSection] = {}
        self._per_row: dict[str, int] = {}
        self.count = _spin(1, 400, 16, "Number of samples redrawn at every change (1–400).")
        self.classes, self.attributes = Combo(self), AttributeMenus(self)
        self.batch = _spin(1, 100_000, 500, "Number of samples that Generate makes (1–100,000).")
        self.generate = QPushButton("Generate", self)
        self.last_batch = QPushButton("Last batch", self)
        self.prompt, self.viewer = PromptFields(self), Viewer(self)
        self._knobs = QVBoxLayout()
        self._grid = QGridLayout()
        self._dress()
        self._build()
        self.count.valueChanged.connect(self.live_changed)
        self.classes.currentIndexChanged.connect(self._class_changed)
        self.attributes.changed.connect(self._class_changed)
        self.attributes.hide()
        self.generate.clicked.connect(self._ask_to_generate)
        self.last_batch.clicked.connect(self.last_batch_wanted)

    def set_batch(self, words: str, *, shown: bool) -> None:
        """Say which batch there is, such as "500, seed 7", "" for none, and whether it is shown."""
        self.last_batch.setText(f"Last batch ({words})" if words else "Last batch")
        self.last_batch.setEnabled(bool(words))
        self.last_batch.setChecked(shown)

    def class_mode(self) -> Literal["all", "each"] | int:
        """ "all" for p(x), "each" for every class in turn, or one class index."""
        mode = self.classes.currentData()
        return mode if mode == "each" or isinstance(mode, int) else "all"

    def set_classes(self, labels: tuple[str, ...], mode: str | int) -> None:
        """Offer these classes and choose a mode, silently; an impossible mode becomes "all"."""
        each = [("Each in turn", "each")] if labels else []
        ones = [(label, index) for index, label in enumerate(labels)]
        self.classes.offer([("All: p(x)", "all"), *each, *ones], mode)
        self.classes.setEnabled(bool(labels))
        self._tell_class()

    def set_attributes(
        self, attributes: Sequence[tuple[str, Sequence[str]]], given: Mapping[str, str]
    ) -> None:
        """Offer a menu for each attribute in place of that of the classes, silently."""
        self.attributes.set_attributes(attributes, given)
        self._form.setRowVisible(self.classes, not attributes)
        self._tell_class()

    @Slot()
    def _class_changed(self) -> None:
        self._tell_class()
        self.live_changed.emit()

    def _tell_class(self) -> None:
        for section in self._sections.values():
            nothing = self.class_mode() == "all" and not self.attributes.given()
            section.panel.set_classless(nothing)

    def live_count(self) -> int:
        """How many pictures or points follow every change."""
        return int(self.count.value())

    def set_count(self, count: int, *, most: int) -> None:
        """Set the live count and its upper end silently."""
        self.count.blockSignals(True)
        self.count.setMaximum(most)
        self.count.setValue(count)
        self.count.blockSignals(False)

    def column(self, name: str) -> Column | None:
        """The column of a model, or None when it is not shown."""
        return self._columns.get(name)

    def names(self) -> tuple[str, ...]:
        """The models shown, from left to right."""
        return tuple(self._columns)

    def set_columns(self, specs: tuple[ColumnSpec, ...]) -> None:
        """Show these models; a column that stays keeps its pictures."""
        paint_once(self)
        names = {spec.name for spec in specs}
        keep_only(self._columns, names)
        keep_only(self._sections, names)
        for place, spec in enumerate(specs):
            if spec.name not in self._columns:
                self._add(spec)
            self._knobs.insertWidget(place, self._sections[spec.name])
        self._columns = {spec.name: self._columns[spec.name] for spec in specs}
        self._arrange()

    def drop_columns(self, names: set[str]) -> None:
        """Let go of these columns, which are made anew where they are asked for again."""
        keep_only(self._columns, self._columns.keys() - names)
        keep_only(self._sections, self._sections.keys() - names)

    def set_knobs(self, name: str, specs: tuple[KnobSpec, ...], values: dict[str, float]) -> None:
        """Show a model's knobs at these values."""
        if name in self._sections:
            self._sections[name].panel.set_specs(specs, values)
            self._tell_class()

    def knobs(self, name: str) -> dict[str, float]:
        """A model's knobs as they stand; empty until the model has told which it has."""
        section = self._sections.get(name)
        return section.panel.values() if section else {}

    def _dress(self) -> None:
        self.classes.setToolTip(
            "Which classes to sample: p(x), with the share of each class in the data; each "
            "in turn, with equal shares; or one class, p(x | c)."
        )
        self.classes.setAccessibleName("Class")
        self.classes.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.count.setAccessibleName("Preview count")
        self.batch.setAccessibleName("Batch size")
        self.generate.setProperty("primary", True)
        self.generate.setToolTip(
            "Queue a batch of this size for every model shown (Ctrl+Enter). With Shift: at "
            "the front of the queue."
        )
        self.last_batch.setToolTip(
            "Down: the last generated batch. Up: the preview, which follows every change."
        )
        self.last_batch.setCheckable(True)
        self.set_batch("", shown=False)

    def _build(self) -> None:
        unit = theme.UNIT
        columns = QWidget(self)
        lay.bare(self._grid)
        columns.setLayout(self._grid)
        inspector = card(self.viewer, margin=unit, least=INSPECTOR_WIDTH)
        self.splitter = lay.split(self, self._controls(), (columns, 1), inspector)
        lay.across(self.splitter, on=self, margins=unit, spacing=None)

    def _controls(self) -> QWidget:
        unit = theme.UNIT
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setSpacing(unit)
        form.addRow("Preview", self.count)
        form.addRow("Class", self.classes)
        form.addRow(self.attributes)
        self._form = form
        form.addRow("Batch", self.batch)
        content = QWidget(self)
        inner = lay.down(
            form, self.prompt, self.generate, self.last_batch, on=content, margins=unit
        )
        inner.addSpacing(unit)
        self._knobs.setSpacing(2 * unit)
        inner.addLayout(self._knobs)
        inner.addStretch(1)
        return card(scrolled(content), least=CONTROLS_WIDTH)

    def _add(self, spec: ColumnSpec) -> Column:
        column = Column(spec.make, self, things=spec.things)
        column.set_identity(spec.title, spec.subtitle, spec.family)
        body, name = column.body, spec.name
        body.chosen.connect(lambda i: self.chosen.emit(name, i))
        body.menu_wanted.connect(lambda i, at: self.menu_wanted.emit(name, i, at))
        body.copy_wanted.connect(lambda i: self.copy_wanted.emit(name, i))
        if hasattr(body, "drag_wanted"):
            body.drag_wanted.connect(lambda i: self.drag_wanted.emit(name, i))
        if hasattr(body, "link"):
            for other in self._columns.values():  # plots pan and zoom together
                if type(other.body) is type(body):
                    body.link(other.body)
        column.close_wanted.connect(lambda: self.close_wanted.emit(name))
        column.retry_wanted.connect(lambda: self.retry_wanted.emit(name))
        column.details_wanted.connect(lambda: self.details_wanted.emit(name))
        section = _KnobSection(spec, self)
        section.panel.changed.connect(lambda knob, v: self.knob_changed.emit(name, knob, v))
        section.sweep.clicked.connect(lambda: self.sweep_wanted.emit(name))
        section.duplicate.clicked.connect(lambda: self.duplicate_wanted.emit(name))
        self._columns[name], self._sections[name] = column, section
        self._per_row[name] = spec.per_row
        return column

    def _arrange(self) -> None:
        """Side by side; plots are square, so three of them make better use of two rows."""
        columns = list(self._columns.values())
        least = max((column.least() for column in columns), default=0)
        for column in columns:
            column.setMinimumWidth(least)
        most = min((self._per_row[name] for name in self._columns), default=1)
        per_row = len(columns) if len(columns) <= most else -(-len(columns) // 2)
        for place in range(max(self._grid.columnCount(), per_row)):
            self._grid.setColumnStretch(place, int(place < per_row))
        for place, column in enumerate(columns):
            self._grid.addWidget(column, place // per_row, place % per_row)
        for row in range(max(self._grid.rowCount(), 2)):
            self._grid.setRowStretch(row, int(row * per_row < len(columns)))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.entered.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.left.emit()

    @Slot()
    def _ask_to_generate(self) -> None:
        shift = QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        self.generate_wanted.emit(int(self.batch.value()), bool(shift))


class _KnobSection(QWidget):
    """The knobs of one model below its name."""

    def __init__(self, spec: ColumnSpec, parent: QWidget) -> None:
        super().__init__(parent)
        title = QLabel(spec.title, self)
        title.setFont(theme.title_font(self.font()))
        dot = QFrame(self)
        dot.setFixedSize(theme.UNIT // 2, 2 * theme.UNIT)
        colour = theme.family_colour(spec.family).name()
        dot.setStyleSheet(f"background: {colour}; border-radius: 2px;")
        self.duplicate = GlyphButton(
            Glyph.COPY,
            f"Duplicate the column of {spec.title}",
            "One more column of this model, to compare other values of its knobs.",
            self,
        )
        self.sweep = GlyphButton(
            Glyph.STRIP,
            f"Sweep a knob of {spec.title}",
            "One knob at several values and one seed, side by side: a figure to look at and save.",
            self,
        )
        head = lay.across(dot, (title, 1), self.sweep, self.duplicate)
        self.panel = KnobPanel(self)
        self.panel.name_model(spec.title)
        self.panel.nothing.setText("Its knobs appear once it is loaded.")
        lay.down(head, self.panel, on=self, spacing=theme.UNIT // 2)


def _spin(low: int, high: int, value: int, tip: str) -> NumberBox:
    box = NumberBox()
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    box.setDecimals(0)
    box.setRange(low, high)
    box.setValue(value)
    box.setToolTip(tip)
    return box
