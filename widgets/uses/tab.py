"""The tab of uses: a switch of pages above the page in front, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QWidget,
)

from widgets.controls.paged_tab import PagedTab
from widgets.look import theme


class UsesTab(PagedTab):
    """`page_changed` by its switch."""

    page_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._switch = QHBoxLayout()
        self._switch.setSpacing(theme.UNIT // 2)
        super().__init__(parent)
        self._buttons = QButtonGroup(self)
        self._names: list[str] = []
        self._tips: list[str] = []
        self._buttons.idToggled.connect(self._turn)

    def _above(self) -> tuple[QLayout, ...]:
        return (self._switch,)

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

    def _turn(self, _: int, on: bool) -> None:
        if on and len(self._names) > 1:
            self.page_changed.emit()
