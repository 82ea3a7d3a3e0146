"""What there is to say of one row of points, and what can be done with its draws."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from widgets.look import lay, theme

Rows = Sequence[tuple[str, str]]
EMPTY = "Click a plot to see its numbers here."


class LineFacts(QWidget):
    """A table of names and values with two buttons below."""

    save_wanted = Signal()
    copy_recipe_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Rows = ()
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setAccessibleName("About the row")
        self._text.setToolTip("What made these samples, and how they compare with the density.")
        self.save = QPushButton("Save samples…", self)
        self.copy_recipe = QPushButton("Copy recipe", self)
        lay.down(self._text, self.copy_recipe, self.save, on=self)
        self.save.clicked.connect(self.save_wanted)
        self.copy_recipe.clicked.connect(self.copy_recipe_wanted)
        self.show_rows((), ready=False)

    def show_rows(self, rows: Rows, *, ready: bool) -> None:
        """Show a table; `ready` draws can be saved."""
        self._rows = tuple(rows)
        faint = theme.colour("faint").name()
        lines = (
            f'<tr><td style="color: {faint}; padding-right: {theme.UNIT}px">{escape(name)}</td>'
            f"<td>{escape(value)}</td></tr>"
            for name, value in rows
        )
        table = f'<table cellspacing="2">{"".join(lines)}</table>'
        self._text.setText(table if rows else f'<span style="color: {faint}">{EMPTY}</span>')
        reason = "" if ready else " The samples are not finished yet."
        for button, tip in (
            (self.save, "Save all samples as a table, with their recipe in its first line."),
            (
                self.copy_recipe,
                "Copy the recipe of these samples as text; pasting it re-makes them.",
            ),
        ):
            button.setEnabled(ready)
            button.setToolTip(tip + reason)

    def text(self) -> str:
        """The table as plain text, one "name: value" a line."""
        return "\n".join(f"{name}: {value}" for name, value in self._rows)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.show_rows(self._rows, ready=self.save.isEnabled())
