"""What is known of one model: its facts, what it can do in every tab, and what to do with it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from widgets.library.list import Can, ModelAction, ModelRow
from widgets.look import lay, theme
from widgets.look.glyphs import Glyph, draw, side
from widgets.look.labels import small_print
from widgets.look.progress import ProgressLine

_GLYPHS = {True: Glyph.CHECK, False: Glyph.CROSS, None: Glyph.QUESTION}
_WORDS = {True: "yes", False: "no", None: "not known yet"}


class Mark(QWidget):
    """A tick, a cross or a question mark, with a word for it."""

    def __init__(self, can: bool | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._can = can
        self.setFixedSize(QSize(side(), side()))
        self.setAccessibleName(_WORDS[can])
        self.setToolTip(_WORDS[can].capitalize())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        tone = theme.badge_colour("exact") if self._can else theme.colour("faint")
        draw(painter, _GLYPHS[self._can], QPointF(side() / 2, side() / 2), tone)
        painter.end()


class ModelFacts(QWidget):
    """`action_wanted` tells what a person asks of the model on show."""

    action_wanted = Signal(str, ModelAction)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row: ModelRow | None = None
        self.title, self.state, self.note = QLabel(self), QLabel(self), QLabel(self)
        self.progress = ProgressLine(self)
        self.buttons = {action: QPushButton(action.value, self) for action in ModelAction}
        self._about, self._can = QWidget(self), QWidget(self)
        self._dress()
        self._layout = self._arranged()

    def row(self) -> ModelRow | None:
        """The model on show."""
        return self._row

    def show_row(self, row: ModelRow | None) -> None:
        """Show a model, or nothing."""
        if row == self._row:
            return
        self._row = row
        self.title.setText(row.title if row else "")
        self.state.setText(row.state if row else "")
        self.note.setText(row.note if row else "")
        self.note.setVisible(bool(row and row.note))
        self.progress.setVisible(bool(row and row.progress))
        if row and row.progress:
            self.progress.show_progress(*row.progress)
        for action, button in self.buttons.items():
            there = row is not None and action in row.actions
            button.setEnabled(there)
            button.setVisible(there)
            button.setToolTip(row.actions[action] if row and there else "")
        self._about = self._put(self._about, _facts(row.facts if row else ()))
        self._can = self._put(self._can, _abilities(row.can if row else ()))

    def _put(self, old: QWidget, new: QWidget) -> QWidget:
        self._layout.replaceWidget(old, new)
        new.show()
        old.hide()
        old.deleteLater()
        return new

    def _dress(self) -> None:
        self.title.setFont(theme.title_font(self.font()))
        self.state.setProperty("faint", True)
        self.note.setProperty("danger", True)
        for label in (self.title, self.note):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons[ModelAction.USE].setProperty("primary", True)
        for action, button in self.buttons.items():
            button.setAutoDefault(False)
            button.hide()
            button.clicked.connect(lambda _=False, action=action: self._ask(action))
        self.progress.hide()
        self.note.hide()

    def _ask(self, action: ModelAction) -> None:
        if self._row is not None:
            self.action_wanted.emit(self._row.name, action)

    def _arranged(self) -> QVBoxLayout:
        unit = theme.UNIT
        column = lay.down(on=self, margins=unit)
        first, second, third = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for action in (ModelAction.USE, ModelAction.FETCH, ModelAction.CANCEL):
            first.addWidget(self.buttons[action])
        for action in (ModelAction.PIN, ModelAction.UNPIN, ModelAction.UNLOAD, ModelAction.REMOVE):
            second.addWidget(self.buttons[action])
        for action in (ModelAction.RENAME, ModelAction.EXPORT, ModelAction.DELETE):
            third.addWidget(self.buttons[action])
        for line in (first, second, third):
            line.setSpacing(unit)
            line.addStretch(1)
        parts: tuple[QWidget, ...] = self.title, self.state, self.note, self.progress
        for widget in parts:
            column.addWidget(widget)
        column.addLayout(first)
        column.addLayout(second)
        column.addLayout(third)
        for widget in (self._about, self._can):
            column.addWidget(widget)
        column.addStretch(1)
        return column


def _facts(facts: tuple[tuple[str, str], ...]) -> QWidget:
    """Titles and values, one under the other."""
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(theme.UNIT)
    form.setVerticalSpacing(theme.UNIT // 2)
    for title, value in facts:
        name, text = QLabel(title), _wrapped(value)
        name.setProperty("faint", True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        form.addRow(name, text)
    return _with(form)


def _abilities(abilities: tuple[Can, ...]) -> QWidget:
    """Each tab with a mark, and in small print how or why not."""
    column = lay.down()
    if abilities:
        heading = QLabel("What it can do")
        heading.setFont(theme.title_font(theme.small_font(heading.font())))
        heading.setContentsMargins(0, theme.UNIT, 0, 0)
        column.addWidget(heading)
    for ability in abilities:
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        words = lay.down(QLabel(ability.task), spacing=0)
        if ability.says:
            says = _wrapped(ability.says)
            small_print(says)
            words.addWidget(says)
        row.addWidget(Mark(ability.can), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        column.addLayout(row)
    return _with(column)


def _with(layout: QFormLayout | QVBoxLayout) -> QWidget:
    widget = QWidget()
    widget.setLayout(layout)
    return widget


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
