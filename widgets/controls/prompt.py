"""Lines of text: what to draw, what to stay away from, and what a path of texts ends with."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QLineEdit, QWidget

from widgets.look import lay

MOST = 5_000
"""Letters of each text."""
_EVERYWHERE = "Used in every tab, by models that take a text prompt."
_TEXT_TIP = f"What to draw, in words. Press Enter to update. {_EVERYWHERE}"
_NEGATIVE_TIP = f"What should not be drawn; needs guidance. {_EVERYWHERE}"
_OTHER_TIP = (
    "<qt>The prompt at the last end point; empty: the same prompt all the way. Along the "
    "path the text embedding goes in a straight line from the first prompt to this one, "
    "while the latent code goes from end point to end point. With the same picture at both "
    "ends only the text changes.</qt>"
)


class PromptFields(QWidget):
    """`changed` tells both texts once a person has finished one: Enter, or leaving the field.

    With `path` there is a third one beside the prompt, of which `other_changed` tells. Esc takes
    back what was typed since. What the program sets is silent.
    """

    changed = Signal(str, str)
    other_changed = Signal()

    def __init__(
        self, parent: QWidget | None = None, *, wide: bool = False, path: bool = False
    ) -> None:
        super().__init__(parent)
        self._told, self._other_told = ("", ""), ""
        self.text, self.negative, self.other = (QLineEdit(self) for _ in range(3))
        for field, name, tip in (
            (self.text, "Prompt", _TEXT_TIP),
            (self.other, "… and at B", _OTHER_TIP),
            (self.negative, "Negative prompt", _NEGATIVE_TIP),
        ):
            field.setPlaceholderText(name)
            field.setAccessibleName(name)
            field.setToolTip(tip)
            field.setMaxLength(MOST)
            field.setClearButtonEnabled(True)
            field.installEventFilter(self)
            field.editingFinished.connect(self.settle)
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        layout = QBoxLayout(direction, self)
        lay.bare(layout)
        layout.addWidget(self.text, 2)
        layout.addWidget(self.other, 2)
        layout.addWidget(self.negative, 1)
        self.other.setVisible(path)
        self.hide()  # before a layout counts with it: most models read no text

    def texts(self) -> tuple[str, str]:
        """What stands in the fields of what to draw and of what to stay away from."""
        return self.text.text().strip(), self.negative.text().strip()

    def other_text(self) -> str:
        """What a path ends with, "" for the same text all the way."""
        return self._other_told

    def set_texts(self, text: str, negative: str) -> None:
        """Show these, silently."""
        self._told = text, negative
        self.text.setText(text)
        self.negative.setText(negative)

    def set_other(self, text: str) -> None:
        """Show what a path ends with, silently."""
        self._other_told = text
        self.other.setText(text)

    @Slot()
    def settle(self) -> None:
        """What was typed counts from now on."""
        if self.texts() != self._told:
            self._told = self.texts()
            self.changed.emit(*self._told)
        if (other := self.other.text().strip()) != self._other_told:
            self._other_told = other
            self.other_changed.emit()

    def _unsettled(self) -> bool:
        return self.texts() != self._told or self.other.text().strip() != self._other_told

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc goes to a field with something to take back before it stops a job."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self._unsettled():
            if event.type() is QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                self.set_texts(*self._told)
                self.set_other(self._other_told)
                return True
        return super().eventFilter(watched, event)
