"""The heartbeat of the GUI thread, and waiting for the window without holding it up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Slot

BEAT_SECONDS = 30


class Heart(QObject):
    """A 10 ms timer on the GUI thread; `gaps` holds the time between beats, in ms.

    `busy` holds how much of it the thread has computed: others that share the processors count in
    a gap, and not there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self.busy: list[float] = []
        self._last, self._spent = time.perf_counter(), time.thread_time()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(10)

    @Slot()
    def _beat(self) -> None:
        now, spent = time.perf_counter(), time.thread_time()
        self.gaps.append(1000 * (now - self._last))
        self.busy.append(1000 * (spent - self._spent))
        self._last, self._spent = now, spent

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is done within is measuring, and no part of a gap."""
        now, spent = time.perf_counter(), time.thread_time()
        yield
        self._last += time.perf_counter() - now
        self._spent += time.thread_time() - spent

    def stop(self) -> None:
        self._timer.stop()


def beat() -> list[float]:
    heart = Heart()
    wait(BEAT_SECONDS)
    heart.stop()
    return heart.gaps[5:]


def wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def until(condition: Callable[[], bool], seconds: float = 60, *, every: float = 0.05) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("the window did not get there in time")
        wait(every)
