"""The lane: one worker thread that runs one job at a time, those of a moving hand first.

Knows nothing of Qt, torch or numpy. A job is a function that returns a generator: what it yields
is shown while it runs, what it returns is its result, and a yield is the only place to stop it.
There are three kinds of job: live ones of a hand that moves, queued ones that wait their turn, and
background ones, which share what is left.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from app.work.events import Event, Failure, Job, Kind, Silence, described, stands_at
from app.work.turns import Turns

__all__ = ["LEFT_BEHIND", "TURN", "Event", "Failure", "Job", "Kind", "Lane", "Silence"]

log = logging.getLogger(__name__)

LEFT_BEHIND = "It did not answer and was left behind."
"""What is said of a job that `Lane.restart` has given up."""

TURN = 0.05
"""Seconds of processor time after which a background job lets another one go on."""
_TURN = 0.2
"""Seconds after which a live job lets another one go on, and a background job at the latest."""


@dataclass(eq=False)
class _Task:
    channel: str | None
    ticket: int
    job: Job
    steps: Generator[Any, None, Any] | None = None
    shown: bool = False
    seen: bool = False
    """Whether a step of it carried anything."""
    since: float = 0.0
    stop: bool = False
    answered: float = math.inf
    """When it began, went on or yielded last, while it runs."""
    left: bool = False
    """Whether its thread has been replaced: nothing is to be heard of it any more."""
    owner: str | None = None
    """Whose background job it is; None for the others."""
    spent: float = 0.0
    """Seconds of processor time, in step with the other background jobs; see `Lane._cost`."""


class Lane:
    """Runs live jobs at once, queued jobs in their order, and background jobs while neither waits.

    A waiting live job makes a running queued one pause at its next yield, and a live one of another
    channel as soon as that has shown a step: the moving hand goes first. What has paused goes on
    from there once no live job waits, before any other queued one: live ones in turns, first those
    that have nothing on show yet, so that a slow one does not keep the others waiting. A background
    job pauses at its next yield for any other kind, and after `TURN` for the one of its kind that
    has had the least processor time; those of an owner on `hold` wait until it lets them `go_on`.
    Their pauses are not told: they are part of what they are. Every method
    may be called from any thread. `post` is called from the worker, and from the thread that drops
    a waiting job; it must not block or raise. `prepare` (thread count, niceness) runs on the worker
    before the first job, not at once: it may import what the window must not wait for. A job that
    does not yield holds the lane; `silence` tells how long, and `restart` goes on without it.
    """

    def __init__(
        self,
        post: Callable[[Event], None],
        *,
        prepare: Callable[[], None] | None = None,
        name: str = "lane",
        clock: Callable[[], float] = time.monotonic,
        spent: Callable[[], float] = time.thread_time,
    ) -> None:
        self._post, self._prepare, self._name, self._clock = post, prepare, name, clock
        self._spent = spent  # processor time of the thread that asks
        self._wake = threading.Condition()  # guards all that follows
        self._live: dict[str, _Task] = {}  # waiting, the newest of each channel
        self._queue: list[_Task] = []  # waiting, in the order they will run
        self._running: _Task | None = None
        self._paused: list[_Task] = []  # live ones in turn, then at most one queued
        self._background = Turns[_Task]()
        self._closing = False
        self._count = 0
        self._left: list[threading.Thread] = []  # those that have been replaced
        self._thread = self._begin()

    def _begin(self) -> threading.Thread:
        thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        thread.start()
        return thread

    def live(self, channel: str, job: Job) -> int:
        """Run `job` next, in place of any that waits on `channel`; returns its ticket.

        One of the same channel that already runs is stopped once it has shown one step.
        """
        with self._wake:
            task = self._admit(channel, job)
            dropped = self._live.get(channel)
            self._live[channel] = task  # a channel that already waits keeps its turn
        if dropped is not None:
            self._tell(dropped, Kind.STOPPED)
        return task.ticket

    def queue(self, job: Job, *, first: bool = False) -> int:
        """Run `job` after the queued ones, or before those that wait; returns its ticket."""
        return self.queue_all((job,), first=first)[0]

    def queue_all(self, jobs: Sequence[Job], *, first: bool = False) -> tuple[int, ...]:
        """The same for several that keep their order: none starts before all of them wait."""
        with self._wake:
            tasks = [self._admit(None, job) for job in jobs]
            self._queue = [*tasks, *self._queue] if first else [*self._queue, *tasks]
        return tuple(task.ticket for task in tasks)

    def background(self, owner: str, job: Job) -> int:
        """Run `job` in turns with others like it, while nothing else is to do; its ticket."""
        with self._wake:
            task = self._admit(None, job)
            task.owner = owner
            self._background.add(task)
        return task.ticket

    def hold(self, owner: str) -> None:
        """Let the background jobs of an owner rest, from their next yield on."""
        with self._wake:
            self._background.hold(owner)

    def go_on(self, owner: str) -> None:
        """Let the background jobs of an owner run again."""
        with self._wake:
            self._background.release(owner)
            self._wake.notify()

    def drop(self, owner: str) -> None:
        """Drop and stop every background job of an owner."""
        self._withdraw(lambda task: task.owner == owner)

    def cancel(self, ticket: int) -> None:
        """Drop or stop this one job, whatever its state; nothing happens if it has ended.

        A job that returns before its next yield is still DONE.
        """
        self._withdraw(lambda task: task.ticket == ticket)

    def stop(self, channel: str) -> None:
        """Drop the live job that waits on `channel` and stop the one that runs."""
        self._withdraw(lambda task: task.channel == channel)

    def move(self, ticket: int, position: int) -> None:
        """Make a waiting queued job the one at `position` of `waiting()`, 0 being the next.

        Past the end means last; nothing happens if the job no longer waits.
        """
        if position < 0:
            raise ValueError(f"position must not be negative, got {position}")
        with self._wake:
            moved = [task for task in self._queue if task.ticket == ticket]
            rest = [task for task in self._queue if task.ticket != ticket]
            self._queue = [*rest[:position], *moved, *rest[position:]]

    def waiting(self) -> tuple[int, ...]:
        """Tickets of the queued jobs not yet started, in the order they will run."""
        with self._wake:
            return tuple(task.ticket for task in self._queue)

    def cancel_waiting(self) -> None:
        """Drop every queued job that has not started."""
        with self._wake:
            dropped, self._queue = self._queue, []
        for task in dropped:
            self._tell(task, Kind.STOPPED)

    def silence(self) -> Silence | None:
        """Which job runs and how long it has not yielded, None while there is none."""
        with self._wake:
            if (task := self._running) is None:
                return None
            return Silence(task.channel, task.ticket, max(0.0, self._clock() - task.answered))

    def restart(self, ticket: int) -> bool:
        """Go on without the job that runs: a new thread takes over, and `prepare` runs there, too.

        The job FAILED, with the place where it stands as details; what it yields or returns later
        is dropped, and its old thread ends then, or with the process. What has paused or waits
        goes on. False, and nothing happens, where it is not the job of `ticket` that runs.
        """
        with self._wake:
            task = self._running
            if task is None or task.ticket != ticket or self._closing:
                return False
            failure = Failure(f"UnansweredError: {LEFT_BEHIND}", stands_at(self._thread))
            self._tell(task, Kind.FAILED, failure)
            task.left, self._running = True, None
            self._left = [thread for thread in (*self._left, self._thread) if thread.is_alive()]
            self._thread = self._begin()
            return True

    def close(self, timeout: float) -> bool:
        """Drop and stop every job; True when all threads have ended within `timeout` seconds.

        All still get their closing event. A job that never yields cannot be stopped: the answer
        is then False, and the thread ends when that job yields, or with the process.
        """
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._withdraw(lambda task: True)
        self._thread.join(timeout)
        return not any(thread.is_alive() for thread in (self._thread, *self._left))

    def _admit(self, channel: str | None, job: Job) -> _Task:
        """A numbered task for `job`. The caller holds the lock and lets the task wait."""
        if self._closing:
            raise RuntimeError("the lane is closed")
        self._count += 1
        self._wake.notify()
        return _Task(channel, self._count, job)

    def _withdraw(self, wanted: Callable[[_Task], bool]) -> None:
        """Drop the wanted tasks that wait; stop those under way at their next yield."""
        with self._wake:
            dropped = [task for task in (*self._live.values(), *self._queue) if wanted(task)]
            self._live = {name: task for name, task in self._live.items() if not wanted(task)}
            self._queue = [task for task in self._queue if not wanted(task)]
            dropped += self._background.withdraw(wanted)
            for task in (self._running, *self._paused, *self._background.under_way()):
                if task is not None and wanted(task):
                    task.stop = True
            self._wake.notify()
        for task in dropped:
            self._tell(task, Kind.STOPPED)

    def _work(self) -> None:
        prepare = self._prepare
        while (task := self._next()) is not None:
            if prepare is not None:
                _prepared(prepare)
                prepare = None
            if not self._run(task):
                return
            del task  # an idle lane must not keep the last job's tensors alive

    def _next(self) -> _Task | None:
        """Wait for the next task to run or to go on with; None when the lane has closed."""
        with self._wake:
            self._wake.wait_for(
                lambda: any(
                    (self._live, self._paused, self._queue, self._background.waits(), self._closing)
                )
            )
            self._running = self._pick()
            return self._running  # None, as `_run` left it, if there is nothing but the closing

    def _pick(self) -> _Task | None:
        """Take the next task out of those that wait or have paused. The caller holds the lock."""
        for task in self._paused:
            if task.stop or task.channel in self._live:  # nothing is left but to close it
                self._paused.remove(task)
                return task
        if (stopped := self._background.stopped()) is not None:
            return stopped
        if self._live:
            return self._live.pop(next(iter(self._live)))
        if self._paused:
            task = next(filter(_unseen, self._paused), self._paused[0])
            self._paused.remove(task)
            return task
        return self._queue.pop(0) if self._queue else self._background.take()

    def _park(self, task: _Task) -> None:
        """Keep a paused task, live ones before the queued one. The caller holds the lock."""
        if task.owner is not None:
            self._background.add(task)
            return
        live = [kept for kept in self._paused if kept.channel is not None]
        task.answered = math.inf
        self._paused.insert(len(live) if task.channel is not None else len(self._paused), task)

    def _run(self, task: _Task) -> bool:
        """Drive `task` until it ends or pauses, and tell which; False if it has been left."""
        task.since = time.monotonic()
        task.answered = self._clock()
        if task.steps is None:
            self._tell(task, Kind.STARTED)
        elif not task.stop and task.owner is None:
            self._tell(task, Kind.RESUMED)
        begun = self._times()
        kind, payload = self._drive(task)
        task.spent += self._cost(begun)
        if kind is not Kind.PAUSED:
            task.steps = None  # what it held is free before its closing event tells so
        with self._wake:
            if task.left:
                return False
            self._running = None
            if kind is Kind.PAUSED:
                self._park(task)
        if kind is not Kind.PAUSED or task.owner is None:
            self._tell(task, kind, payload)
        return True

    def _drive(self, task: _Task) -> tuple[Kind, Any]:
        """Step `task` as far as it may go; how it ended, or PAUSED, with the payload."""
        begun = self._times()
        try:
            if task.steps is None:
                task.steps = task.job()
            while (verdict := self._verdict(task, begun)) is Kind.STEP:
                self._close_stopped()
                try:
                    payload = next(task.steps)
                except StopIteration as end:
                    return Kind.DONE, end.value
                task.answered = self._clock()
                task.shown, task.seen = True, task.seen or payload is not None
                self._tell(task, Kind.STEP, payload)
            if verdict is Kind.STOPPED:
                task.steps.close()  # its `finally` blocks run here, on this thread
            return verdict, None
        except BaseException as error:  # noqa: BLE001  # else every later ticket would wait forever
            failure = described(error)
        if failure.is_expected:  # the window says it, and keeps the details
            log.info("job %d was refused: %s", task.ticket, failure.sentence)
        elif not task.left:
            log.error("job %d failed\n%s", task.ticket, failure.details)
        return Kind.FAILED, failure

    def _times(self) -> tuple[float, float]:
        """Processor time of this thread, and time on the clock."""
        return self._spent(), self._clock()

    def _cost(self, begun: tuple[float, float]) -> float:
        """Seconds of processor time since `begun`, at least a share of those that went by.

        A job that waits for a graphics card or a disk uses none: counted by processor time alone,
        its turn would never be over, and the next would be its own again.
        """
        spent, now = self._times()
        return max(spent - begun[0], (now - begun[1]) * TURN / _TURN)

    def _close_stopped(self) -> None:
        """Close the background jobs that were cancelled: the one that runs may have long to go."""
        while True:
            with self._wake:
                task = self._background.stopped()
            if task is None:
                return
            kind, payload = self._drive(task)
            task.steps = None
            self._tell(task, kind, payload)

    def _verdict(self, task: _Task, begun: tuple[float, float]) -> Kind:
        """What `task`, which `begun` its turn at these times, is to do at this yield.

        STEP, PAUSED or STOPPED.
        """
        with self._wake:
            superseded = task.channel in self._live
            if task.stop or task.left or (superseded and task.shown):
                return Kind.STOPPED
            if task.owner is not None:
                over = self._cost(begun) >= TURN
                rests = over or self._live or self._queue or self._background.is_held(task.owner)
                return Kind.PAUSED if rests else Kind.STEP
            if self._live and (task.channel is None or task.shown):
                return Kind.PAUSED
            return Kind.PAUSED if self._is_others_turn(task) else Kind.STEP

    def _is_others_turn(self, task: _Task) -> bool:
        """Whether a live job lets another that has paused go on. The caller holds the lock."""
        others = [other for other in self._paused if other.channel is not None]
        if task.channel is None or not task.shown or not others:
            return False
        over = time.monotonic() - task.since > _TURN
        unseen = any(map(_unseen, others))
        return (over or unseen) if task.seen else (over and unseen)

    def _tell(self, task: _Task, kind: Kind, payload: Any = None) -> None:
        with self._wake:  # a job that is left behind says nothing after its closing event
            if not task.left:
                self._post(Event(task.channel, task.ticket, kind, payload, task.owner))


def _unseen(task: _Task) -> bool:
    return task.channel is not None and not task.seen


def _prepared(prepare: Callable[[], None]) -> None:
    try:
        prepare()
    except Exception:
        log.exception("preparing the lane failed; it runs as it is")
