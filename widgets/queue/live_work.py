"""What is computed for the eyes, as the job bar says it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from widgets.look.eta import Eta, spell

PATIENCE_MS = 200
"""Live work that ends sooner is not said: it needs no stop, and what flickers tells nothing."""
FINE = 1000
"""Parts that the work is counted in."""


@dataclass(frozen=True)
class LiveWork:
    """What works, such as "Density: Flow", and `done` of `total` parts (None: unknown)."""

    title: str
    done: int = 0
    total: int | None = None


class LiveSign(QObject):
    """Live work that has lasted long enough to be said. `changed` when it is another."""

    changed = Signal()

    def __init__(
        self, parent: QObject | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._clock, self._eta = clock, Eta(clock)
        self._work: LiveWork | None = None
        self._due = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._due.timeout.connect(self._appear)
        self._said = False

    def set_work(self, work: LiveWork | None) -> None:
        """Take what works now, None for nothing."""
        if work is None:
            self._due.stop()
        elif self._work is None:
            self._eta = Eta(self._clock)
            self._eta.run()
            self._due.start()
        if work is not None and work.total is not None:
            self._eta.step(work.done)
        was, self._work = self.work(), work
        self._said = self._said and work is not None
        if self.work() != was:
            self.changed.emit()

    def waits(self) -> bool:
        """Whether there is work that has not lasted long enough to be said."""
        return self._due.isActive()

    def work(self) -> LiveWork | None:
        """What is to be said, None for nothing."""
        return self._work if self._said else None

    def time(self) -> str:
        """The time left, "" where it is unknown."""
        left = None if self._work is None else self._eta.remaining(self._work.total)
        return "" if left is None else f"{spell(left)} left"

    @Slot()
    def _appear(self) -> None:
        self._said = True
        self.changed.emit()
