"""What the in-painting tab shows for pictures: source, mask editor, rows of draws, a viewer."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QWidget

from widgets.controls.source_bar import SourceBar
from widgets.inpainting.desk import Desk
from widgets.inpainting.flip import Flip
from widgets.inpainting.row import InpaintingRow
from widgets.look import lay
from widgets.mask.editor import MaskEditor
from widgets.mask.keys import Command, command_of


class PictureDesk(Desk):
    """Signals about one row carry the model's name first; see InpaintingRow."""

    chosen = Signal(str, int)
    summary_chosen = Signal(str, int)
    menu_wanted = Signal(str, int, QPoint)
    drag_wanted = Signal(str, int)
    copy_wanted = Signal(str, int)
    accept_wanted = Signal()
    """The draw that is looked at is to be the picture."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.given = QWidget(parent)
        self.source, self.editor = SourceBar(self.given), MaskEditor(self.given)
        self.canvas = self.editor.canvas
        self.inspected = self.flip = Flip(parent)
        self.keep_mask = QCheckBox("Keep mask", parent)
        self.unclamped = QCheckBox("Raw samples", parent)
        self.switches = self.keep_mask, self.unclamped
        self.keep_mask.setToolTip(
            "Keep the mask when the picture changes; otherwise it is cleared."
        )
        self.keep_mask.setChecked(True)
        self.unclamped.setToolTip(
            "Show the samples as the method left them, before the known pixels are "
            "restored. What is saved or copied always has the known pixels."
        )
        lay.down(self.source, (self.editor, 1), on=self.given)

    def take_key(self, event: QKeyEvent) -> bool:
        """A accepts a sample; undo and redo need not wait until the canvas has the focus."""
        command = command_of(event)
        if event.key() == Qt.Key.Key_A and not event.modifiers():
            self.accept_wanted.emit()
        elif command in (Command.UNDO, Command.REDO) and self.canvas.has_picture():
            self.canvas.run(command)
        else:
            return False
        return True

    def row(self, name: str, parent: QWidget) -> InpaintingRow:
        row = InpaintingRow(parent)
        row.chosen.connect(lambda i: self.chosen.emit(name, i))
        row.summary_chosen.connect(lambda i: self.summary_chosen.emit(name, i))
        row.menu_wanted.connect(lambda i, at: self.menu_wanted.emit(name, i, at))
        row.drag_wanted.connect(lambda i: self.drag_wanted.emit(name, i))
        row.copy_wanted.connect(lambda i: self.copy_wanted.emit(name, i))
        return row
