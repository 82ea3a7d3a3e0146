"""The density tab: maps of the plane for points, and for pictures planes, pixels and numbers.

Its pages are made when they are first needed: plots take half a second to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from widgets.look import theme

if TYPE_CHECKING:
    from widgets.density.picture_pages import PicturePages
    from widgets.density.plane_view import PlaneView


class DensityTab(QWidget):
    """`entered` and `left` when the tab comes into view and goes out of it."""

    entered = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plane: PlaneView | None = None
        self._pictures: PicturePages | None = None
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

    def plane(self) -> PlaneView:
        """The page for points."""
        if self._plane is None:
            from widgets.density.plane_view import PlaneView

            self._plane = PlaneView(self)
            self._stack.addWidget(self._plane)
        return self._plane

    def pictures(self) -> PicturePages:
        """The page for pictures."""
        if self._pictures is None:
            from widgets.density.picture_pages import PicturePages

            self._pictures = PicturePages(self)
            self._stack.addWidget(self._pictures)
        return self._pictures

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
