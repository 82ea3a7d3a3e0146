"""The thread that keeps finished results: whoever finishes one never waits for the disk.

Plain Python. It owns the store it writes into; others open their own to read.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from app.history import schema
from app.history.record import key_of, packed, record_of, unpacked
from app.history.store import LIMIT, Store
from app.recipes.pictures import Values
from app.recipes.recipe import Recipe
from app.recipes.result import Fulfilled, Promise, Result

log = logging.getLogger(__name__)

REST = 1.0
"""Seconds after which the result of a moving hand is kept, unless another has taken its place."""
_FULL = (
    "The history is full of starred results: new ones are not kept. Remove stars, or give it "
    "more room."
)

Write: TypeAlias = Callable[[Store], object]


class Keeper:
    """A `Keep` on a file. `told` hears a sentence for a person, `changed` that the list is another;
    both are called on the thread of the keeper.

    Every method may be called from any thread. While it is `off`, nothing new is kept. A result of
    a moving hand waits until the hand rests, one for each task and model.
    """

    def __init__(
        self,
        path: Path,
        *,
        limit: int = LIMIT,
        off: bool = False,
        told: Callable[[str], object] = lambda _: None,
        changed: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._off, self._limit, self._clock = off, limit, clock
        self._told, self._changed = told, changed
        self._inbox: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self.open = True
        """Whether there is a history that results are written into."""
        self._guard = threading.Lock()  # of what follows
        self._resting: dict[tuple[str, str], tuple[float, Result]] = {}
        self._growing: dict[str, _Growth] = {}
        self._said: set[str] = set()
        self._thread = threading.Thread(target=self._work, name="genscope history", daemon=True)
        self._thread.start()

    # a Keep

    def finish(self, result: Result) -> Promise:
        """Keep a result, at once where it was queued."""
        if self._off:
            return Fulfilled()
        if result.queued:
            written = _Written(self)
            self._inbox.put(partial(self._add, result=result, written=written))
            return written
        with self._guard:
            self._resting[result.task, result.card.name] = self._clock() + REST, result
        self._inbox.put(_look)
        return Fulfilled()

    def begun(self, recipe: Recipe) -> Values | None:
        """The first examples of this request, where a run of it was cut off."""
        if self._off:
            return None
        try:
            with Store(self.path) as store:
                parts = [unpacked(raw) for raw in store.begun(key_of(recipe))]
        except (schema.HistoryError, sqlite3.Error, ValueError) as error:
            log.warning("what a run had finished cannot be read: %s", error)
            return None
        return np.concatenate(parts) if parts else None

    def grow(self, recipe: Recipe, start: int, values: Values) -> None:
        """Keep examples `start` … of a run that goes on."""
        if self._off:
            return
        key, part = key_of(recipe), values.copy()
        with self._guard:
            known = self._growing.get(key)
            if known is None or known.start + sum(map(len, known.parts)) != start:
                known = self._growing[key] = _Growth(self._clock() + REST, start, [])
            known.parts.append(part)
        self._inbox.put(_look)

    # what a person does

    def do(self, write: Write) -> None:
        """Change the store on its thread; the list is another afterwards."""

        def write_and_tell(store: Store) -> None:
            write(store)
            self._changed()

        self._inbox.put(write_and_tell)

    def set_off(self, off: bool) -> None:
        """Keep nothing new, or keep again."""
        self._off = off
        if off:
            with self._guard:
                self._resting.clear()
                self._growing.clear()

    @property
    def off(self) -> bool:
        return self._off

    def set_limit(self, limit: int) -> None:
        """Let all results take at most so many bytes."""
        self._limit = limit

        def narrow(store: Store) -> None:
            store.limit = limit
            store.tidy()

        self.do(narrow)

    def close(self, timeout: float) -> bool:
        """Keep what still waits, then end; whether it had ended after so many seconds."""
        with self._guard:
            self._resting = {key: (-1.0, result) for key, (_, result) in self._resting.items()}
            for growth in self._growing.values():
                growth.due = -1.0
        self._inbox.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # the thread

    def _work(self) -> None:
        store = self._open()
        self.open = store is not None
        if store is not None:
            self._try(store, Store.tidy)
        write: Write | None = _look
        while write is not None:
            try:
                write = self._inbox.get(timeout=self._until_rest())
            except queue.Empty:
                write = _look
            if write is not None:
                store = self._carry_out(store, write)
            for result in self._take_rested():
                store = self._carry_out(store, partial(self._add, result=result))
            for key, growth in self._take_grown():
                store = self._carry_out(store, partial(_grow, key=key, growth=growth))
            self.open = store is not None
        self.open = False
        if store is not None:
            store.close()

    def _open(self) -> Store | None:
        """The store; a damaged file is set aside for a new one, a newer one is left alone."""
        for _ in range(2):
            try:
                return Store(self.path, limit=self._limit)
            except schema.Damaged:
                try:
                    self._tell(schema.set_aside(self.path))
                except schema.HistoryError as error:
                    self._tell(str(error))
                    return None
            except schema.HistoryError as error:
                self._tell(str(error))
                return None
        return None

    def _carry_out(self, store: Store | None, write: Write) -> Store | None:
        """Do this in the store, in a new one where the file turns out to be damaged."""
        if write is _look or store is None:
            return store
        error = self._try(store, write)
        if error is None or not schema.is_damage(error):
            return store
        store.close()
        try:
            self._tell(schema.set_aside(self.path))
        except schema.HistoryError as refusal:
            self._tell(str(refusal))
            return None
        return self._open()

    def _try(self, store: Store, write: Write) -> sqlite3.Error | None:
        try:
            write(store)
        except sqlite3.Error as error:
            log.warning("the history was not written: %s", error)
            if not schema.is_damage(error):
                self._tell(f"A result was not kept in the history: {error} ({self.path}).")
            return error
        except Exception:
            # one result must not end the thread that keeps all others
            log.exception("a result was not kept in the history")
        return None

    def _add(self, store: Store, result: Result, written: _Written | None = None) -> None:
        try:
            if not self._off:
                record = record_of(result)
                with self._guard:
                    self._growing.pop(record.key, None)  # it has ended
                if not store.add(record):
                    self._tell(_FULL)
                self._changed()
        finally:
            if written is not None:
                written.done.set()

    def _tell(self, sentence: str) -> None:
        """Each sentence is said once: a full disk stays full for every result."""
        if sentence not in self._said:
            self._said.add(sentence)
            self._told(sentence)

    def _until_rest(self) -> float | None:
        """Seconds until the next hand has rested; None while none moves."""
        with self._guard:
            dues = [due for due, _ in self._resting.values()]
            dues += [growth.due for growth in self._growing.values()]
            first = min(dues, default=None)
        return None if first is None else max(0.0, first - self._clock())

    def _take_rested(self) -> list[Result]:
        now = self._clock()
        with self._guard:
            due = [key for key, (at, _) in self._resting.items() if at <= now]
            return [self._resting.pop(key)[1] for key in due]

    def _take_grown(self) -> list[tuple[str, _Growth]]:
        now = self._clock()
        with self._guard:
            due = [key for key, growth in self._growing.items() if growth.due <= now]
            return [(key, self._growing.pop(key)) for key in due]


@dataclass
class _Growth:
    """Examples `start` … of a run that goes on, to be written together at `due`."""

    due: float
    start: int
    parts: list[Values]


def _grow(store: Store, key: str, growth: _Growth) -> None:
    values = np.concatenate(growth.parts)
    store.grow(key, growth.start, len(values), packed(values))


class _Written:
    """The promise that a result is written; `done` also where it could not be."""

    def __init__(self, keeper: Keeper) -> None:
        self.done, self._keeper = threading.Event(), keeper

    def wait(self, timeout: float) -> bool:
        return self.done.wait(timeout) or not self._keeper.open


def _look(_: Store) -> None:
    """Nothing: the thread looks at what rests."""
