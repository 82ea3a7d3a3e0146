"""Models: all that are at hand, what they can do, what they take, and how others come in.

Takes plain rows; everything a person does leaves as a signal. Not modal: it may stay beside the
window.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from widgets.library.facts import ModelFacts
from widgets.library.list import ModelAction, ModelList, ModelRow
from widgets.look import lay, theme
from widgets.look.frames import DropFrame, card, scrolled
from widgets.look.progress import ProgressLine

_ADD = "a folder, a card (.toml) or a Hugging Face id (owner/name)"


class LibraryDialog(QDialog):
    """`add_wanted` carries a path or an id as typed, `dropped` the paths of what was dropped."""

    action_wanted = Signal(str, ModelAction)
    add_wanted = Signal(str)
    dropped = Signal(tuple)
    folder_wanted = Signal()
    card_wanted = Signal()
    import_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Models")
        self._drop = DropFrame(self)
        self.field = QLineEdit(self)
        self.add = self._button(
            "Add", "Add what is entered here (Enter); a Hugging Face model is downloaded."
        )
        self.folder = self._button("Folder…", "Choose a diffusers folder.")
        self.card = self._button("Card…", "Choose a card (.toml) beside its weights.")
        self.bring = self._button("Import…", "Add a model that was exported (.genscope).")
        self.said = QLabel(self)
        self.list, self.facts = ModelList(self), ModelFacts(self)
        self.budget, self.taken = QLabel(self), ProgressLine(self)
        self.disk = QLabel(self)
        self._dress()
        self._arrange()
        self._join()

    def set_rows(self, rows: Sequence[ModelRow]) -> None:
        """Show these models, in this order."""
        self.list.set_rows(rows)
        self._show_facts()

    def set_row(self, row: ModelRow) -> None:
        """Show one of them as it stands now."""
        self.list.set_row(row)
        self._show_facts()

    def set_budget(self, text: str, taken: int, limit: int) -> None:
        """Say how much memory the models that are loaded take of what they may."""
        self.budget.setText(text)
        # in thousandths: a progress bar counts to 2³¹
        self.taken.show_progress(min(1000, 1000 * taken // max(1, limit)), 1000)

    def set_disk(self, text: str, where: str) -> None:
        """Say what the user's own models take on the disk, and where they lie."""
        self.disk.setText(text)
        self.disk.setToolTip(where)

    def say(self, text: str, *, danger: bool = False) -> None:
        """One sentence below the field: what went wrong, or what was done."""
        self.said.setText(text)
        self.said.setProperty("danger", danger)
        self.said.setProperty("faint", not danger)
        self.said.style().polish(self.said)
        self.said.setVisible(bool(text))

    def refuse_folders(self, reason: str) -> None:
        """Take away the button for folders, with the reason as its tool tip."""
        self.folder.setEnabled(False)
        self.folder.setToolTip(reason)

    def clear_field(self) -> None:
        """What was typed has been taken."""
        self.field.clear()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self._drop.offer()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.dropped.emit(tuple(url.toLocalFile() for url in event.mimeData().urls()))

    def _button(self, title: str, tip: str) -> QPushButton:
        button = QPushButton(title, self)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        return button

    def _dress(self) -> None:
        self.field.setPlaceholderText(_ADD)
        self.field.setAccessibleName("Model to add")
        self.field.setToolTip(
            "A path or a Hugging Face id. You can also drop folders, cards and exported models."
        )
        self.field.setClearButtonEnabled(True)
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.budget.setProperty("faint", True)
        self.disk.setProperty("faint", True)
        self.budget.setToolTip(
            "When memory is full, the least recently used model is unloaded; pinned ones stay."
        )
        self.taken.setAccessibleName("Memory taken by loaded models")
        self.taken.setToolTip(self.budget.toolTip())
        self.say("")

    def _join(self) -> None:
        self.list.chosen.connect(self._show_facts)
        self.list.action_wanted.connect(self.action_wanted)
        self.facts.action_wanted.connect(self.action_wanted)
        self.field.returnPressed.connect(self._add)
        self.add.clicked.connect(self._add)
        self.folder.clicked.connect(self.folder_wanted)
        self.card.clicked.connect(self.card_wanted)
        self.bring.clicked.connect(self.import_wanted)

    def _arrange(self) -> None:
        unit = theme.UNIT
        top = lay.across((self.field, 1), self.add, self.folder, self.card, self.bring)
        foot = lay.across(self.budget, self.taken, lay.STRETCH, self.disk)
        facts = card(scrolled(self.facts), least=304)
        splitter = lay.split(self, (self.list, 1), facts)
        lay.down(top, self.said, (splitter, 1), foot, on=self, margins=2 * unit)
        self.resize(128 * unit, 76 * unit)

    @Slot()
    def _show_facts(self) -> None:
        self.facts.show_row(self.list.rows.get(self.list.current()))

    @Slot()
    def _add(self) -> None:
        if text := self.field.text().strip():
            self.add_wanted.emit(text)
