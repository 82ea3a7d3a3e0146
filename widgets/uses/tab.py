"""The tab of uses: a switch of pages above the page in front, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QWidget,
)

from widgets.look import lay, theme


class UsesTab(QWidget):
    """`entered` and `left` when the tab comes into view and goes; `page_changed` by its switch."""

    entered = Signal()
    left = Signal()
    page_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons = QButtonGroup(self)
        self._names: list[str] = []
        self._tips: list[str] = []
        self.nothing = QLabel(self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setProperty("faint", True)
        self.nothing.setWordWrap(True)
        unit = theme.UNIT
        self._switch = QHBoxLayout()
        self._switch.setSpacing(unit // 2)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.nothing)
        lay.down(self._switch, (self._stack, 1), on=self, margins=unit)
        self._buttons.idToggled.connect(self._turn)

    def set_pages(self, pages: Sequence[tuple[str, str, str]]) -> None:
        """Offer pages: name, title and what each shows. Called once."""
        for place, (name, title, tip) in enumerate(pages):
            button = QPushButton(title, self)
            button.setCheckable(True)
            button.setToolTip(tip)
            self._buttons.addButton(button, place)
            self._switch.addWidget(button)
            self._names.append(name)
            self._tips.append(tip)
        self._switch.addStretch(1)
        self._buttons.button(0).setChecked(True)

    def page(self) -> str:
        """The page in front, by name."""
        return self._names[self._buttons.checkedId()]

    def button(self, name: str) -> QPushButton:
        """The button that brings a page to the front."""
        found = self._buttons.button(self._names.index(name))
        assert isinstance(found, QPushButton)
        return found

    def choose(self, name: str) -> None:
        """Bring a page to the front, where the data in view has it."""
        if self.button(name).isEnabled():
            self.button(name).setChecked(True)

    def allow(self, names: Sequence[str], things: str) -> None:
        """Disable the other pages: they have nothing for such `things`."""
        for place, name in enumerate(self._names):
            button = self._buttons.button(place)
            button.setEnabled(name in names)
            lacks = f"{self._tips[place]} There is nothing here for {things}."
            button.setToolTip(self._tips[place] if name in names else lacks)
        if self.page() not in names:
            self.button(names[0]).setChecked(True)

    def show_page(self, page: QWidget) -> None:
        """Put a page below the switch."""
        if self._stack.indexOf(page) < 0:
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)

    def show_reason(self, text: str) -> None:
        """Say why there is nothing to see."""
        self.nothing.setText(text)
        self._stack.setCurrentWidget(self.nothing)

    def _turn(self, _: int, on: bool) -> None:
        if on and len(self._names) > 1:
            self.page_changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.entered.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.left.emit()
