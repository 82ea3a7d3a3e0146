"""One finished result in full: its examples, what made it, a note, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from widgets.look import theme
from widgets.look.images import Picture
from widgets.pictures.gallery import Gallery

EMPTY = "Click a result to look at it."
GONE = "Its pictures are not kept: restore it to make them again."


class ResultLook(QWidget):
    """`shows` is the id of the result on show. The signals are about it; `example` is the one
    chosen out of several, None for all."""

    restore_wanted = Signal()
    export_wanted = Signal()
    delete_wanted = Signal()
    star_toggled = Signal(bool)
    note_changed = Signal(str)
    drag_wanted = Signal(int)
    menu_wanted = Signal(int, QPoint)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.shows: int | None = None
        self._binned = False
        self.title, self.facts = QLabel(self), QLabel(self)
        self.gallery, self.words = Gallery(self), QLabel(EMPTY, self)
        self.note = QLineEdit(self)
        self.star = QPushButton("Star", self)
        self.restore = QPushButton("Restore", self)
        self.export = QPushButton("Export…", self)
        self.delete = QPushButton("Delete", self)
        self._dress()
        self._arrange()
        self.restore.clicked.connect(self.restore_wanted)
        self.export.clicked.connect(self.export_wanted)
        self.delete.clicked.connect(self.delete_wanted)
        self.star.toggled.connect(self.star_toggled)
        self.note.editingFinished.connect(self._note)
        self.gallery.drag_wanted.connect(self.drag_wanted)
        self.gallery.menu_wanted.connect(self.menu_wanted)
        self.clear()

    @property
    def example(self) -> int | None:
        """The example chosen among several."""
        return self.gallery.current() if self.gallery.count() > 1 else None

    def clear(self) -> None:
        """Show nothing."""
        self.shows = None
        self.title.clear()
        self.facts.clear()
        self._show_words(EMPTY)
        self._fill_note("")
        self._allow(False)

    def begin(self, number: int, title: str, note: str, *, star: bool, binned: bool) -> None:
        """Turn to a result; what it shows comes with `show_rows` and `show_pictures`."""
        if number != self.shows:
            self.gallery.clear()
            self.gallery.set_current(None)
            self.facts.clear()
        self.shows, self._binned = number, binned
        self.title.setText(title)
        self._fill_note(note)
        with QSignalBlocker(self.star):
            self.star.setChecked(star)
        self._allow(True)

    def show_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """What made it, as names and values."""
        faint = theme.colour("faint").name()
        lines = (
            f'<tr><td style="color: {faint}; padding-right: {theme.UNIT}px">{escape(name)}</td>'
            f"<td>{escape(value)}</td></tr>"
            for name, value in rows
        )
        self.facts.setText(f'<table cellspacing="2">{"".join(lines)}</table>')

    def show_pictures(self, pictures: Picture | None) -> None:
        """Its examples, uint8 (n, H, W, 3); None where they are not kept."""
        if pictures is None:
            self._show_words(GONE)
            return
        self.words.hide()
        self.gallery.set_count(len(pictures))
        self.gallery.put(0, pictures)
        self.gallery.show()

    def _show_words(self, text: str) -> None:
        self.gallery.hide()
        self.words.setText(text)
        self.words.show()

    def _fill_note(self, text: str) -> None:
        with QSignalBlocker(self.note):
            self.note.setText(text)
        self.note.setModified(False)

    @Slot()
    def _note(self) -> None:
        if self.note.isModified():
            self.note.setModified(False)
            self.note_changed.emit(self.note.text().strip())

    def _allow(self, allowed: bool) -> None:
        for widget in (self.star, self.note, self.export, self.restore, self.delete):
            widget.setEnabled(allowed)
        self.restore.setText("Take back" if self._binned else "Restore")
        self.restore.setToolTip(
            "Take the chosen results out of the bin."
            if self._binned
            else "Show it in its tab again, with its model, seed, picture, mask and settings."
        )
        self.delete.setText("Erase…" if self._binned else "Delete")
        self.delete.setToolTip(
            "Erase the chosen results from the disk. This cannot be undone."
            if self._binned
            else "Put the chosen results in the bin, where they stay for 30 days."
        )

    def _dress(self) -> None:
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.facts.setTextFormat(Qt.TextFormat.RichText)
        self.facts.setWordWrap(True)
        self.facts.setAccessibleName("Recipe")
        self.facts.setToolTip("The recipe: what made this result, and what makes it again.")
        self.words.setWordWrap(True)
        self.words.setProperty("faint", True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.gallery.setToolTip("Drag an example into a tab, or right-click to send it there.")
        self.note.setPlaceholderText("Note")
        self.note.setAccessibleName("Note of this result")
        self.note.setToolTip("A note of your own. The search finds it.")
        self.star.setCheckable(True)
        self.star.setToolTip("Starred results are never removed to make room.")
        self.export.setToolTip("Save it as a file, with its recipe inside.")
        for button in (self.star, self.restore, self.export, self.delete):
            button.setAutoDefault(False)

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.UNIT)
        for button in (self.restore, self.star, self.export, self.delete):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(*(4 * (theme.UNIT,)))
        column.setSpacing(theme.UNIT)
        column.addWidget(self.title)
        column.addWidget(self.gallery, 1)
        column.addWidget(self.words, 1)
        column.addWidget(self.facts)
        column.addWidget(self.note)
        column.addLayout(buttons)
