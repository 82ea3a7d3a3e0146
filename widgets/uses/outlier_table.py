"""How well a score tells groups of pictures from held-out ones: a row a group, a column a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from widgets.look import theme
from widgets.look.frames import clear


@dataclass(frozen=True)
class Cell:
    """Text of a cell, and in its tip what it is; a `poor` one is red."""

    text: str
    tip: str = ""
    poor: bool = False


class OutlierTable(QWidget):
    """A grid of labels; a cell stands where its group and its model meet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(theme.UNIT, theme.UNIT, theme.UNIT, theme.UNIT)
        self._grid.setHorizontalSpacing(2 * theme.UNIT)
        self._grid.setVerticalSpacing(theme.UNIT // 2)
        self._rows: tuple[str, ...] = ()
        self._columns: tuple[str, ...] = ()
        self._cells: dict[tuple[str, str], QLabel] = {}

    def set_lines(self, rows: Sequence[str], columns: Sequence[tuple[str, str]]) -> None:
        """Groups, and names and titles of models; cells of a table that stays are kept."""
        names = tuple(name for name, _ in columns)
        if (tuple(rows), names) == (self._rows, self._columns):
            return
        self._rows, self._columns = tuple(rows), names
        self._cells.clear()
        clear(self._grid)
        head = [self._label("AUROC [95 %] · flagged")]
        head[0].setToolTip(
            "AUROC: how often one of these pictures is stranger than a held-out one; 0.5 is "
            "chance. In brackets the interval that holds it with 95 %, then how many are flagged."
        )
        head += [self._label(title) for _, title in columns]
        for column, label in enumerate(head):
            label.setProperty("faint", True)
            self._grid.addWidget(label, 0, column)
        for place, row in enumerate(rows, 1):
            self._grid.addWidget(self._label(row), place, 0)
            for column, name in enumerate(names, 1):
                cell = self._label("…")
                cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._cells[row, name] = cell
                self._grid.addWidget(cell, place, column)
        for column in range(self._grid.columnCount() + 1):
            self._grid.setColumnStretch(column, int(column == len(head)))
        for place in range(max(self._grid.rowCount(), len(rows) + 2)):
            self._grid.setRowStretch(place, int(place == len(rows) + 1))

    def set_cell(self, row: str, column: str, cell: Cell) -> None:
        """Fill a cell, where it is there."""
        label = self._cells.get((row, column))
        if label is None:
            return
        label.setText(cell.text)
        label.setToolTip(cell.tip)
        label.setProperty("danger", cell.poor)  # in the colours of the theme in force
        label.style().polish(label)

    def text(self, row: str, column: str) -> str:
        """What a cell says; "" where there is none."""
        label = self._cells.get((row, column))
        return "" if label is None else label.text()

    def _label(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setFont(theme.small_font(self.font()))
        return label
