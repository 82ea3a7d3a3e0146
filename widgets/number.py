"""A field for one number: typing counts when it is entered, the wheel only where the focus is."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

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

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
