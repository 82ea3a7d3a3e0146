"""A job that does not yield: how long it is silent, and the lane going on without it."""

import logging
import threading
import weakref

import pytest

from app.work.lane import LEFT_BEHIND, Lane
from tests.app.work.recording import (
    DONE,
    FAILED,
    PATIENCE,
    PAUSED,
    RESUMED,
    STARTED,
    STEP,
    Gated,
    Recorder,
    live,
    quick,
)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class Kept:
    """Something large that a job holds."""


class Stuck(Gated):
    """A gated job that says which thread it runs on, and when that has let go of it."""

    def __init__(self, steps=3):
        self.ended = threading.Event()
        super().__init__(steps, cleaned=self.ended.set)


@pytest.fixture
def rec():
    return Recorder()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def prepared():
    return []


@pytest.fixture
def lane(rec, clock, prepared):
    before = set(threading.enumerate())
    lane = Lane(rec, clock=clock, prepare=lambda: prepared.append(threading.get_ident()))
    yield lane
    lane.close(PATIENCE)
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
    assert set(threading.enumerate()) <= before


@pytest.fixture
def stuck(lane, rec):
    """A job that has shown one step and is silent since; its ticket is `stuck.ticket`."""
    job = Stuck()
    job.ticket = live(lane, job)
    job.allow()
    rec.until(job.ticket, STEP)
    yield job
    job.allow(9)


def test_silence_is_counted_from_the_last_step(lane, rec, clock):
    assert lane.silence() is None
    job = Stuck()
    ticket = live(lane, job)
    rec.until(ticket, STARTED)
    clock.now += 7
    assert (lane.silence().channel, lane.silence().ticket) == ("view", ticket)
    assert lane.silence().seconds == 7
    job.allow()
    rec.until(ticket, STEP)
    assert lane.silence().seconds == 0
    clock.now += 2
    assert lane.silence().seconds == 2
    job.allow(2)
    rec.until_ended(ticket)
    assert lane.silence() is None


def test_what_is_paused_is_not_silent(lane, rec, clock):
    queued, hand = Gated(2), Gated(1)
    ticket = lane.queue(queued)
    rec.until(ticket, STARTED)
    moving = live(lane, hand)
    queued.allow()
    rec.until(ticket, PAUSED)
    clock.now += 60
    rec.until(moving, STARTED)
    hand.allow()
    rec.until(ticket, RESUMED)
    assert lane.silence().ticket == ticket
    assert lane.silence().seconds == 0
    queued.allow()
    rec.until_ended(ticket)


def test_the_lane_goes_on_without_a_job_that_is_stuck(lane, rec, stuck, prepared, caplog):
    waiting = lane.queue(lambda: quick("after"))
    assert lane.restart(stuck.ticket)
    rec.until_ended(waiting)
    assert rec.payloads(waiting, DONE) == ["after"]
    assert rec.kinds(stuck.ticket) == [STARTED, STEP, FAILED]
    (failure,) = rec.payloads(stuck.ticket, FAILED)
    assert failure.sentence == LEFT_BEHIND
    assert "self.permits.acquire" in failure.details  # where it stands
    assert len(set(prepared)) == 2  # the new thread was made ready, too
    stuck.allow(9)
    assert stuck.ended.wait(PATIENCE)
    after = lane.queue(lambda: quick())
    rec.until_ended(after)
    assert rec.kinds(stuck.ticket) == [STARTED, STEP, FAILED]  # nothing late
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


def test_a_late_failure_is_neither_shown_nor_logged(lane, rec, caplog):
    gate, ended = threading.Event(), threading.Event()

    def job():
        try:
            assert gate.wait(PATIENCE)
            raise ValueError("late")
            yield
        finally:
            ended.set()

    ticket = live(lane, job)
    rec.until(ticket, STARTED)
    assert lane.restart(ticket)
    gate.set()
    assert ended.wait(PATIENCE)
    rec.until_ended(lane.queue(lambda: quick()))
    assert [f.sentence for f in rec.payloads(ticket, FAILED)] == [LEFT_BEHIND]
    assert caplog.records == []


def test_what_paused_and_what_waits_goes_on_in_its_order(lane, rec):
    gate, queued, hand = Gated(2), Gated(2, permits=2), Stuck()
    paused = lane.queue(gate)
    rec.until(paused, STARTED)
    moving = live(lane, hand)
    gate.allow()
    rec.until(paused, PAUSED)
    rec.until(moving, STARTED)
    later = lane.queue(queued)
    newest = live(lane, lambda: quick("newest"))  # of the same channel
    assert lane.restart(moving)
    gate.allow()
    rec.until_ended(newest, paused, later)
    assert rec.order(DONE) == [newest, paused, later]
    hand.allow(9)


def test_only_the_job_that_runs_can_be_left(lane, rec, stuck):
    waiting = lane.queue(lambda: quick())
    assert not lane.restart(waiting)
    stuck.allow(9)
    rec.until_ended(stuck.ticket, waiting)
    assert not lane.restart(stuck.ticket)
    assert not lane.restart(waiting)
    assert FAILED not in rec.kinds(stuck.ticket)


def test_a_job_that_was_left_lets_go_of_what_it_held(lane, rec):
    gate, begun, held = threading.Event(), threading.Event(), []

    def job():
        kept = Kept()
        held.append(weakref.ref(kept))
        begun.set()
        assert gate.wait(PATIENCE)
        yield kept

    ticket = live(lane, job)
    assert begun.wait(PATIENCE)
    old = lane._thread
    assert lane.restart(ticket)
    gate.set()
    old.join(PATIENCE)
    assert held[0]() is None


def test_a_lane_closes_around_what_it_left_and_says_so(lane, rec, stuck):
    assert lane.restart(stuck.ticket)
    rec.until_ended(lane.queue(lambda: quick()))
    assert not lane.close(PATIENCE)  # the old thread is still in its job
    stuck.allow(9)
    assert stuck.ended.wait(PATIENCE)
    assert not lane.restart(stuck.ticket)


def test_every_ticket_ends_once_while_jobs_are_left_behind(lane, rec):
    jobs, tickets = [], []
    for _ in range(20):
        stuck = Stuck(1)
        jobs.append(stuck)
        tickets.append(live(lane, stuck))
        tickets.append(lane.queue(lambda: quick()))
        rec.until(tickets[-2], STARTED)
        stuck.allow()  # it may end by itself just now: one of the two wins
        lane.restart(tickets[-2])
    rec.until_ended(*tickets)
    for job in jobs:
        job.allow(9)
    assert all(len(set(rec.kinds(t)) & {DONE, FAILED}) == 1 for t in tickets)
    assert all(rec.kinds(t)[-1] in (DONE, FAILED) for t in tickets)
