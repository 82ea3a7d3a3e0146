"""Help → Glossary: every term with its two sentences and its formula; opens at a term."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from widgets.look import glossary, lay, theme
from widgets.look.glossary import Term


class GlossaryDialog(QDialog):
    """A list to read and to search. Not modal: it may stay beside the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Glossary")
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search terms")
        self.search.setAccessibleName("Search the glossary")
        self.search.setToolTip("Show only the entries that contain these words.")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.entries = {term.name: _Entry(term, self) for term in glossary.TERMS}
        self.none = QLabel("No entry contains these words.", self)
        self.none.setProperty("faint", True)
        self.none.hide()
        self._scroll = self._list()
        self.chosen = ""
        """The entry that was asked for last."""
        lay.down(self.search, (self._scroll, 1), on=self, margins=None)
        self.resize(560, 620)

    def show_term(self, word: str) -> bool:
        """Open at the entry of a word; at the top, and False, for a word without one."""
        term = glossary.find(word)
        self.search.clear()
        self.chosen = term.name if term else ""
        for name, entry in self.entries.items():
            entry.mark(chosen=name == self.chosen)
        self.show()
        self.raise_()
        self.activateWindow()
        self._go()
        return term is not None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # the entries have their places once the layout has run
        QTimer.singleShot(0, self, self._go)

    @Slot()
    def _go(self) -> None:
        entry = self.entries.get(self.chosen)
        bar = self._scroll.verticalScrollBar()
        if entry is None:
            bar.setValue(0)
            self.search.setFocus()
        else:
            bar.setValue(entry.y() - theme.UNIT)
            entry.setFocus()

    @Slot(str)
    def _filter(self, words: str) -> None:
        wanted = words.casefold().split()
        found = 0
        for entry in self.entries.values():
            shown = all(word in entry.words for word in wanted)
            entry.setVisible(shown)
            found += shown
        self.none.setVisible(not found)

    def _list(self) -> QScrollArea:
        inner = QWidget(self)
        column = lay.down(self.none, on=inner, margins=(0, 0, theme.UNIT, 0))
        for entry in sorted(self.entries.values(), key=lambda e: e.term.name.casefold()):
            column.addWidget(entry)
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its entries have it
        return scroll


class _Entry(QFrame):
    """One term; framed where it was asked for."""

    def __init__(self, term: Term, parent: QWidget) -> None:
        super().__init__(parent)
        self.term = term
        self.words = " ".join((term.name, *term.also, term.text, term.formula)).casefold()
        self.setObjectName("entry")
        self.setAccessibleName(term.name)
        self.setAccessibleDescription(f"{term.text} {term.formula}".strip())
        # a click puts the focus here, so that Tab goes on from where one reads
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        title = QLabel(term.name[:1].upper() + term.name[1:], self)
        title.setFont(theme.title_font(self.font()))
        text = QLabel(term.text, self)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        layout = lay.down(
            title,
            text,
            on=self,
            margins=(theme.UNIT, theme.UNIT // 2, theme.UNIT, theme.UNIT // 2),
            spacing=theme.UNIT // 2,
        )
        if term.formula:
            formula = QLabel(term.formula, self)
            formula.setTextFormat(Qt.TextFormat.PlainText)
            formula.setWordWrap(True)
            formula.setProperty("faint", True)
            layout.addWidget(formula)

    def mark(self, *, chosen: bool) -> None:
        """Frame it, or not."""
        line = "palette(highlight)" if chosen else "transparent"
        self.setStyleSheet(
            f"#entry {{ border: 1px solid {line}; border-radius: {theme.RADIUS}px; }}"
        )
