"""How long a job still takes, from its pace over the last seconds in which it really ran."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_MINUTE = 60
_HOUR = 3600
_STEPS = 32
"""How many steps the rate looks at, however long they take."""
_EVIDENCE = 0.5
"""Seconds of running before an estimate is worth showing."""


class Eta:
    """A stopwatch that stands still while paused, and the rate of progress on its time.

    `clock` gives seconds that never go back; `window` is how many of them the rate looks at.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, window: float = 10.0) -> None:
        self._clock = clock
        self._window = window
        self._ran = 0.0
        self._since: float | None = None
        self._steps: deque[tuple[float, int]] = deque()  # (running time, done)

    def run(self) -> None:
        """Start or go on; does nothing while running."""
        if self._since is None:
            self._since = self._clock()

    def pause(self) -> None:
        """Stop counting time; does nothing while paused."""
        self._ran = self.elapsed()
        self._since = None

    def step(self, done: int) -> None:
        """Note progress at the present moment; progress that goes back starts afresh."""
        now = self.elapsed()
        if self._steps and done < self._steps[-1][1]:
            self._steps.clear()
        self._steps.append((now, done))
        # The second oldest must stay inside the window: then the oldest is the last one before it.
        # A few steps are no measure where some take long and others none.
        while len(self._steps) > _STEPS and self._steps[1][0] <= now - self._window:
            self._steps.popleft()

    def elapsed(self) -> float:
        """Seconds of running so far, pauses left out."""
        return self._ran + (0.0 if self._since is None else self._clock() - self._since)

    def remaining(self, total: int | None) -> float | None:
        """Seconds until `total` at the present pace; None without a total or without evidence."""
        if total is None or len(self._steps) < 2:
            return None
        (first, before), (last, done) = self._steps[0], self._steps[-1]
        if last - first < _EVIDENCE or done <= before:
            return None
        pace = (last - first) / (done - before)
        # a step that takes longer than usual says nothing of those to come
        step = done - self._steps[-2][1]
        waited = min(self.elapsed() - last, step * pace)
        return max(0.0, (total - done) * pace - waited)


def spell(seconds: float) -> str:
    """A duration for people: "under 1 s", "12 s", "3 min 20 s", "25 min", "about 2 h"."""
    if seconds < 1:
        return "under 1 s"
    if round(seconds) < _MINUTE:
        return f"{round(seconds)} s"
    if seconds < 10 * _MINUTE:
        # Steps of five seconds: finer ones would only flicker.
        minutes, rest = divmod(5 * round(seconds / 5), _MINUTE)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if seconds < _HOUR - _MINUTE / 2:
        return f"{round(seconds / _MINUTE)} min"
    return f"about {round(2 * seconds / _HOUR) / 2:g} h"
