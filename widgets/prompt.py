"""Two lines of text: what to draw, and what to stay away from."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QLineEdit, QWidget

from widgets import theme

MOST = 5_000
"""Letters of either text."""


class PromptFields(QWidget):
    """`changed` tells both texts once a person has finished one: Enter, or leaving the field.

    Esc takes back what was typed since. What the program sets is silent.
    """

    changed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None, *, wide: bool = False) -> None:
        super().__init__(parent)
        self._told = ("", "")
        self.text, self.negative = QLineEdit(self), QLineEdit(self)
        for field, name, tip in (
            (self.text, "Prompt", "What to draw, in words. Enter draws anew."),
            (self.negative, "Negative prompt", "What to stay away from, where guidance is on."),
        ):
            field.setPlaceholderText(name)
            field.setAccessibleName(name)
            field.setToolTip(f"{tip} It holds in every tab, for models that read texts.")
            field.setMaxLength(MOST)
            field.setClearButtonEnabled(True)
            field.installEventFilter(self)
            field.editingFinished.connect(self.settle)
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        layout = QBoxLayout(direction, self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT)
        layout.addWidget(self.text, 2)
        layout.addWidget(self.negative, 1)
        self.hide()  # before a layout counts with it: most models read no text

    def texts(self) -> tuple[str, str]:
        """What stands in both fields."""
        return self.text.text().strip(), self.negative.text().strip()

    def set_texts(self, text: str, negative: str) -> None:
        """Show these, silently."""
        self._told = text, negative
        self.text.setText(text)
        self.negative.setText(negative)

    @Slot()
    def settle(self) -> None:
        """What was typed counts from now on."""
        if self.texts() != self._told:
            self._told = self.texts()
            self.changed.emit(*self._told)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc goes to a field with something to take back before it stops a job."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() is QEvent.Type.ShortcutOverride and self.texts() != self._told:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress and self.texts() != self._told:
                self.set_texts(*self._told)
                return True
        return super().eventFilter(watched, event)
