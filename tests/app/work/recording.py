"""What the tests of the lane share: who writes its events down, and jobs that wait for permits."""

import threading

import pytest

from app.work.lane import Kind, Lane

PATIENCE = 10  # seconds until a test that hangs is called a failure
STARTED, STEP, PAUSED, RESUMED, DONE, FAILED, STOPPED = Kind
ENDINGS = {DONE, FAILED, STOPPED}


class Recorder:
    """Takes a lane's events and lets a test wait for them."""

    def __init__(self):
        self.events = []
        self._changed = threading.Condition()

    def __call__(self, event):
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def kinds(self, ticket):
        return [event.kind for event in self.events if event.ticket == ticket]

    def payloads(self, ticket, kind):
        return [e.payload for e in self.events if e.ticket == ticket and e.kind is kind]

    def order(self, *kinds):
        return [event.ticket for event in self.events if event.kind in kinds]

    def wait_for(self, arrived):
        with self._changed:
            assert self._changed.wait_for(arrived, PATIENCE), self.events[-20:]

    def until(self, ticket, *kinds, times=1):
        self.wait_for(lambda: self.order(*kinds).count(ticket) >= times)

    def until_ended(self, *tickets):
        self.wait_for(lambda: set(tickets) <= set(self.order(*ENDINGS)))


class Gated:
    """A job whose every step waits for a permit; it yields 0, 1, 3, 6, …, and returns the last."""

    def __init__(self, steps, permits=0, *, cleaned=lambda: None):
        self.steps = steps
        self.cleaned = cleaned
        self.permits = threading.Semaphore(permits)

    def allow(self, steps=1):
        self.permits.release(steps)

    def __call__(self):
        total = 0
        try:
            for i in range(self.steps):
                assert self.permits.acquire(timeout=PATIENCE)
                total += i
                yield total
            return total
        finally:
            self.cleaned()


def quick(value=None):
    """A job of one step."""
    yield value
    return value


def live(lane, job):
    return lane.live("view", job)


@pytest.fixture
def rec():
    return Recorder()


@pytest.fixture
def lane(rec):
    before = set(threading.enumerate())
    lane = Lane(rec)
    yield lane
    assert lane.close(PATIENCE)
    assert set(threading.enumerate()) <= before


@pytest.fixture
def busy(lane, rec):
    """A live job that holds the lane until it is allowed its one step."""
    job = Gated(1)
    rec.until(lane.live("busy", job), STARTED)
    return job


@pytest.fixture
def started(monkeypatch):
    """The queued jobs that start, by their tickets; who submits waits until an idle lane has one.

    So it shows whether jobs that are submitted together keep their order, however quick the lane.
    """
    tickets, one = [], threading.Event()
    run, queue_all = Lane._run, Lane.queue_all

    def watched(lane, task):
        if task.channel is None and task.owner is None and task.steps is None:
            tickets.append(task.ticket)
            one.set()
        return run(lane, task)

    def slowly(lane, jobs, *, first=False):
        found = queue_all(lane, jobs, first=first)
        assert one.wait(PATIENCE)
        return found

    monkeypatch.setattr(Lane, "_run", watched)
    monkeypatch.setattr(Lane, "queue_all", slowly)
    return tickets
