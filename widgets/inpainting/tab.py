"""The in-painting tab: example and hole on the left, one row per model, the inspector on the right.

What depends on the kind of data is on a desk of that kind. Holds no state of its own beyond its
controls; everything a person does leaves as a signal.
"""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from widgets.controls.attribute_menus import AttributeMenus
from widgets.controls.class_menu import ClassMenu
from widgets.controls.knob_fields import KnobSpec
from widgets.controls.knobs import KnobPanel
from widgets.controls.number import NumberBox
from widgets.controls.prompt import PromptFields
from widgets.inpainting.desk import Desk
from widgets.inpainting.filling_row import FillingRow
from widgets.look import lay, theme
from widgets.look.frames import card, keep_only, paint_once, scrolled
from widgets.look.specs import RowSpec

GIVEN_WIDTH, ROWS_WIDTH, INSPECTOR_WIDTH = 364, 364, 248
"""Least widths, in device-independent pixels; together they fit into a window of 1024."""
FILL_TIP = (
    "Fill every row, as jobs in the queue (Ctrl+Enter). With Shift: at the front of the queue."
)


class InpaintingTab(QWidget):
    """Desk, rows and inspector. Signals about one row carry the model's name first."""

    entered = Signal()
    """The tab has come into view."""
    left = Signal()
    """It has gone out of view."""
    settings_changed = Signal()
    """Number of draws or class has changed."""
    live_toggled = Signal(bool)
    fill_wanted = Signal(bool)
    """Whether it goes before the jobs that wait."""
    method_chosen = Signal(str, str)
    knob_changed = Signal(str, float)
    """Of the method in the inspector."""
    close_wanted = Signal(str)
    retry_wanted = Signal(str)
    details_wanted = Signal(str)
    evidence_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, FillingRow] = {}
        self.desk: Desk | None = None
        self._given, self._inspected = QStackedWidget(self), QVBoxLayout()
        self.count, self.classes = NumberBox(self), ClassMenu(self)
        self.attributes, self._form = AttributeMenus(self), QFormLayout()
        self.live, self.fill = QCheckBox("Live", self), QPushButton("Fill", self)
        self.prompt = PromptFields(self)
        self._switches = QHBoxLayout()
        self.knobs = KnobPanel(self)
        self.knobs_title, self.nothing = QLabel(self), QLabel(self)
        self._column = QVBoxLayout()
        self._dress()
        self._build()
        self._join()

    # what the program shows

    def row(self, name: str) -> FillingRow | None:
        """The row of a model, or None when it is not shown."""
        return self._rows.get(name)

    def names(self) -> tuple[str, ...]:
        """The models shown, from top to bottom."""
        return tuple(self._rows)

    def set_rows(self, specs: tuple[RowSpec, ...]) -> None:
        """Show these models; a row that stays keeps its draws."""
        paint_once(self)
        keep_only(self._rows, {spec.name for spec in specs})
        for place, spec in enumerate(specs):
            if spec.name not in self._rows:
                self._add(spec)
            self._column.insertWidget(place, self._rows[spec.name], 1)
        self._rows = {spec.name: self._rows[spec.name] for spec in specs}

    def set_ready(self, reason: str) -> None:
        """Offer filling, or say why there is nothing to fill."""
        self.nothing.setText(reason)
        self.nothing.setVisible(bool(reason))
        self.fill.setEnabled(not reason)
        self.fill.setToolTip(reason or FILL_TIP)
        for row in self._rows.values():
            row.setVisible(not reason)

    def show_classes(self, classes: bool) -> None:
        """Whether there is a menu of classes; otherwise there are those of attributes."""
        self._form.setRowVisible(self.classes, classes)

    def draws(self) -> int:
        """How many draws each row makes."""
        return int(self.count.value())

    def set_draws(self, count: int, most: int | None = None) -> None:
        """Set the number of draws, silently, and with `most` how many there can be."""
        with QSignalBlocker(self.count):
            if most is not None:
                self.count.setRange(1, most)
                self.count.setToolTip(f"Number of samples per model (1–{most:,}).")
            self.count.setValue(count)

    def show_desk(self, desk: Desk | None) -> None:
        """Offer the editor, switches and inspector of one kind of data in place of another's."""
        if desk is self.desk:
            return
        if self.desk is not None:
            for widget in (self.desk.inspected, *self.desk.switches):
                widget.hide()
        self.desk = desk
        self._given.setVisible(desk is not None)
        if desk is None:
            return
        if self._given.indexOf(desk.given) < 0:
            self._given.addWidget(desk.given)
            self._inspected.addWidget(desk.inspected)
            for switch in desk.switches:
                self._switches.addWidget(switch)
        self._given.setCurrentWidget(desk.given)
        for widget in (desk.inspected, *desk.switches):
            widget.show()

    def set_live(self, live: bool) -> None:
        """Set the switch, silently."""
        with QSignalBlocker(self.live):
            self.live.setChecked(live)

    def set_knobs(self, title: str, specs: tuple[KnobSpec, ...], values: dict[str, float]) -> None:
        """Show the knobs of the chosen row's method; "" where no row is chosen."""
        self.knobs_title.setText(title)
        self.knobs_title.setVisible(bool(title))
        self.knobs.setVisible(bool(title))
        self.knobs.name_model(title)
        self.knobs.set_specs(specs, values)

    # how it is made

    def _dress(self) -> None:
        self.count.setDecimals(0)
        self.count.setAccessibleName("Samples")
        self.set_draws(8, 64)
        self.classes.setToolTip("Fill with any class, p(x), or with one class, p(x | c).")
        for widget in (self.count, self.classes):
            widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.live.setToolTip(
            "Fast methods update while you paint. The others start when you press Fill."
        )
        self.live.setChecked(True)
        self.fill.setProperty("primary", True)
        self.fill.setToolTip(FILL_TIP)
        self.knobs_title.setFont(theme.title_font(self.font()))
        self.knobs_title.setWordWrap(True)
        self.knobs.nothing.setText("This method has no knobs.")
        self.nothing.setWordWrap(True)
        self.nothing.setProperty("faint", True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()
        self.set_knobs("", (), {})

    def _build(self) -> None:
        unit = theme.UNIT
        rows, inspector = QWidget(self), QWidget(self)
        lay.bare(self._column)
        self._column.addWidget(self.nothing)
        rows.setLayout(self._column)
        lay.down(
            self._inspected, self.knobs_title, self.knobs, lay.STRETCH, on=inspector, margins=unit
        )
        left = card(self._given_side(), least=GIVEN_WIDTH)
        middle, right_side = (
            scrolled(rows, least=ROWS_WIDTH),
            card(scrolled(inspector), least=INSPECTOR_WIDTH),
        )
        self.splitter = lay.split(
            self,
            (left, 2),
            (middle, 5),
            (right_side, 1),
            sizes=(GIVEN_WIDTH, 2 * ROWS_WIDTH, INSPECTOR_WIDTH),
        )
        lay.across(self.splitter, on=self, margins=unit, spacing=None)

    def _given_side(self) -> QWidget:
        unit = theme.UNIT
        side = QWidget(self)
        form = self._form
        form.setSpacing(unit)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Samples", self.count)
        form.addRow("Class", self.classes)
        form.addRow(self.attributes)
        self.attributes.hide()
        switches = lay.across(self.live, self._switches, lay.STRETCH)
        self._switches.setSpacing(unit)
        lay.down((self._given, 1), self.prompt, form, switches, self.fill, on=side, margins=unit)
        return side

    def _join(self) -> None:
        self.count.valueChanged.connect(self.settings_changed)
        self.classes.currentIndexChanged.connect(self.settings_changed)
        self.attributes.changed.connect(self.settings_changed)
        self.live.toggled.connect(self.live_toggled)
        self.fill.clicked.connect(self._ask_to_fill)
        self.knobs.changed.connect(self.knob_changed)

    def _add(self, spec: RowSpec) -> None:
        assert self.desk is not None, "rows are those of a desk"
        name, row = spec.name, self.desk.row(spec.name, self)
        row.set_identity(spec.title, name, spec.family)
        row.method_chosen.connect(lambda method: self.method_chosen.emit(name, method))
        row.close_wanted.connect(lambda: self.close_wanted.emit(name))
        row.retry_wanted.connect(lambda: self.retry_wanted.emit(name))
        row.details_wanted.connect(lambda: self.details_wanted.emit(name))
        row.evidence_wanted.connect(lambda: self.evidence_wanted.emit(name))
        self._rows[name] = row

    @Slot()
    def _ask_to_fill(self) -> None:
        shift = QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        self.fill_wanted.emit(bool(shift))

    # what the hand does

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.entered.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._compare(False)
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_O and not event.modifiers():
            self._compare(True)
        elif self.desk is None or not self.desk.take_key(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_O and not event.isAutoRepeat():
            self._compare(False)
        else:
            super().keyReleaseEvent(event)

    def _compare(self, on: bool) -> None:
        if self.desk is not None:
            self.desk.compared.emit(on)
