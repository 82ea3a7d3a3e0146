"""Python's collector of garbage, run by the window's own thread in short turns.

By itself it runs in whichever thread allocates, so a lane might delete what belongs to the window,
and it goes through all that was ever imported: a third of a second in which nothing moves.
"""

from __future__ import annotations

import gc
import sys
import time

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

_EVERY_MS = 250
_OLD_SECONDS = 30.0
"""Between two rounds through all that is not frozen, which take longest."""
_MANY = 50
"""Modules that came in since: worth being left out of later rounds."""


class Collector(QObject):
    """Collects in place of Python from its making to `stop`; several may be there at once."""

    _at_work = 0
    _modules = 0

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._old_at = time.monotonic()
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()
        Collector._at_work += 1
        gc.disable()

    def stop(self) -> None:
        """Leave it to Python again, once the last one has stopped."""
        if self._timer.isActive():
            self._timer.stop()
            Collector._at_work -= 1
            if not Collector._at_work:
                gc.enable()

    @Slot()
    def collect(self) -> None:
        """One turn: as far as Python itself would go, the oldest only where no button is down."""
        if len(sys.modules) > Collector._modules + _MANY:
            Collector._modules = len(sys.modules)
            gc.freeze()  # what modules hold lives as long as the program
            return
        count, limit, now = gc.get_count(), gc.get_threshold(), time.monotonic()
        old = count[2] > limit[2] and now - self._old_at > _OLD_SECONDS
        if old and QApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self._old_at = now
            gc.collect()
        elif count[0] > limit[0]:
            gc.collect(1 if count[1] > limit[1] else 0)
