"""What a tab is to draw live once it is in view: nobody waits for what nobody sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from PySide6.QtCore import QObject, SignalInstance, Slot

from app.tab.row import Row


class Seen(Protocol):
    """A tab that says when it comes into view and goes."""

    entered: SignalInstance
    left: SignalInstance

    def isVisible(self) -> bool: ...


class Unseen(QObject):
    """Draws with `draw(name)` what was asked for while the tab was out of view, once it is back.

    Rows whose live draws are not finished when it is left are stopped, and begin anew.
    """

    def __init__(
        self, tab: Seen, rows: Mapping[str, Row], draw: Callable[[str], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._tab, self._rows, self._draw = tab, rows, draw
        self._names: set[str] = set()
        tab.entered.connect(self._enter)
        tab.left.connect(self._leave)

    def holds(self, name: str) -> bool:
        """Whether this is to wait, and is noted; False while the tab is in view."""
        if self._tab.isVisible():
            return False
        self._names.add(name)
        return True

    @Slot()
    def _enter(self) -> None:
        names, self._names = self._names, set()
        for name in names & self._rows.keys():
            self._draw(name)

    @Slot()
    def _leave(self) -> None:
        for name, row in self._rows.items():
            if row.batch is None and row.busy():
                self._names.add(name)
                row.stop()
