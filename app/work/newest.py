"""The newest value of something that another thread says, received on the GUI thread."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Newest(QObject):
    """Latest-value signal: set from any thread, received on the GUI thread."""

    told = Signal(object)
    _arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._guard = threading.Lock()
        self._waiting: list[object] = []
        self._closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def tell(self, value: object) -> None:
        """Any thread."""
        with self._guard:
            if self._closed:
                return
            wake = not self._waiting
            self._waiting[:] = [value]
            if wake:
                self._arrived.emit()

    def close(self) -> None:
        """Hear nothing from now on."""
        with self._guard:
            self._closed = True
            self._waiting.clear()

    @Slot()
    def _deliver(self) -> None:
        with self._guard:
            said, self._waiting = self._waiting, []
        for value in said:
            self.told.emit(value)
