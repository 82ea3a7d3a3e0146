"""Background jobs: they take what is left, share it, rest with their page, and are never lost."""

import random
import threading

import pytest

from app.work.lane import TURN, Lane
from tests.app.work.recording import (
    DONE,
    ENDINGS,
    FAILED,
    PATIENCE,
    PAUSED,
    RESUMED,
    STARTED,
    STEP,
    STOPPED,
    Gated,
    quick,
)


class Work:
    """A job whose every step costs so much processor time of a clock made up."""

    def __init__(self, clock, steps, cost, *, gate=None):
        self.clock, self.steps, self.cost, self.gate = clock, steps, cost, gate

    def __call__(self):
        for i in range(self.steps):
            if self.gate is not None:
                assert self.gate.acquire(timeout=PATIENCE)
            self.clock.now += self.cost
            yield i
        return self.steps


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def timed(rec, clock):
    lane = Lane(rec, spent=clock, clock=clock)
    yield lane
    assert lane.close(PATIENCE)


def held(lane, owner="page"):
    """Let the jobs of an owner wait until all are there."""
    lane.hold(owner)
    return owner


def test_a_background_job_shows_its_steps_and_its_result_without_its_pauses(lane, rec):
    job = Gated(3, permits=1)
    ticket = lane.background("page", job)
    rec.until(ticket, STEP)
    queued = lane.queue(quick)
    job.allow(2)
    rec.until_ended(ticket, queued)
    assert rec.kinds(ticket) == [STARTED, STEP, STEP, STEP, DONE]
    assert {event.owner for event in rec.events if event.ticket == ticket} == {"page"}
    assert {event.owner for event in rec.events if event.ticket == queued} == {None}


@pytest.mark.parametrize("other", ["live", "queue"])
def test_any_other_job_goes_first_at_the_next_yield(lane, rec, other):
    jobs = [Gated(4) for _ in range(6)]
    tickets = [lane.background("page", job) for job in jobs]
    rec.until(tickets[0], STARTED)
    ticket = lane.queue(quick) if other == "queue" else lane.live("view", quick)
    jobs[0].allow()
    rec.until_ended(ticket)
    assert rec.order(STEP)[:2] == [tickets[0], ticket], "one yield of the one that ran, no more"
    for job in jobs:
        job.allow(4)
    rec.until_ended(*tickets)
    assert all(rec.kinds(each)[-1] is DONE for each in tickets)


def test_a_queued_batch_has_the_lane_for_itself(lane, rec):
    behind = [lane.background("page", Gated(50, permits=50)) for _ in range(6)]
    batch = Gated(20)
    ticket = lane.queue(batch)
    rec.until(ticket, STARTED)
    batch.allow(20)
    rec.until_ended(ticket, *behind)
    order = rec.order(STARTED, STEP, DONE)
    first, last = order.index(ticket), len(order) - 1 - order[::-1].index(ticket)
    assert set(order[first : last + 1]) == {ticket}


def test_processor_time_is_shared_evenly_whatever_a_step_costs(timed, rec, clock):
    """When the first has all it needs, each has had as much, within a turn and a step."""
    held(timed)
    costs = [0.001, 0.002, 0.005, 0.01, 0.02, 0.06]
    needs = 3.0
    tickets = [timed.background("page", Work(clock, round(needs / c), c)) for c in costs]
    timed.go_on("page")
    rec.until_ended(*tickets)
    cost = dict(zip(tickets, costs, strict=True))
    shares = dict.fromkeys(tickets, 0.0)
    for ticket in rec.order(STEP):
        shares[ticket] += cost[ticket]
        if shares[ticket] >= needs - 1e-9:
            break
    assert min(shares.values()) >= needs - 2 * TURN - max(costs)


@pytest.mark.parametrize("early", [False, True])
def test_a_newcomer_does_not_make_up_for_what_it_missed(timed, rec, clock, early):
    """Neither one that came late nor one whose page was out of view."""
    gate = threading.Semaphore(100)
    held(timed, "other")
    if early:
        new = timed.background("other", Work(clock, 100, 0.01))
    old = timed.background("page", Work(clock, 200, 0.01, gate=gate))
    rec.until(old, STEP, times=100)
    if not early:
        new = timed.background("other", Work(clock, 100, 0.01))
    timed.go_on("other")
    gate.release(100)
    rec.until_ended(old, new)
    order = rec.order(STEP)[100:]
    begun = order.index(new)
    run = next(i for i, ticket in enumerate(order[begun:]) if ticket == old)
    assert run <= round(2 * TURN / 0.01) + 1


def test_a_page_out_of_view_rests_and_goes_on_where_it_stood(lane, rec):
    job = Gated(3)
    ticket = lane.background("page", job)
    rec.until(ticket, STARTED)
    lane.hold("page")
    job.allow()
    other = lane.background("other", quick)
    rec.until_ended(other)
    assert rec.kinds(ticket) == [STARTED, STEP]
    job.allow(2)
    lane.go_on("page")
    rec.until_ended(ticket)
    assert rec.payloads(ticket, DONE) == [3]


@pytest.mark.parametrize("resting", [False, True])
def test_dropping_a_page_closes_what_is_under_way_and_drops_the_rest(lane, rec, resting):
    cleaned = threading.Event()
    job = Gated(5, cleaned=cleaned.set)
    ticket, waiting = lane.background("page", job), lane.background("page", quick)
    other = lane.background("other", quick)
    rec.until(ticket, STARTED)
    if resting:
        lane.hold("page")
        job.allow()
        rec.until_ended(other)
    lane.drop("page")
    job.allow()
    rec.until_ended(ticket, waiting, other)
    assert cleaned.is_set()
    assert rec.kinds(ticket)[-1] is STOPPED
    assert rec.kinds(waiting) == [STOPPED]
    assert rec.kinds(other)[-1] is DONE


def test_one_that_uses_no_processor_time_starves_no_other(rec, clock):
    """It waits for a graphics card or a disk: time on the clock ends its turn."""
    lane = Lane(rec, spent=lambda: 0.0, clock=clock)
    lane.hold("page")
    waits, other = lane.background("page", Work(clock, 100, 0.01)), lane.background("page", quick)
    lane.go_on("page")
    rec.until_ended(waits, other)
    assert lane.close(PATIENCE)
    assert rec.order(DONE) == [other, waits]


def test_one_that_only_waits_has_no_more_turns_than_one_that_computes(rec):
    """Its turns last 0.2 s: 20 of its steps to 5 of the other's."""
    used, passed = Clock(), Clock()
    lane = Lane(rec, spent=used, clock=passed)

    def waits():
        for _ in range(400):
            passed.now += 0.01
            yield None

    def computes():
        for _ in range(100):
            used.now += 0.01
            passed.now += 0.01
            yield None

    lane.hold("page")
    first, second = lane.background("page", waits), lane.background("page", computes)
    lane.go_on("page")
    rec.until_ended(first, second)
    assert lane.close(PATIENCE)
    assert 35 <= rec.order(STEP)[:200].count(second) <= 45


@pytest.mark.parametrize("how", ["cancel", "drop"])
def test_one_that_is_stopped_is_closed_while_a_batch_goes_on(lane, rec, how):
    """It does not keep its tensors, nor its page a busy sign, until the batch has ended."""
    cleaned = threading.Event()
    job, batch = Gated(5, cleaned=cleaned.set), Gated(4)
    ticket = lane.background("page", job)
    rec.until(ticket, STARTED)
    queued = lane.queue(batch)
    job.allow()
    rec.until(queued, STARTED)
    batch.allow()
    rec.until(queued, STEP)
    if how == "cancel":
        lane.cancel(ticket)
    else:
        lane.drop("page")
    batch.allow()
    rec.until(ticket, STOPPED)
    assert cleaned.is_set()
    assert not {DONE, PAUSED} & set(rec.kinds(queued))
    batch.allow(2)
    rec.until(queued, DONE)


def test_one_that_fails_takes_none_with_it(lane, rec):
    def broken():
        yield 1
        raise KeyError("no")

    bad, good = lane.background("page", broken), lane.background("page", Gated(2, permits=2))
    rec.until_ended(bad, good)
    assert rec.kinds(bad)[-1] is FAILED
    assert rec.kinds(good)[-1] is DONE


def test_closing_the_lane_ends_background_jobs_held_or_not(rec):
    lane = Lane(rec)
    job = Gated(9)
    running = lane.background("page", job)
    rec.until(running, STARTED)
    held(lane, "other")
    waiting = lane.background("other", quick)
    closer = threading.Thread(target=lane.close, args=(PATIENCE,))
    closer.start()
    job.allow()
    closer.join(PATIENCE)
    rec.until_ended(running, waiting)
    assert rec.kinds(running) == [STARTED, STEP, STOPPED]
    assert rec.kinds(waiting) == [STOPPED]


class Storm:
    """Random operations on a lane at work with three kinds of job."""

    def __init__(self, lane, rec, seed):
        self.lane, self.rec, self.rng = lane, rec, random.Random(seed)
        self.permits, self.allowed = threading.Semaphore(0), 0
        self.tickets, self.behind, self.newest, self.may_stop = {}, set(), {}, set()

    def job(self):
        job = Gated(self.rng.randrange(5))
        job.permits = self.permits
        return job

    def operate(self):
        job, name, lane = self.job(), self.rng.choice("ab"), self.lane
        recent = self.rng.choice(list(self.tickets)[-20:] or [0])
        match self.rng.choice(
            ["queue"] * 3
            + ["live"] * 3
            + ["behind"] * 5
            + ["first", "move", "cancel", "stop", "hold", "go on", "drop"]
        ):
            case "queue":
                self.tickets[lane.queue(job)] = job.steps
            case "first":
                self.tickets[lane.queue(job, first=True)] = job.steps
            case "live":
                self.may_stop.add(self.newest.get(name))
                self.newest[name] = lane.live(name, job)
                self.tickets[self.newest[name]] = job.steps
            case "behind":
                ticket = lane.background(name, job)
                self.tickets[ticket] = job.steps
                self.behind.add((name, ticket))
            case "move":
                lane.move(recent, self.rng.randrange(5))
            case "cancel":
                self.may_stop.add(recent)
                lane.cancel(recent)
            case "stop":
                self.may_stop.add(self.newest.get(name))
                lane.stop(name)
            case "hold":
                lane.hold(name)
            case "go on":
                lane.go_on(name)
            case "drop":
                self.may_stop |= {ticket for owner, ticket in self.behind if owner == name}
                lane.drop(name)
        self.permits.release()


@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_operations_with_three_kinds_of_job_lose_none(lane, rec, seed):
    storm = Storm(lane, rec, seed)
    for _ in range(1000):
        storm.operate()
    storm.permits.release(10_000)
    for owner in "ab":
        lane.go_on(owner)
    rec.until_ended(*storm.tickets)
    kinds_of = {ticket: [] for ticket in storm.tickets}
    for event in rec.events:
        kinds_of[event.ticket].append(event.kind)
    for ticket, steps in storm.tickets.items():
        kinds = kinds_of[ticket]
        assert [kind in ENDINGS for kind in kinds] == [False] * (len(kinds) - 1) + [True]
        assert kinds.count(STARTED) == (kinds != [STOPPED])
        assert kinds[-1] is DONE or ticket in storm.may_stop
        assert kinds.count(STEP) == steps or kinds[-1] is STOPPED
    behind = {ticket for _, ticket in storm.behind}
    assert not behind & set(rec.order(PAUSED, RESUMED)), "pauses of background jobs are not told"
