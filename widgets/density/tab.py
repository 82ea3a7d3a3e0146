"""The density tab: one page at a time, or the reason why there is none."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from widgets.look import theme


class DensityTab(QWidget):
    """`entered` and `left` when the tab comes into view and goes out of it."""

    entered = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.nothing = QLabel(self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setProperty("faint", True)
        self.nothing.setWordWrap(True)
        unit = theme.UNIT
        layout = QVBoxLayout(self)
        layout.setContentsMargins(unit, unit, unit, unit)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.nothing)
        layout.addLayout(self._stack)

    def show_page(self, page: QWidget) -> None:
        """Bring a page to the front."""
        if self._stack.indexOf(page) < 0:
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)

    def show_reason(self, text: str) -> None:
        """Say why there is nothing to see."""
        self.nothing.setText(text)
        self._stack.setCurrentWidget(self.nothing)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.entered.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.left.emit()
