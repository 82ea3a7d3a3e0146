"""Help → Families: theory and measured figures of every family, side by side.

Takes plain rows of text; knows nothing of models. Not modal: it may stay beside the window.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QWidget

from widgets.controls.combo import Combo
from widgets.controls.family_table import Band, FamilyTable, FamilyView
from widgets.look import lay, theme

_SOURCE = (
    "Columns of theory as in Murphy, Probabilistic Machine Learning: Advanced Topics (2023), "
    "table 20.1; the cells speak of the bundled kinds of network."
)


class FamiliesDialog(QDialog):
    """One table per data set, chosen at the top; copies as Markdown or as text with tabs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tables: tuple[FamilyTable, ...] = ()
        self.setWindowTitle("Families")
        self.data = Combo(self)
        self.data.setAccessibleName("Data set of the measured figures")
        self.data.setToolTip("The measured figures are those of the models of this data set.")
        self.markdown = self._button("Copy as Markdown", "Copy the whole table as Markdown.")
        self.text = self._button("Copy as text", "Copy the whole table for a spreadsheet.")
        self.said = QLabel(self)
        self.view = FamilyView(self)
        self.band = Band(self.view, self)
        self.note = QLabel(self)
        for label in (self.said, self.note):
            label.setProperty("faint", True)
        self._arrange()
        self.data.currentIndexChanged.connect(self._show)
        self.markdown.clicked.connect(self._copy_markdown)
        self.text.clicked.connect(self._copy_text)

    def set_tables(self, tables: Sequence[FamilyTable], data: str) -> None:
        """Offer these tables and show the one of `data`, or the first."""
        self._tables = tuple(tables)
        self.data.offer([(table.title, table.data) for table in tables], data)
        self._show()

    def table(self) -> FamilyTable | None:
        """The table on show."""
        place = self.data.currentIndex()
        return self._tables[place] if 0 <= place < len(self._tables) else None

    def _button(self, title: str, tip: str) -> QPushButton:
        button = QPushButton(title, self)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        return button

    def _arrange(self) -> None:
        unit = theme.UNIT
        top = lay.across(
            QLabel("Data", self), self.data, lay.STRETCH, self.said, self.markdown, self.text
        )
        self.note.setWordWrap(True)
        column = lay.down(top, on=self, margins=2 * unit)
        table = lay.down(self.band, (self.view, 1), spacing=0)
        column.addLayout(table, 1)
        column.addWidget(self.note)
        self.resize(154 * unit, 91 * unit)

    @Slot()
    def _show(self) -> None:
        table = self.table()
        for widget in (self.data, self.markdown, self.text, self.view, self.band):
            widget.setEnabled(table is not None)
        self.said.clear()
        if table is None:
            self.note.setText("There are no models to compare.")
            return
        self.view.set_table(table)
        self.band.set_columns(table.columns)
        self.note.setText(f"{_SOURCE} {table.note}")

    @Slot()
    def _copy_markdown(self) -> None:
        if (table := self.table()) is not None:
            self._copy(table.markdown)

    @Slot()
    def _copy_text(self) -> None:
        if (table := self.table()) is not None:
            self._copy(table.text())

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.said.setText("Copied.")
