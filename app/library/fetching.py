"""Models of the hub on their way in: a queue of downloads on a lane of their own.

A download waits for a server most of the time; the engines' lane must not wait with it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from app.work.channels import Queue
from app.work.lane import Failure, Job
from engines.model import Card

if TYPE_CHECKING:
    from engines.outside.hub import Transfer


class Stage(Enum):
    """Where a download stands."""

    WAITING = auto()
    RUNNING = auto()
    STOPPING = auto()
    STOPPED = auto()
    FAILED = auto()


@dataclass(frozen=True)
class Fetch:
    """One download: bytes here of those that were missing, and why it failed."""

    stage: Stage
    done: int = 0
    total: int | None = None
    reason: str = ""

    @property
    def ended(self) -> bool:
        return self.stage in (Stage.STOPPED, Stage.FAILED)


class Fetching(QObject):
    """`changed` tells the id of a download that has moved, `fetched` the id and card of one done.

    What a stopped or failed one has brought is kept: starting it again goes on from there.
    """

    changed = Signal(str)
    fetched = Signal(str, object)

    def __init__(self, queue: Queue, parent: QObject) -> None:
        super().__init__(parent)
        self.all: dict[str, Fetch] = {}
        self._queue = queue
        self._names: dict[int, str] = {}
        queue.started.connect(self._started)
        queue.stepped.connect(self._stepped)
        queue.done.connect(self._done)
        queue.failed.connect(self._failed)
        queue.stopped.connect(self._stopped)

    def start(self, name: str) -> None:
        """Fetch a model, or go on with it; nothing happens while that is under way."""
        known = self.all.get(name)
        if known is not None and not known.ended:
            return
        self._set(name, Fetch(Stage.WAITING))
        self._names[self._queue.submit(fetching(name))] = name

    def stop(self, name: str) -> None:
        """Stop a download, or take it out of the queue."""
        known = self.all.get(name)
        if known is not None and not known.ended:
            self._set(name, replace(known, stage=Stage.STOPPING))
            for ticket in [ticket for ticket, its in self._names.items() if its == name]:
                self._queue.cancel(ticket)

    def forget(self, name: str) -> None:
        """Stop a download and know nothing of it any more."""
        self.stop(name)
        self.all.pop(name, None)
        self._names = {ticket: its for ticket, its in self._names.items() if its != name}

    def _set(self, name: str, fetch: Fetch) -> None:
        self.all[name] = fetch
        self.changed.emit(name)

    def _move(self, ticket: int, **changes: Any) -> None:
        """Change the download of a ticket, unless it was forgotten."""
        if name := self._names.get(ticket):
            self._set(name, replace(self.all[name], **changes))

    @Slot(int)
    def _started(self, ticket: int) -> None:
        self._move(ticket, stage=Stage.RUNNING)

    @Slot(int, object)
    def _stepped(self, ticket: int, transfer: Transfer) -> None:
        self._move(ticket, done=transfer.done, total=transfer.total)

    @Slot(int, object)
    def _done(self, ticket: int, card: Card) -> None:
        if name := self._names.pop(ticket, ""):
            del self.all[name]
            self.fetched.emit(name, card)

    @Slot(int, object)
    def _failed(self, ticket: int, failure: Failure) -> None:
        self._move(ticket, stage=Stage.FAILED, reason=failure.sentence)
        self._names.pop(ticket, None)

    @Slot(int)
    def _stopped(self, ticket: int) -> None:
        self._move(ticket, stage=Stage.STOPPED)
        self._names.pop(ticket, None)


def fetching(name: str) -> Job:
    """A job that yields the Transfer of a model of the hub and returns its Card."""

    def job() -> Generator[Transfer, None, Card]:
        from engines import outside
        from engines.outside import hub

        folder = yield from hub.fetching(name)
        return outside.fetched(name, folder)

    return job
