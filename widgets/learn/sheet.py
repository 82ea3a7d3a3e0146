"""The points that a person draws, with undo and redo. Knows nothing of Qt."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
Labels = NDArray[np.int64]
MOST = 20_000
"""Points that a sheet holds; what is drawn beyond them replaces nothing and is left out."""
CAP = 32 * 2**20
"""Bytes of undo; 100 strokes on 20,000 points take 32 MB."""


@dataclass(frozen=True, eq=False)
class State:
    """Points (n, 2) and their classes (n,); what stands between two strokes."""

    xy: Points
    labels: Labels

    def size(self) -> int:
        return self.xy.nbytes + self.labels.nbytes


def empty() -> State:
    """No points."""
    return State(np.empty((0, 2), np.float32), np.empty(0, np.int64))


class Sheet:
    """Points with classes. A change goes from `begin` to `end`, which is one step of undo.

    What is random in a stroke comes from a generator of its own, by a fixed seed.
    """

    def __init__(self) -> None:
        self._now = empty()
        self._before: State | None = None
        self._done: deque[State] = deque()
        self._undone: list[State] = []
        self._random = np.random.default_rng(0)

    @property
    def xy(self) -> Points:
        return self._now.xy

    @property
    def labels(self) -> Labels:
        return self._now.labels

    def __len__(self) -> int:
        return len(self._now.xy)

    def begin(self) -> None:
        """A stroke begins."""
        self._before = self._now

    def end(self) -> bool:
        """A stroke ends; whether it has changed anything."""
        before, self._before = self._before, None
        if before is None or before is self._now:
            return False
        self._undone.clear()
        self._done.append(before)
        while len(self._done) > 1 and sum(state.size() for state in self._done) > CAP:
            self._done.popleft()
        return True

    def put(self, xy: Points, labels: Labels) -> None:
        """Other points in place of these: one step of undo."""
        self.begin()
        self._now = State(np.ascontiguousarray(xy[:MOST], np.float32), labels[:MOST].copy())
        self.end()

    def clear(self) -> None:
        """Take all points away: one step of undo."""
        if len(self):
            self.put(*_parts(empty()))

    def add(self, places: NDArray[np.float64], label: int, spread: float, each: int = 1) -> None:
        """Points of a class round places (m, 2), `each` of them at every one."""
        centres = np.repeat(places, each, 0)[: MOST - len(self)]
        if not len(centres):
            return
        new = centres + spread * self._random.standard_normal(centres.shape)
        self._now = State(
            np.concatenate([self.xy, new.astype(np.float32)]),
            np.concatenate([self.labels, np.full(len(new), label, np.int64)]),
        )

    def erase(self, places: NDArray[np.float64], radius: float) -> None:
        """Take away what is nearer than `radius` to any of the places (m, 2)."""
        kept = np.ones(len(self), np.bool_)
        for at in places:
            kept &= np.hypot(*(self.xy - at).T) > radius
        if not kept.all():
            self._now = State(self.xy[kept], self.labels[kept])

    def undo(self) -> bool:
        """Take the last step back; False where there is none."""
        if not self._done:
            return False
        self._undone.append(self._now)
        self._now = self._done.pop()
        return True

    def redo(self) -> bool:
        """Take the last undone step again; False where there is none."""
        if not self._undone:
            return False
        self._done.append(self._now)
        self._now = self._undone.pop()
        return True

    def undoable(self) -> int:
        """How many steps can be undone."""
        return len(self._done)

    def redoable(self) -> int:
        """How many steps can be redone."""
        return len(self._undone)


def _parts(state: State) -> tuple[Points, Labels]:
    return state.xy, state.labels
