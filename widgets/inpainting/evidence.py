"""What stands behind a badge: methods where the answer is known, and models' calibration.

Takes plain tables; knows nothing of methods. Not modal: it may stay beside the window.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QWidget

from widgets.controls.family_table import FamilyTable, FamilyView
from widgets.look import lay, theme

_LEAST = 112


class EvidenceDialog(QDialog):
    """Two tables, the methods' above the calibration's; an empty one shows its note alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Evidence")
        self.asked = QLabel(self)
        self.asked.setWordWrap(True)
        self.said = QLabel(self)
        self.said.setProperty("faint", True)
        self.copy = QPushButton("Copy as Markdown", self)
        self.copy.setToolTip("Copy both tables as Markdown.")
        self.copy.setAutoDefault(False)
        self.views = FamilyView(self), FamilyView(self)
        self.titles = QLabel(self), QLabel(self)
        self.notes = QLabel(self), QLabel(self)
        self._tables: tuple[FamilyTable, ...] = ()
        self._arrange()
        self.copy.clicked.connect(self._copy)

    def _arrange(self) -> None:
        unit = theme.UNIT
        top = lay.across((self.asked, 1), self.said, self.copy)
        column = lay.down(top, on=self, margins=2 * unit)
        for place, (title, view, note) in enumerate(
            zip(self.titles, self.views, self.notes, strict=True)
        ):
            title.setFont(theme.title_font(self.font()))
            note.setProperty("faint", True)
            note.setWordWrap(True)
            view.setMinimumHeight(theme.px(_LEAST))
            column.addWidget(title)
            column.addWidget(view, 3 - 2 * place)
            column.addWidget(note)
        self.resize(140 * unit, 84 * unit)

    def show_tables(self, asked: str, methods: FamilyTable, calibration: FamilyTable) -> None:
        """Show both tables; `asked` says in a sentence whose badge it was."""
        self._tables = methods, calibration
        self.asked.setText(asked)
        self.said.clear()
        self.copy.setEnabled(any(table.rows for table in self._tables))
        for table, title, view, note in zip(
            self._tables, self.titles, self.views, self.notes, strict=True
        ):
            title.setText(table.title)
            view.setAccessibleName(table.title)
            view.setVisible(bool(table.rows))
            view.set_table(table if table.rows else replace(table, columns=()))
            note.setText(table.note)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(
            "\n".join(table.markdown for table in self._tables if table.rows)
        )
        self.said.setText("Copied.")
