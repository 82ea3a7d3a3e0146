"""Where the lane meets Qt: its events become signals on the GUI thread here and nowhere else.

Knows nothing of what the jobs compute or of who listens. All methods are for the GUI thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.work.events import share_of
from app.work.lane import Event, Job, Kind, Lane, Silence


class Channel(QObject):
    """One live view's line to the lane: the view hears of its newest job only.

    Steps of a job that a newer one has replaced still come out until the newer one shows its own,
    so that the view moves while the hand does. After `stop` only `stopped` (or `failed`) comes.
    """

    started = Signal()
    stepped = Signal(object)
    done = Signal(object)
    failed = Signal(object)
    """Carries the Failure."""
    stopped = Signal()

    turned = Signal()
    """`busy` or `share` is another."""

    def __init__(self, name: str, lane: Lane, parent: QObject) -> None:
        super().__init__(parent)
        self.name = name
        self.busy = False
        """Whether a job is on its way that was not stopped."""
        self.share: float | None = None
        """How much of it is done, None where it does not say or was stopped."""
        self._lane = lane
        self._newest = 0  # ticket of the last job submitted
        self._floor = 0  # steps of tickets below this one come too late

    def submit(self, job: Job) -> None:
        """Run `job` next, in place of this channel's earlier ones."""
        self._newest = self._lane.live(self.name, job)
        self._turn(busy=True)

    def stop(self) -> None:
        """Let out no more of this channel's jobs, and stop them."""
        self._floor = self._newest + 1
        self._lane.stop(self.name)
        self._turn(busy=False)

    def cancel(self, ticket: int) -> None:
        """Drop or stop the job of the queue that the view follows."""
        self._lane.cancel(ticket)

    def _turn(self, *, busy: bool, share: float | None = None) -> None:
        if (busy, share) != (self.busy, self.share):
            self.busy, self.share = busy, share
            self.turned.emit()

    def receive(self, event: Event) -> None:
        """Let `event` out if the view should hear of it."""
        detached = event.ticket < self._floor
        if event.kind is Kind.STEP:
            if not detached:
                self._floor = event.ticket
                if event.ticket == self._newest:
                    self._turn(busy=True, share=share_of(event.payload))
                self.stepped.emit(event.payload)
            return
        if event.ticket != self._newest:
            return
        if event.kind in (Kind.DONE, Kind.FAILED, Kind.STOPPED):
            self._turn(busy=False, share=1.0 if event.kind is Kind.DONE else None)
        match event.kind:
            case Kind.STARTED if not detached:
                self.started.emit()
            case Kind.DONE if not detached:
                self.done.emit(event.payload)
            case Kind.DONE | Kind.STOPPED:  # it ended just before it could be stopped
                self.stopped.emit()
            case Kind.FAILED:
                self.failed.emit(event.payload)


class Queue(QObject):
    """The queue the user sees. Signals carry the ticket; listeners pick out their own.

    `stepped` carries a job's latest state: a step not yet delivered is replaced by the next, so
    whoever streams pictures yields all so far, or an index into them, never only the new ones.
    """

    added = Signal(int)
    """Emitted before `submit` returns."""
    started = Signal(int)
    stepped = Signal(int, object)
    paused = Signal(int)
    """A live job goes first; `resumed` follows, or one of the three endings."""
    resumed = Signal(int)
    done = Signal(int, object)
    failed = Signal(int, object)
    stopped = Signal(int)
    reordered = Signal(object)
    """Carries the tickets still waiting, a tuple in the order they will run."""

    def __init__(self, lane: Lane, parent: QObject) -> None:
        super().__init__(parent)
        self._lane = lane

    def submit(self, job: Job, *, first: bool = False) -> int:
        """Let `job` wait its turn, or go before all that wait; returns its ticket."""
        return self.submit_all((job,), first=first)[0]

    def submit_all(self, jobs: Sequence[Job], *, first: bool = False) -> tuple[int, ...]:
        """The same for several that keep their order: none starts before all of them wait."""
        tickets = self._lane.queue_all(jobs, first=first)
        for ticket in tickets:
            self.added.emit(ticket)
        if first:
            self._announce_order()
        return tickets

    def cancel(self, ticket: int) -> None:
        """Drop or stop one job; nothing happens if it has ended."""
        self._lane.cancel(ticket)

    def cancel_waiting(self) -> None:
        """Drop all jobs but the current one."""
        self._lane.cancel_waiting()

    def run_first(self, ticket: int) -> None:
        """Let a waiting job run next, once the current one has ended."""
        self.move(ticket, 0)

    def move(self, ticket: int, position: int) -> None:
        """Make a waiting job the one at `position` ≥ 0 among those waiting."""
        self._lane.move(ticket, position)
        self._announce_order()

    def waiting(self) -> tuple[int, ...]:
        """Tickets of the jobs not yet started, in the order they will run."""
        return self._lane.waiting()

    def receive(self, event: Event) -> None:
        """Emit the signal that `event` stands for."""
        match event.kind:
            case Kind.STARTED:
                self.started.emit(event.ticket)
            case Kind.STEP:
                self.stepped.emit(event.ticket, event.payload)
            case Kind.PAUSED:
                self.paused.emit(event.ticket)
            case Kind.RESUMED:
                self.resumed.emit(event.ticket)
            case Kind.DONE:
                self.done.emit(event.ticket, event.payload)
            case Kind.FAILED:
                self.failed.emit(event.ticket, event.payload)
            case Kind.STOPPED:
                self.stopped.emit(event.ticket)

    def _announce_order(self) -> None:
        self.reordered.emit(self._lane.waiting())


class Background(QObject):
    """The background jobs of one page: they run while nothing else does, and rest with the page.

    Signals carry the ticket. Steps that were not delivered give way to the next, as in the queue.
    """

    stepped = Signal(int, object)
    done = Signal(int, object)
    failed = Signal(int, object)
    """Carries the Failure."""
    stopped = Signal(int)
    changed = Signal()
    """What `titles` says is another."""
    broke = Signal(str, object)
    """As `failed`, for the window: carries what was to be worked out, and the Failure."""

    def __init__(self, owner: str, lane: Lane, parent: QObject) -> None:
        super().__init__(parent)
        self._owner, self._lane = owner, lane
        self._titles: dict[int, str] = {}
        self._held = False

    def submit(self, title: str, job: Job) -> int:
        """Let `job` take part; `title` says what it works out. Returns its ticket."""
        ticket = self._lane.background(self._owner, job)
        self._titles[ticket] = title
        self.changed.emit()
        return ticket

    def titles(self) -> tuple[str, ...]:
        """What is being worked out, the oldest first; nothing while the page rests."""
        return () if self._held else tuple(self._titles.values())

    def title(self, ticket: int) -> str | None:
        """What one of these jobs works out; None where it has ended or is another's."""
        return self._titles.get(ticket)

    def hold(self) -> None:
        """Rest: the page is out of view."""
        if not self._held:
            self._held = True
            self._lane.hold(self._owner)
            self.changed.emit()

    def go_on(self) -> None:
        """Work again from where each job stood."""
        if self._held:
            self._held = False
            self._lane.go_on(self._owner)
            self.changed.emit()

    def cancel(self, ticket: int) -> None:
        """Drop or stop one job; nothing happens if it has ended."""
        self._lane.cancel(ticket)

    def stop(self) -> None:
        """Drop and stop them all."""
        self._lane.drop(self._owner)

    def receive(self, event: Event) -> None:
        """Emit the signal that `event` stands for."""
        if event.kind is Kind.STEP:
            self.stepped.emit(event.ticket, event.payload)
            return
        if event.kind is Kind.STARTED:
            return
        title = self._titles.pop(event.ticket, self._owner)
        match event.kind:
            case Kind.DONE:
                self.done.emit(event.ticket, event.payload)
            case Kind.FAILED:
                self.broke.emit(title, event.payload)
                self.failed.emit(event.ticket, event.payload)
            case Kind.STOPPED:
                self.stopped.emit(event.ticket)
        self.changed.emit()


class Channels(QObject):
    """Owns the lane and hands its events to the queue and the channels on the GUI thread."""

    live_changed = Signal()
    """What `live` says is another."""
    background_changed = Signal(object)
    """What is worked out in the background, a tuple of titles."""
    background_failed = Signal(str, object)
    """Carries what was to be worked out, and the Failure."""
    _arrived = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        prepare: Callable[[], None] | None = None,
        name: str = "lane",
    ) -> None:
        super().__init__(parent)
        self._guard = threading.Lock()
        self._inbox: dict[Event | int, Event] = {}  # in order of arrival; see _post for the keys
        self._closed = False
        self._batch: deque[Event] = deque()  # taken from the inbox, yet to be handed out
        self._channels: dict[str, Channel] = {}
        self._backgrounds: dict[str, Background] = {}
        self._titles: tuple[str, ...] = ()
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._lane = Lane(self._post, prepare=prepare, name=name)
        self.queue = Queue(self._lane, self)

    def open(self, name: str) -> Channel:
        """A new channel; its name must not be in use."""
        if name in self._channels:
            raise ValueError(f"channel '{name}' is already open")
        channel = self._channels[name] = Channel(name, self._lane, self)
        channel.turned.connect(self.live_changed)
        return channel

    def live(self) -> tuple[Channel, ...]:
        """The channels whose jobs are on their way; none once it is closed."""
        if self._closed:
            return ()
        return tuple(channel for channel in self._channels.values() if channel.busy)

    @Slot()
    def stop_live(self) -> None:
        """Drop and stop the live jobs of every channel."""
        for channel in self.live():
            channel.stop()

    def of(self, name: str) -> Channel:
        """The channel of this name, opened where there is none."""
        return self._channels.get(name) or self.open(name)

    def background(self, owner: str) -> Background:
        """The background jobs of a new owner; its name must not be in use."""
        if owner in self._backgrounds:
            raise ValueError(f"'{owner}' has its background jobs already")
        found = self._backgrounds[owner] = Background(owner, self._lane, self)
        found.changed.connect(self._announce_background)
        found.broke.connect(self.background_failed)
        return found

    def title_of(self, ticket: int) -> str | None:
        """What a background job works out; None for another kind of job."""
        found = (each.title(ticket) for each in self._backgrounds.values())
        return next((title for title in found if title is not None), None)

    @Slot()
    def stop_background(self) -> None:
        """Drop and stop the background jobs of every owner that does not rest."""
        for each in self._backgrounds.values():
            if each.titles():
                each.stop()

    @Slot()
    def _announce_background(self) -> None:
        titles = tuple(title for each in self._backgrounds.values() for title in each.titles())
        if titles != self._titles:
            self._titles = titles
            self.background_changed.emit(titles)

    def silence(self) -> Silence | None:
        """Which job runs and how long it has not yielded, None while there is none."""
        return self._lane.silence()

    def restart(self, ticket: int) -> bool:
        """Go on without this job, if it runs: it has failed, and nothing more is heard of it."""
        return self._lane.restart(ticket)

    def close(self, timeout: float = 5.0) -> bool:
        """Say that nothing is live, emit no event of a job from now on, stop every job, and wait at
        most `timeout` seconds.

        False means that a job has not come to a yield; it may do so after this object is gone.
        """
        with self._guard:
            self._closed = True
            self._inbox.clear()
        self._batch.clear()
        self.live_changed.emit()
        return self._lane.close(timeout)

    def _post(self, event: Event) -> None:
        """Any thread. A step not yet delivered gives way to the next one of its job."""
        key = event.ticket if event.kind is Kind.STEP else event
        with self._guard:
            if self._closed:
                return
            wake = not self._inbox
            self._inbox.pop(key, None)
            self._inbox[key] = event
            if wake:
                # still guarded: once close() has the guard, nothing touches this QObject any more
                self._arrived.emit()

    @Slot()
    def _deliver(self) -> None:
        with self._guard:
            self._batch.extend(self._inbox.values())
            self._inbox.clear()
        # A slot may open a dialog, whose event loop comes back here: it goes on with this batch.
        while self._batch:
            self._hand_out(self._batch.popleft())

    def _hand_out(self, event: Event) -> None:
        if event.owner is not None:
            self._backgrounds[event.owner].receive(event)
        elif event.channel is None:
            self.queue.receive(event)
        else:
            self._channels[event.channel].receive(event)
