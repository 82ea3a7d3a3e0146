"""What the in-painting tab shows for points of the plane: a line, rows of curves, numbers."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from widgets.inpainting.conditional_row import ConditionalRow
from widgets.inpainting.desk import Desk
from widgets.inpainting.line_editor import LineEditor
from widgets.inpainting.line_facts import LineFacts


class LineDesk(Desk):
    """`chosen(model)` follows a click on a row."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.given = self.line = LineEditor(parent)
        self.inspected = self.facts = LineFacts(parent)

    def row(self, name: str, parent: QWidget) -> ConditionalRow:
        row = ConditionalRow(parent)
        row.chosen.connect(lambda: self.chosen.emit(name))
        return row
