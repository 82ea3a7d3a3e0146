"""A field for one number: typing counts when it is entered, the wheel only where the focus is."""

from __future__ import annotations

from PySide6.QtCore import QLocale, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QToolTip, QWidget

from widgets import theme


class NumberBox(QDoubleSpinBox):
    """A spin box without arrows, which the arrow and page keys still step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLocale(QLocale.c())
        # Typing "123" must not draw with 1 and 12 on the way.
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # ButtonSymbols.NoButtons would do, but under a style sheet Qt 6.11 then gives the text
        # a width of one pixel.
        self.setStyleSheet(
            "QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }"
        )
        margin = theme.UNIT - 2
        self.lineEdit().setTextMargins(margin, 0, margin, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A key or a paste that the field refuses is answered by what it takes."""
        line = self.lineEdit()
        before = (line.text(), line.cursorPosition(), line.selectedText())
        super().keyPressEvent(event)
        typed = bool(event.text()) and event.text().isprintable()
        pasted = event.matches(QKeySequence.StandardKey.Paste)
        if (typed or pasted) and before == (line.text(), line.cursorPosition(), line.selectedText()):
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height() // 2)), self.taken(), self)

    def taken(self) -> str:
        """One sentence on what the field takes."""
        low, high, digits = self.minimum(), self.maximum(), self.decimals()
        kind = "Numbers" if digits else "Whole numbers"
        return f"{kind} from {low:,.{digits}f} to {high:,.{digits}f}."

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
