"""The table of jobs behind the job bar: running, waiting in turn, and the last ones that ended."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from widgets.look.eta import Eta, spell

KEPT = 20
"""How many ended jobs stay in the table."""

Index = QModelIndex | QPersistentModelIndex


class JobState(Enum):
    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


CURRENT = (JobState.RUNNING, JobState.PAUSED)
ENDED = (JobState.DONE, JobState.FAILED, JobState.STOPPED)


class JobAction(Enum):
    """What a person can ask of a job: name of the control, and the key that does the same."""

    RUN_FIRST = "Run next (F)"
    RETRY = "Retry (R)"
    DETAILS = "Details (Enter)"
    CANCEL = "Cancel (Delete)"


class Column(IntEnum):
    STATE = 0
    TITLE = 1
    PROGRESS = 2
    TIME = 3
    ACTIONS = 4


@dataclass(eq=False)
class Job:
    """What the table knows of one job; `stopping` from the moment one asks until it has ended."""

    ticket: int
    title: str
    detail: str
    eta: Eta
    state: JobState = JobState.WAITING
    done: int = 0
    total: int | None = None
    message: str = ""
    stopping: bool = False
    expects: float | None = None
    """Seconds that it will take, where somebody knows before it has begun."""

    def status(self) -> str:
        return "stopping…" if self.stopping else self.state.value

    def left(self) -> float | None:
        """Seconds of running that it still needs, None where nobody knows."""
        left = self.eta.remaining(self.total)
        if left is None and self.expects is not None:
            left = max(0.0, self.expects - self.eta.elapsed())
        return left

    def words(self) -> str:
        """What it is about; of a paused one why it has paused."""
        paused = self.state is JobState.PAUSED and not self.stopping
        return f"{self.detail} · waits: what a tab shows goes first" if paused else self.detail

    def time(self) -> str:
        """Time left while current, time taken once ended; empty where nothing is known."""
        if self.state in ENDED:
            return f"took {spell(self.eta.elapsed())}" if self.eta.elapsed() > 0 else ""
        left = self.left()
        return "" if left is None or self.stopping else f"{spell(left)} left"

    def actions(self) -> tuple[JobAction, ...]:
        if self.stopping:
            return ()
        if self.state is JobState.WAITING:
            return (JobAction.RUN_FIRST, JobAction.CANCEL)
        if self.state in CURRENT:
            return (JobAction.CANCEL,)
        return (JobAction.RETRY, JobAction.DETAILS) if self.state is JobState.FAILED else ()


class JobTable(QAbstractTableModel):
    """Rows: current jobs, then the waiting ones in turn, then the ended ones, newest first.

    Tickets that were never added raise KeyError: an event of an unknown job is a bug of the caller.
    """

    def __init__(
        self, parent: QObject | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._jobs: dict[int, Job] = {}
        self._rows: list[int] = []
        self._took: dict[str, float] = {}
        """Seconds that the last job of a title took."""
        self._told = -math.inf

    def job(self, ticket: int) -> Job:
        return self._jobs[ticket]

    def job_at(self, row: int) -> Job:
        return self._jobs[self._rows[row]]

    def current(self) -> list[Job]:
        return self._among(CURRENT)

    def waiting(self) -> list[Job]:
        return self._among((JobState.WAITING,))

    def ended(self) -> list[Job]:
        return self._among(ENDED)

    def add(self, ticket: int, title: str, detail: str, *, expects: float | None = None) -> None:
        """Put a job at the end of the waiting ones; raises ValueError for a ticket in use.

        `expects` is how many seconds it will take, if that is known: else as long as the last one
        of its title.
        """
        if ticket in self._jobs:
            raise ValueError(f"job {ticket} is in the table already")
        row = len(self._rows) - len(self.ended())
        self.beginInsertRows(QModelIndex(), row, row)
        known = self._took.get(title) if expects is None else expects
        self._jobs[ticket] = Job(ticket, title, detail, Eta(self._clock), expects=known)
        self._rows.insert(row, ticket)
        self.endInsertRows()

    def start(self, ticket: int) -> None:
        job = self._jobs[ticket]
        job.state = JobState.RUNNING
        job.eta.run()
        turn = [other.ticket for other in self.waiting()]
        self._arrange([*self._tickets(CURRENT, but=ticket), ticket, *turn, *self._tickets(ENDED)])

    def progress(self, ticket: int, done: int, total: int | None) -> None:
        job = self._jobs[ticket]
        job.done, job.total = done, total
        job.eta.step(done)
        # One by one: Qt repaints a single cell, but of a range more than its cells.
        self._touch(ticket, Column.PROGRESS, Column.PROGRESS)
        self._touch(ticket, Column.TIME, Column.TIME)
        if (waiting := len(self.waiting())) and self._clock() >= self._told + 1:
            self._told = self._clock()
            first = len(self.current())
            ends = (self.index(row, Column.TIME) for row in (first, first + waiting - 1))
            self.dataChanged.emit(*ends)

    def pause(self, ticket: int) -> None:
        job = self._jobs[ticket]
        job.state = JobState.PAUSED
        job.eta.pause()
        self._touch(ticket)

    def resume(self, ticket: int) -> None:
        job = self._jobs[ticket]
        job.state = JobState.RUNNING
        job.eta.run()
        self._touch(ticket)

    def stop(self, ticket: int) -> None:
        """Note that stopping was asked for; `end` comes later, when the job has really ended."""
        self._jobs[ticket].stopping = True
        self._touch(ticket)

    def end(self, ticket: int, state: JobState, message: str) -> None:
        """Move a job to the ended ones; raises ValueError for a state that is not an end."""
        if state not in ENDED:
            raise ValueError(f"job {ticket} cannot end as {state.value!r}")
        job = self._jobs[ticket]
        job.eta.pause()
        if state is JobState.DONE:
            self._took[job.title] = job.eta.elapsed()
        job.state, job.message, job.stopping = state, message, False
        front = [*self._tickets(CURRENT), *self._tickets((JobState.WAITING,))]
        self._arrange([*front, ticket, *self._tickets(ENDED, but=ticket)])
        self._drop(len(front) + KEPT)

    def order(self, tickets: Iterable[int]) -> None:
        """Arrange the waiting jobs as given; those not named keep their order behind them."""
        waiting = self._tickets((JobState.WAITING,))
        named = [ticket for ticket in tickets if ticket in waiting]
        rest = [ticket for ticket in waiting if ticket not in named]
        self._arrange([*self._tickets(CURRENT), *named, *rest, *self._tickets(ENDED)])

    def clear_ended(self) -> None:
        self._drop(len(self._rows) - len(self.ended()))

    def starts(self, job: Job) -> float | None:
        """Seconds until a waiting job has its turn, None where nobody knows."""
        if not self.current():  # what is shown goes first, and nobody knows how long it takes
            return None
        seconds = 0.0
        for other in (*self.current(), *self.waiting()):
            if other is job:
                break
            if (left := other.left()) is None:
                return None
            seconds += left
        return seconds

    def time(self, job: Job) -> str:
        """When a waiting job has its turn, else its time left or taken; "" where nobody knows."""
        if job.state is not JobState.WAITING or job.stopping:
            return job.time()
        starts = self.starts(job)
        return "" if starts is None else f"starts in {spell(starts)}"

    def turn(self, job: Job) -> int:
        """How many waiting jobs come before this one."""
        return self._rows.index(job.ticket) - len(self.current())

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a screen reader says of each cell; the delegate paints from `job_at`."""
        if role != Qt.ItemDataRole.DisplayRole or not index.isValid():
            return None
        job = self.job_at(index.row())
        match Column(index.column()):
            case Column.STATE:
                return job.status()
            case Column.TITLE:
                return f"{job.title}, {job.words()}"
            case Column.PROGRESS:
                return self.progress_text(job)
            case Column.TIME:
                return self.time(job)
            case Column.ACTIONS:
                return ", ".join(action.value for action in job.actions())

    def progress_text(self, job: Job) -> str:
        """The place in the queue, the steps done, or what a failed job said."""
        if job.state is JobState.WAITING:
            ahead = self.turn(job)
            return f"{ahead} ahead" if ahead else "next"
        if job.state in ENDED:
            return job.message
        return f"{job.done} of {job.total}" if job.total is not None else f"{job.done} steps"

    def _among(self, states: tuple[JobState, ...]) -> list[Job]:
        jobs = (self._jobs[ticket] for ticket in self._rows)
        return [job for job in jobs if job.state in states]

    def _tickets(self, states: tuple[JobState, ...], but: int | None = None) -> list[int]:
        return [job.ticket for job in self._among(states) if job.ticket != but]

    def _touch(
        self, ticket: int, first: Column = Column.STATE, last: Column = Column.ACTIONS
    ) -> None:
        row = self._rows.index(ticket)
        self.dataChanged.emit(self.index(row, first), self.index(row, last))

    def _arrange(self, rows: list[int]) -> None:
        """Take a new order of the same rows; a selected row stays selected wherever it goes."""
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        moved = {ticket: row for row, ticket in enumerate(rows)}
        new = [self.index(moved[self._rows[index.row()]], index.column()) for index in old]
        self._rows = rows
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _drop(self, first: int) -> None:
        """Forget the rows from `first` on."""
        if first < len(self._rows):
            self.beginRemoveRows(QModelIndex(), first, len(self._rows) - 1)
            for ticket in self._rows[first:]:
                del self._jobs[ticket]
            del self._rows[first:]
            self.endRemoveRows()
