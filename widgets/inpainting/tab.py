"""The in-painting tab: picture and mask on the left, one row per model, the inspector on the right.

Holds no state of its own beyond its controls; everything a person does leaves as a signal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from widgets.controls.combo import Combo
from widgets.controls.knob_fields import KnobSpec
from widgets.controls.knobs import KnobPanel
from widgets.controls.number import NumberBox
from widgets.controls.prompt import PromptFields
from widgets.controls.source_bar import SourceBar
from widgets.inpainting.flip import Flip
from widgets.inpainting.line_editor import LineEditor
from widgets.inpainting.line_facts import LineFacts
from widgets.inpainting.row import InpaintingRow
from widgets.look import theme
from widgets.look.frames import card, scrolled
from widgets.look.specs import RowSpec
from widgets.mask.editor import MaskEditor

if TYPE_CHECKING:
    from widgets.inpainting.conditional_row import ConditionalRow

PICTURE_WIDTH, ROWS_WIDTH, INSPECTOR_WIDTH = 376, 400, 268
"""Least widths, in device-independent pixels."""
FILL_TIP = "Queue the draws of every row (Ctrl+Enter). With Shift before the jobs that wait."
PICTURE_DRAWS, POINT_DRAWS = (64, 8), (5_000, 500)
"""The most draws of every row, and how many at first."""

AnyRow: TypeAlias = "InpaintingRow | ConditionalRow"


class InpaintingTab(QWidget):
    """Canvas, rows and inspector. Signals about one row carry the model's name first."""

    entered = Signal()
    """The tab has come into view."""
    settings_changed = Signal()
    """Number of draws or class has changed."""
    live_toggled = Signal(bool)
    fill_wanted = Signal(bool)
    """Whether it goes before the jobs that wait."""
    compare_wanted = Signal(bool)
    method_chosen = Signal(str, str)
    knob_changed = Signal(str, float)
    """Of the method in the inspector."""
    chosen = Signal(str, int)
    summary_chosen = Signal(str, int)
    menu_wanted = Signal(str, int, QPoint)
    drag_wanted = Signal(str, int)
    copy_wanted = Signal(str, int)
    close_wanted = Signal(str)
    retry_wanted = Signal(str)
    details_wanted = Signal(str)
    evidence_wanted = Signal(str)
    unclamped_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, AnyRow] = {}
        self.source, self.editor = SourceBar(self), MaskEditor(self)
        self.canvas = self.editor.canvas
        self.line, self.given = LineEditor(self), QStackedWidget(self)
        self.facts = LineFacts(self)
        self._draws = {False: PICTURE_DRAWS[1], True: POINT_DRAWS[1]}
        self._points = False
        self.count, self.classes = NumberBox(self), Combo(self)
        self.live, self.fill = QCheckBox("Live", self), QPushButton("Fill", self)
        self.prompt = PromptFields(self)
        self.keep_mask = QCheckBox("Keep mask", self)
        self.unclamped = QCheckBox("Unclamped", self)
        self.flip, self.knobs = Flip(self), KnobPanel(self)
        self.knobs_title, self.nothing = QLabel(self), QLabel(self)
        self._column = QVBoxLayout()
        self._dress()
        self._build()
        self._join()

    # what the program shows

    def row(self, name: str) -> AnyRow | None:
        """The row of a model, or None when it is not shown."""
        return self._rows.get(name)

    def names(self) -> tuple[str, ...]:
        """The models shown, from top to bottom."""
        return tuple(self._rows)

    def set_rows(self, specs: tuple[RowSpec, ...]) -> None:
        """Show these models; a row that stays keeps its draws."""
        for name in [name for name in self._rows if name not in {spec.name for spec in specs}]:
            gone = self._rows.pop(name)
            gone.hide()
            gone.deleteLater()
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

    def set_classes(self, names: tuple[str, ...], label: int | None) -> None:
        """Offer p(x) and these classes, silently."""
        with QSignalBlocker(self.classes):
            self.classes.clear()
            self.classes.addItem("Any: p(x)", None)
            for index, name in enumerate(names):
                self.classes.addItem(name, index)
            self.classes.setCurrentIndex(max(0, self.classes.findData(label)))
        self.classes.setEnabled(bool(names))

    def label(self) -> int | None:
        """The class that every draw is of, None for any."""
        found = self.classes.currentData()
        return found if isinstance(found, int) else None

    def draws(self) -> int:
        """How many draws each row makes."""
        return int(self.count.value())

    def set_draws(self, count: int, *, points: bool = False) -> None:
        """Set the number of draws of pictures or of points, silently."""
        self._draws[points] = min(count, (POINT_DRAWS if points else PICTURE_DRAWS)[0])
        if points is self._points:
            with QSignalBlocker(self.count):
                self.count.setValue(count)

    def draws_of(self, points: bool) -> int:
        """How many draws each row makes of pictures, or of points."""
        return self.draws() if points is self._points else self._draws[points]

    def show_points(self, points: bool) -> None:
        """Offer a line across the plane in place of a picture and its mask, or the other way."""
        if points is self._points:
            return
        self._draws[self._points] = self.draws()
        self._points = points
        self.given.setCurrentIndex(int(points))
        most = (POINT_DRAWS if points else PICTURE_DRAWS)[0]
        with QSignalBlocker(self.count):
            self.count.setRange(1, most)
            self.count.setValue(self._draws[points])
        self.count.setToolTip(f"How many draws every model makes, 1 to {most:,}.")
        for widget in (self.keep_mask, self.unclamped, self.flip):
            widget.setVisible(not points)
        self.facts.setVisible(points)

    def set_live(self, live: bool) -> None:
        """Set the switch, silently."""
        with QSignalBlocker(self.live):
            self.live.setChecked(live)

    def set_knobs(self, title: str, specs: tuple[KnobSpec, ...], values: dict[str, float]) -> None:
        """Show the knobs of the chosen row's method; "" where no row is chosen."""
        self.knobs_title.setText(title)
        self.knobs_title.setVisible(bool(title))
        self.knobs.setVisible(bool(title))
        self.knobs.set_specs(specs, values)

    # how it is made

    def _dress(self) -> None:
        self.count.setDecimals(0)
        self.count.setRange(1, 64)
        self.count.setValue(8)
        self.count.setAccessibleName("Draws")
        self.count.setToolTip("How many times every model fills the hole, 1 to 64.")
        self.classes.setAccessibleName("Class")
        self.classes.setToolTip("Fill as any class, p(x), or as one class, p(x | c).")
        for widget in (self.count, self.classes):
            widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.live.setToolTip("Methods fast enough follow every stroke. The others wait for Fill.")
        self.live.setChecked(True)
        self.keep_mask.setToolTip(
            "Whether another picture keeps the mask; otherwise it is cleared."
        )
        self.keep_mask.setChecked(True)
        self.unclamped.setToolTip(
            "Show the draws as the method left them, before the known pixels are put back. "
            "What is saved or copied always has the known pixels."
        )
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
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(unit)
        self._column.addWidget(self.nothing)
        rows.setLayout(self._column)
        right = QVBoxLayout(inspector)
        right.setContentsMargins(unit, unit, unit, unit)
        right.setSpacing(unit)
        self.facts.hide()
        inspected: tuple[QWidget, ...] = (self.flip, self.facts, self.knobs_title, self.knobs)
        for widget in inspected:
            right.addWidget(widget)
        right.addStretch(1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setChildrenCollapsible(False)
        left = card(self._picture_side(), least=PICTURE_WIDTH)
        middle, right_side = (
            scrolled(rows, least=ROWS_WIDTH),
            card(scrolled(inspector), least=INSPECTOR_WIDTH),
        )
        for part, stretch in ((left, 2), (middle, 5), (right_side, 1)):
            self.splitter.addWidget(part)
            self.splitter.setStretchFactor(self.splitter.count() - 1, stretch)
        self.splitter.setHandleWidth(unit)
        self.splitter.setSizes([PICTURE_WIDTH, 2 * ROWS_WIDTH, INSPECTOR_WIDTH])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(unit, unit, unit, unit)
        layout.addWidget(self.splitter)

    def _picture_side(self) -> QWidget:
        unit = theme.UNIT
        side = QWidget(self)
        form, switches = QFormLayout(), QHBoxLayout()
        form.setSpacing(unit)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Draws", self.count)
        form.addRow("Class", self.classes)
        switches.setSpacing(unit)
        switches.addWidget(self.live)
        switches.addWidget(self.keep_mask)
        switches.addWidget(self.unclamped)
        switches.addStretch(1)
        layout = QVBoxLayout(side)
        layout.setContentsMargins(unit, unit, unit, unit)
        layout.setSpacing(unit)
        picture = QWidget(self)
        inner = QVBoxLayout(picture)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(unit)
        inner.addWidget(self.source)
        inner.addWidget(self.editor, 1)
        self.given.addWidget(picture)
        self.given.addWidget(self.line)
        layout.addWidget(self.given, 1)
        layout.addWidget(self.prompt)
        layout.addLayout(form)
        layout.addLayout(switches)
        layout.addWidget(self.fill)
        return side

    def _join(self) -> None:
        self.count.valueChanged.connect(self.settings_changed)
        self.classes.currentIndexChanged.connect(self.settings_changed)
        self.live.toggled.connect(self.live_toggled)
        self.unclamped.toggled.connect(self.unclamped_toggled)
        self.fill.clicked.connect(self._ask_to_fill)
        self.knobs.changed.connect(self.knob_changed)

    def _add(self, spec: RowSpec) -> None:
        name = spec.name
        row: AnyRow
        if spec.points:
            # plots take a third of a second to import: the first window should not wait for them
            from widgets.inpainting.conditional_row import ConditionalRow

            row = ConditionalRow(self)
            row.chosen.connect(lambda: self.chosen.emit(name, 0))
        else:
            row = self._picture_row(name)
        row.set_identity(spec.title, name, spec.family)
        row.method_chosen.connect(lambda method: self.method_chosen.emit(name, method))
        row.close_wanted.connect(lambda: self.close_wanted.emit(name))
        row.retry_wanted.connect(lambda: self.retry_wanted.emit(name))
        row.details_wanted.connect(lambda: self.details_wanted.emit(name))
        row.evidence_wanted.connect(lambda: self.evidence_wanted.emit(name))
        self._rows[name] = row

    def _picture_row(self, name: str) -> InpaintingRow:
        row = InpaintingRow(self)
        row.chosen.connect(lambda i: self.chosen.emit(name, i))
        row.summary_chosen.connect(lambda i: self.summary_chosen.emit(name, i))
        row.menu_wanted.connect(lambda i, at: self.menu_wanted.emit(name, i, at))
        row.drag_wanted.connect(lambda i: self.drag_wanted.emit(name, i))
        row.copy_wanted.connect(lambda i: self.copy_wanted.emit(name, i))
        return row

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
        self.compare_wanted.emit(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_O and not event.modifiers():
            self.compare_wanted.emit(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_O and not event.isAutoRepeat():
            self.compare_wanted.emit(False)
        else:
            super().keyReleaseEvent(event)
