"""Controls for a model's knobs (temperature, steps, guidance, …), built from plain descriptions."""

from __future__ import annotations

import html
from collections.abc import Mapping

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolTip,
    QWidget,
)

from widgets.controls.knob_fields import ChoiceField, KnobSpec, SlideField
from widgets.look import lay, theme
from widgets.look.explain import explain
from widgets.look.glyphs import Glyph, GlyphButton, draw, side

__all__ = ["Knob", "KnobPanel", "KnobSpec"]

_HELP_MS = 60_000


class Title(QLabel):
    """A knob's name; a double click on it asks for the default."""

    reset_wanted = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.reset_wanted.emit()


class Caution(QWidget):
    """One line after a warning sign; it keeps its place while hidden, so that nothing jumps."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = text
        self.setFont(theme.small_font(self.font()))
        self.setAccessibleName(text)
        self.setToolTip(text)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self.hide()

    def text(self) -> str:
        return self._text

    def sizeHint(self) -> QSize:
        return QSize(0, max(side(), self.fontMetrics().height()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle = self.height() / 2
        draw(painter, Glyph.WARN, QPointF(side() / 2, middle), theme.colour("warning"))
        painter.setPen(theme.colour("warning"))
        box = self.rect().adjusted(side() + theme.UNIT // 2, 0, 0, 0)
        metrics = self.fontMetrics()
        text = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class Knob(QWidget):
    """One knob with its title, reset, help and warning.

    `changed(name, value)` tells every new value as it comes; `released` that the hand is off: the
    drag is over, or the value came at once (keys, wheel, typing, reset, a choice).
    """

    changed = Signal(str, float)
    released = Signal()

    def __init__(self, spec: KnobSpec, parent: QWidget, whose: str = "") -> None:
        super().__init__(parent)
        self.spec = spec
        title = f"{spec.title} of {whose}" if whose else spec.title
        self._told, self._idle = spec.default, False
        self.title = Title(spec.title, self)
        field = ChoiceField if spec.choices else SlideField
        self.field: ChoiceField | SlideField = field(spec, self)
        self.reset = GlyphButton(
            Glyph.RESET, f"Reset {title}", f"Back to {self._default_text()}.", self
        )
        self.field.name(title)
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self.help = GlyphButton(
            Glyph.QUESTION, f"Help on {title}", f"What does “{spec.title}” do?", self
        )
        if spec.help:
            self.help.setToolTip(f"<qt>{html.escape(spec.help)}</qt>")
        self.warning = Caution(spec.warn, self) if spec.warn else None
        self._arrange()
        self._mark()
        self.field.edited.connect(self._on_edited)
        self.field.reset_wanted.connect(self._on_reset)
        self.title.reset_wanted.connect(self._on_reset)
        self.reset.clicked.connect(self._on_reset)
        self.help.clicked.connect(self._on_help)

    def value(self) -> float:
        return self.field.value()

    def set_value(self, value: float) -> None:
        """Take a value silently, within the range; a knob held by the mouse stays in the hand."""
        if not self.field.held():
            self.field.set_value(value)
            self._told = self.value()
            self._mark()

    def set_idle(self, idle: bool) -> None:
        """Whether the knob counts for nothing now, as no class is asked."""
        self._idle = idle
        self.field.setEnabled(not idle)
        self.setToolTip(
            ("No effect: no class is chosen, so there is nothing to guide towards.") if idle else ""
        )
        self._mark()

    def strays(self) -> bool:
        """Whether the warning applies to the value that is in force."""
        return not self._idle and self.spec.strays(self.value())

    def to_own(self) -> None:
        """Take the value at which nothing is lost, as if by hand."""
        if self.spec.own is not None and self.strays():
            self.field.set_value(self.spec.own)
            self._on_edited(self.value(), True)

    def _default_text(self) -> str:
        if self.spec.choices:
            return self.spec.choices[self.spec.position_of(self.spec.default)]
        return f"{self.spec.default:g}"

    def _mark(self) -> None:
        """Show whether the value is the default one, and whether something is lost by it."""
        self.reset.setVisible(self.spec.turned(self.value()))
        if self.warning is not None:
            self.warning.setVisible(self.strays())

    @Slot(float, bool)
    def _on_edited(self, value: float, settled: bool) -> None:
        self._mark()
        if value != self._told:
            self._told = value
            self.changed.emit(self.spec.name, value)
        if settled:
            self.released.emit()

    @Slot()
    def _on_reset(self) -> None:
        if self.value() != self.spec.default:
            self.field.set_value(self.spec.default)
            self._on_edited(self.value(), True)

    @Slot()
    def _on_help(self) -> None:
        """The glossary where it has an entry; the knob's own words are in the tool tip."""
        if explain(self.help, self.spec.title) or explain(self.help, self.spec.name):
            return
        below = self.help.mapToGlobal(QPoint(0, self.help.height() // 2))
        # Rich text is what makes a tool tip wrap its lines.
        text = f"<qt>{html.escape(self.spec.help)}</qt>"
        QToolTip.showText(below, text, self.help, QRect(), _HELP_MS)

    def _arrange(self) -> None:
        self.title.setBuddy(self.field)
        self.title.setToolTip(f"A double click resets to {self._default_text()}.")
        header = lay.across(self.title, lay.STRETCH, self.reset, self.help, spacing=0)
        # The warning lives in the gap to the next knob: knobs with and without it stand evenly.
        gap = 4 if self.warning is not None else 2 * theme.UNIT + 4
        column = lay.down(
            header, self.field, on=self, margins=(0, 0, 0, gap), spacing=theme.UNIT // 4
        )
        if self.warning is not None:
            column.addWidget(self.warning)


class KnobPanel(QWidget):
    """All knobs of what is selected, one under the other.

    `changed(name, value)` is live, during a drag too; `released` ends a drag or a single change.
    What the program sets is silent.
    """

    changed = Signal(str, float)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._specs: tuple[KnobSpec, ...] = ()
        self._whose = ""
        self._classless = False
        self.knobs: dict[str, Knob] = {}
        self.nothing = QLabel("This model has no knobs.", self)
        self.nothing.setProperty("faint", True)
        self.nothing.setWordWrap(True)
        self.own = QPushButton("The model's own distribution", self)
        self.own.setToolTip(
            "Sets guidance and temperature to 1. The arrow beside a knob restores its "
            "recommended value."
        )
        self.own.clicked.connect(self._on_own)
        self.own.hide()
        self._column = lay.down(self.nothing, self.own, lay.STRETCH, on=self, spacing=0)

    def name_model(self, title: str) -> None:
        """Say whose knobs these are: several models have one of the same name."""
        if title != self._whose:
            self._whose = title
            self.own.setAccessibleName(f"{title}: the model's own distribution")
            self._rebuild()

    def specs(self) -> tuple[KnobSpec, ...]:
        return self._specs

    def set_specs(self, specs: tuple[KnobSpec, ...], values: Mapping[str, float] = {}) -> None:
        """Show these knobs at their defaults, save where `values` says otherwise.

        Equal specs keep the controls, their values and a drag under way.
        """
        if specs != self._specs:
            self._specs = specs
            self._rebuild()
        self.set_values(values)

    def set_classless(self, classless: bool) -> None:
        """Whether no class is asked: knobs that need one are idle then."""
        self._classless = classless
        for knob in self.knobs.values():
            knob.set_idle(classless and knob.spec.of_class)
        self._mark()

    def values(self) -> dict[str, float]:
        return {name: knob.value() for name, knob in self.knobs.items()}

    def set_values(self, values: Mapping[str, float]) -> None:
        """Take values silently; names that are not among the knobs are passed over."""
        for name, value in values.items():
            if name in self.knobs:
                self.knobs[name].set_value(value)
        self._mark()

    @Slot()
    def _on_own(self) -> None:
        for knob in self.knobs.values():
            knob.to_own()

    @Slot()
    def _mark(self) -> None:
        """The button has something to do where a recommended setting strays."""
        away = (knob.spec.own is not None and knob.strays() for knob in self.knobs.values())
        self.own.setEnabled(any(away))

    def _rebuild(self) -> None:
        for knob in self.knobs.values():
            self._column.removeWidget(knob)
            knob.hide()
            knob.deleteLater()
        self.knobs = {spec.name: Knob(spec, self, self._whose) for spec in self._specs}
        for place, knob in enumerate(self.knobs.values()):
            knob.changed.connect(self.changed)
            knob.changed.connect(self._mark)
            knob.released.connect(self.released)
            self._column.insertWidget(place, knob)
        self.set_classless(self._classless)
        self.nothing.setVisible(not self.knobs)
        self.own.setVisible(any(spec.own is not None for spec in self._specs))
