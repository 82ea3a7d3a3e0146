"""A thousand random operations lose, double or wrongly end no job of the lane."""

import random
import threading

import pytest

from tests.app.work.recording import (
    DONE,
    ENDINGS,
    PAUSED,
    RESUMED,
    STARTED,
    STEP,
    STOPPED,
    Gated,
    quick,
)


@pytest.mark.parametrize("shown", [0, None])
def test_a_thousand_operations_on_waiting_jobs_match_the_obvious_model(lane, rec, busy, shown):
    """Live jobs go on in turn, those with nothing on show before the one that has."""
    rng = random.Random(1)
    order, newest, dropped = [], {}, []
    for _ in range(1000):
        name, position = rng.choice("abc"), rng.randrange(20)
        match rng.choice(["queue", "queue", "first", "live", "move", "cancel", "stop"]):
            case "queue":
                order.append(lane.queue(quick))
            case "first":
                order.insert(0, lane.queue(quick, first=True))
            case "live":
                dropped.append(newest.get(name))
                newest[name] = lane.live(name, lambda: quick(shown))
            case "stop":
                dropped.append(newest.pop(name, None))
                lane.stop(name)
            case "move" if order:
                order.insert(position, ticket := order.pop(rng.randrange(len(order))))
                lane.move(ticket, position)
            case "cancel" if order:
                dropped.append(ticket := order.pop(rng.randrange(len(order))))
                lane.cancel(ticket)
    assert lane.waiting() == tuple(order)
    assert rec.order(STOPPED) == [ticket for ticket in dropped if ticket]
    busy.allow()
    rec.until_ended(*order, *newest.values())
    blocker = 1
    rec.until_ended(blocker)
    *others, last = newest.values()
    assert rec.order(STEP)[: len(newest) + 1] == [blocker, *others, last]
    paused = [blocker, *others] if shown is not None else [*others, blocker]
    assert rec.order(DONE) == [last, *paused, *order]


class Storm:
    """Random operations on a lane at work, and what each ticket may come to."""

    def __init__(self, lane, rec, seed):
        self.lane = lane
        self.rec = rec
        self.rng = random.Random(seed)
        self.permits = threading.Semaphore(0)
        self.allowed = 0
        self.steps = {}  # of every ticket
        self.moved = set()
        self.newest = {}
        self.may_stop = set()

    def job(self):
        job = Gated(self.rng.randrange(5))
        job.permits = self.permits
        return job

    def operate(self):
        job, name = self.job(), self.rng.choice("ab")
        recent = self.rng.choice(list(self.steps)[-20:] or [0])
        match self.rng.choice(["queue"] * 4 + ["live"] * 4 + ["first", "move", "cancel", "stop"]):
            case "queue":
                self.steps[self.lane.queue(job)] = job.steps
            case "first":
                self.moved.add(ticket := self.lane.queue(job, first=True))
                self.steps[ticket] = job.steps
            case "live":
                self.may_stop.add(self.newest.get(name))
                self.newest[name] = self.lane.live(name, job)
                self.steps[self.newest[name]] = job.steps
            case "move":
                self.moved.add(recent)
                self.lane.move(recent, self.rng.randrange(5))
            case "cancel":
                self.may_stop.add(recent)
                self.lane.cancel(recent)
            case "stop":
                self.may_stop.add(self.newest.get(name))
                self.lane.stop(name)
        if self.rng.random() < 0.9:
            self.allow_a_step()

    def allow_a_step(self):
        """Let the lane come to the next gate, so that most operations meet a job under way."""
        self.allowed += 1
        self.permits.release()
        self.rec.wait_for(
            lambda: (
                len(self.rec.order(STEP)) == self.allowed
                or len(self.rec.order(*ENDINGS)) == len(self.steps)
            )
        )


@pytest.mark.parametrize("seed", range(2))
def test_a_thousand_operations_on_a_lane_at_work_lose_no_job(lane, rec, seed):
    storm = Storm(lane, rec, seed)
    for _ in range(1000):
        storm.operate()
    storm.permits.release(10_000)
    rec.until_ended(*storm.steps)
    assert len(rec.order(PAUSED)) > 50, "no storm"
    for ticket, steps in storm.steps.items():
        kinds, shown = rec.kinds(ticket), rec.payloads(ticket, STEP)
        assert [kind in ENDINGS for kind in kinds] == [False] * (len(kinds) - 1) + [True]
        assert kinds.count(STARTED) == (kinds != [STOPPED])
        assert kinds[-1] is DONE or ticket in storm.may_stop
        sums = [sum(range(i + 1)) for i in range(steps)]
        assert shown == (sums if kinds[-1] is DONE else sums[: len(shown)])
        assert rec.payloads(ticket, DONE) in ([], [sum(range(steps))])
    one_at_a_time_in_order(rec.events, storm.moved)


def one_at_a_time_in_order(events, moved):
    """No two jobs at once, no two queued ones under way, unmoved ones first come, first served."""
    running = current = None
    latest = 0
    for event in events:
        ticket, queued = event.ticket, event.channel is None
        if event.kind in (STARTED, RESUMED):
            assert running is None
            running = ticket
            if queued:
                assert current == (None if event.kind is STARTED else ticket)
                current = ticket
                if event.kind is STARTED and ticket not in moved:
                    assert ticket > latest
                    latest = ticket
        elif event.kind is STEP:
            assert ticket == running
        else:
            running = None if ticket == running else running
            current = None if ticket == current and event.kind is not PAUSED else current
