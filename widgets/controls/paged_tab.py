"""A tab that shows one page at a time, or the reason why there is none."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QLayout, QStackedLayout, QWidget

from widgets.look import lay, theme


class PagedTab(QWidget):
    """`entered` and `left` when the tab comes into view and goes out of it."""

    entered = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.nothing = QLabel(self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setProperty("faint", True)
        self.nothing.setWordWrap(True)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.nothing)
        lay.down(*self._above(), (self._stack, 1), on=self, margins=theme.UNIT)

    def _above(self) -> tuple[QLayout, ...]:
        """What stands above the pages."""
        return ()

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
