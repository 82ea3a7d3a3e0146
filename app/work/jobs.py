"""The queue as a person sees it: presenters submit jobs, the job bar shows and steers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.work.channels import Queue
from app.work.lane import Failure, Job
from widgets.queue.job_bar import JobBar
from widgets.queue.jobs import JobState
from widgets.window.messages import Messages


def _nothing(_: Any) -> None:
    return None


@dataclass(frozen=True)
class Order:
    """A job for the queue: its line in the panel, and who hears of it on the GUI thread.

    `progress` reads (done, total) from what the job yields, or None where it tells neither.
    `submitted` hears the ticket, again after a retry. `recipe` is what the job can be begun again
    from after the program was killed, None for one that cannot. `expects` is how many seconds it
    will take, where that is known.
    """

    title: str
    detail: str
    job: Job
    progress: Callable[[Any], tuple[int, int | None] | None]
    submitted: Callable[[int], object] = _nothing
    stepped: Callable[[Any], object] = _nothing
    done: Callable[[Any], object] = _nothing
    failed: Callable[[Failure], object] = _nothing
    stopped: Callable[[None], object] = _nothing
    recipe: Callable[[], Any] | None = None
    expects: float | None = None


def _about(title: str) -> str:
    """The cause of what is said of a job: a later one of that title settles it by ending well."""
    return f"job: {title}"


class Jobs(QObject):
    """Joins the queue to the job bar. A failed job can be retried: it gets a new ticket."""

    def __init__(self, queue: Queue, bar: JobBar, messages: Messages, parent: QObject) -> None:
        super().__init__(parent)
        self._queue, self._bar, self._messages = queue, bar, messages
        self._orders: dict[int, Order] = {}
        self._failures: dict[int, tuple[Order, Failure]] = {}
        queue.started.connect(self._started)
        queue.stepped.connect(self._stepped)
        queue.paused.connect(bar.pause)
        queue.resumed.connect(bar.resume)
        queue.done.connect(self._done)
        queue.failed.connect(self._failed)
        queue.stopped.connect(self._stopped)
        queue.reordered.connect(bar.order)
        bar.cancel_wanted.connect(queue.cancel)
        bar.cancel_waiting_wanted.connect(queue.cancel_waiting)
        bar.run_first_wanted.connect(queue.run_first)
        bar.retry_wanted.connect(self._retry)
        bar.details_wanted.connect(self._tell_details)

    def submit(self, order: Order, *, first: bool = False) -> int:
        """Queue an order, before those that wait if `first`; returns its ticket."""
        return self.submit_all((order,), first=first)[0]

    def submit_all(self, orders: Sequence[Order], *, first: bool = False) -> tuple[int, ...]:
        """Queue orders that are carried out in their order, however idle the lane is."""
        tickets = self._queue.submit_all([order.job for order in orders], first=first)
        for ticket, order in zip(tickets, orders, strict=True):
            self._orders[ticket] = order
            self._bar.add(ticket, order.title, order.detail, expects=order.expects)
        if first:
            # the lane may have taken one before the bar hears that it has started
            self._bar.order(tuple(dict.fromkeys((*tickets, *self._queue.waiting()))))
        for ticket, order in zip(tickets, orders, strict=True):
            order.submitted(ticket)
        return tickets

    def cancel(self, ticket: int) -> None:
        """Stop a job of the queue; nothing happens if it has ended."""
        self._queue.cancel(ticket)

    def order(self, ticket: int) -> Order | None:
        """The order of a job that has not ended."""
        return self._orders.get(ticket)

    def unfinished(self) -> tuple[Order, ...]:
        """The orders that have not ended, those begun first, then as they wait."""
        waiting = self._queue.waiting()
        begun = [ticket for ticket in self._orders if ticket not in waiting]
        return tuple(self._orders[t] for t in (*begun, *waiting) if t in self._orders)

    @Slot(str, object)
    def tell_failure(self, title: str, failure: Failure) -> None:
        """Say that a job, of the queue or in the background, has failed, and why."""
        said = f"{title} failed. {failure.sentence}"
        self._messages.tell(said, failure.details, about=_about(title))

    @Slot(int)
    def _started(self, ticket: int) -> None:
        self._bar.start(ticket)

    @Slot(int, object)
    def _stepped(self, ticket: int, payload: object) -> None:
        order = self._orders[ticket]
        if progress := order.progress(payload):
            self._bar.progress(ticket, *progress)
        order.stepped(payload)

    @Slot(int, object)
    def _done(self, ticket: int, result: object) -> None:
        self._bar.end(ticket, JobState.DONE)
        order = self._orders.pop(ticket)
        self._messages.settle(_about(order.title))
        order.done(result)

    @Slot(int, object)
    def _failed(self, ticket: int, failure: Failure) -> None:
        order = self._orders.pop(ticket)
        self._failures[ticket] = order, failure
        self._bar.end(ticket, JobState.FAILED, failure.sentence)
        self.tell_failure(order.title, failure)
        order.failed(failure)

    @Slot(int)
    def _stopped(self, ticket: int) -> None:
        self._bar.end(ticket, JobState.STOPPED)
        self._orders.pop(ticket).stopped(None)

    @Slot(int)
    def _retry(self, ticket: int) -> None:
        order, _ = self._failures[ticket]
        self.submit(order)

    @Slot(int)
    def _tell_details(self, ticket: int) -> None:
        order, failure = self._failures[ticket]
        self.tell_failure(order.title, failure)
