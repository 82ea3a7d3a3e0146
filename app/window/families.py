"""Help → Families: the engines' table of theory and figures, handed to its dialog."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.session.session import Session
from engines.facts import taxonomy
from widgets.controls.family_table import Cell, Column, FamilyRow, FamilyTable
from widgets.window.families import FamiliesDialog


class Families:
    """The dialog; its tables are made when it is opened, from the cards of the session."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        self._session = session
        self.dialog = FamiliesDialog(parent)

    def show(self) -> None:
        """Open on the data set in view, or come to the front."""
        cards = tuple(self._session.cards.values())
        every = dict.fromkeys(card.data for card in cards)
        tables = [_plain(taxonomy.table(data, cards)) for data in every]
        self.dialog.set_tables(tables, self._session.data)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()


def _plain(table: taxonomy.Table) -> FamilyTable:
    return FamilyTable(
        data=table.data,
        title=table.title,
        columns=tuple(Column(c.title, c.tip, c.measured) for c in table.columns),
        rows=tuple(
            FamilyRow(row.family, row.title, tuple(Cell(c.text, c.tip) for c in row.cells))
            for row in table.rows
        ),
        note=table.note,
        markdown=taxonomy.markdown(table),
    )
