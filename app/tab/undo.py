"""Undo and redo of what a hand has set, for editors without strokes of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, SignalInstance, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from app.tab.continuing import same

MOST = 100
"""Steps that are kept."""
QUIET_MS = 300
"""How long a hand is still before what it did is a step."""
_CONTROL = Qt.KeyboardModifier.ControlModifier
State: TypeAlias = tuple[Any, ...]
"""What is edited; states with another first part are of another data set, and kept apart."""


class Undo(QObject):
    """Ctrl+Z and Ctrl+Shift+Z or Ctrl+Y over a widget, where no part of it takes these keys.

    `take` tells the state, () for none; `put` brings one back. After each of the signals it may be
    another.
    """

    def __init__(
        self,
        widget: QWidget,
        take: Callable[[], State],
        put: Callable[[State], None],
        *changes: SignalInstance,
    ) -> None:
        super().__init__(widget)
        self._take, self._put = take, put
        self._states: list[State] = []
        self._place = -1
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self._record)
        for change in changes:
            change.connect(self._mark)
        widget.installEventFilter(self)

    @Slot()
    def _mark(self) -> None:
        if self._place < 0:
            self._record()  # the first state there is
        else:
            self._quiet.start()

    @Slot()
    def _record(self) -> None:
        self._quiet.stop()
        now = self._take()
        if not now:
            self._states, self._place = [], -1
            return
        if self._place >= 0 and now[0] != self._states[self._place][0]:
            self._states, self._place = [], -1
        if self._place >= 0 and same(now, self._states[self._place]):
            return
        self._states = [*self._states[: self._place + 1], now][-MOST:]
        self._place = len(self._states) - 1

    def undo(self) -> bool:
        """Take the last step back; False where there is none."""
        self._record()
        return self._go(-1)

    def redo(self) -> bool:
        """Take an undone step again; False where there is none."""
        self._record()
        return self._go(1)

    def _go(self, by: int) -> bool:
        place = self._place + by
        if not 0 <= place < len(self._states):
            return False
        self._place = place
        self._put(self._states[place])
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that no part of the widget took come to the widget itself."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            standard = QKeySequence.StandardKey
            if event.matches(standard.Undo):
                return self.undo()
            ctrl_y = event.key() == Qt.Key.Key_Y and event.modifiers() == _CONTROL
            if event.matches(standard.Redo) or ctrl_y:
                return self.redo()
        return super().eventFilter(watched, event)
