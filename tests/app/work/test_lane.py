"""What the lane promises: every ticket ends once, the hand goes first, nothing is kept."""

import threading
import time

import pytest

from app.work.lane import Lane
from tests.app.work.recording import (
    DONE,
    PATIENCE,
    PAUSED,
    RESUMED,
    STARTED,
    STEP,
    STOPPED,
    Gated,
    live,
    quick,
)


def pause(lane, rec, job):
    """Queue `job` and pause it after its first step; its ticket and the live job in its way."""
    ticket = lane.queue(job)
    rec.until(ticket, STARTED)
    holder = Gated(1)
    before = lane.live("holder", holder)
    job.allow()
    rec.until(before, STARTED)
    assert rec.kinds(ticket) == [STARTED, STEP, PAUSED]
    return ticket, holder


@pytest.mark.parametrize("submit", [live, Lane.queue])
@pytest.mark.parametrize("steps", [0, 3])
def test_a_job_shows_its_steps_and_its_result(lane, rec, submit, steps):
    ticket = submit(lane, Gated(steps, permits=steps))
    rec.until_ended(ticket)
    assert rec.kinds(ticket) == [STARTED, *[STEP] * steps, DONE]
    assert rec.payloads(ticket, STEP) == [0, 1, 3][:steps]
    assert rec.payloads(ticket, DONE) == [sum(range(steps))]


@pytest.mark.parametrize("error", [None, PermissionError("nice")])
def test_prepare_runs_first_on_the_worker_and_may_fail(rec, error):
    names = []

    def prepare():
        names.append(threading.current_thread().name)
        if error:
            raise error

    lane = Lane(rec, prepare=prepare)
    rec.until(lane.queue(quick), DONE)
    assert names == ["lane"]
    assert lane.close(PATIENCE)


def test_newest_wins_while_busy(lane, rec, busy):
    tickets = [lane.live("drag", lambda i=i: quick(i)) for i in range(50)]
    busy.allow()
    rec.until(tickets[-1], DONE)
    assert all(rec.kinds(ticket) == [STOPPED] for ticket in tickets[:-1])
    assert rec.payloads(tickets[-1], DONE) == [49]


def test_a_superseded_job_shows_one_step(lane, rec):
    job = Gated(1000)
    old = lane.live("drag", job)
    rec.until(old, STARTED)
    new = lane.live("drag", quick)
    job.allow(1000)
    rec.until(new, DONE)
    assert rec.kinds(old) == [STARTED, STEP, STOPPED]


def test_a_job_superseded_before_its_first_step_still_shows_it(lane, rec):
    newer = []

    def job():
        newer.append(lane.live("drag", quick))
        return Gated(3, permits=3)()

    ticket = lane.live("drag", job)
    rec.until(ticket, STOPPED)
    rec.until(newer[0], DONE)
    assert rec.kinds(ticket) == [STARTED, STEP, STOPPED]


@pytest.mark.parametrize("shown", [0, None])
def test_a_live_job_that_has_shown_a_step_lets_other_channels_go_first(lane, rec, shown):
    job = Gated(5)
    running = lane.live("x", job)
    rec.until(running, STARTED)
    a, b, newer_a = (lane.live(name, lambda: quick(shown)) for name in "aba")
    job.allow(5)
    rec.until_ended(running, a, b, newer_a)
    # the last to show a step has nobody to wait for; what showed nothing goes on first
    rest = [running, newer_a] if shown is not None else [newer_a, running]
    assert rec.order(DONE) == [b, *rest]
    assert rec.kinds(running) == [STARTED, STEP, PAUSED, RESUMED, *[STEP] * 4, DONE]


def test_a_live_job_with_nothing_on_show_goes_before_those_that_have(lane, rec, busy):
    def silent():
        yield None
        yield None
        yield "first"
        yield "second"

    jobs = {"x": silent, "y": Gated(3, permits=3), "z": silent}
    tickets = [lane.live(name, job) for name, job in jobs.items()]
    busy.allow(1)
    rec.until_ended(*tickets)
    steps = [event for event in rec.events if event.kind is STEP and event.ticket in tickets]
    shown = [event.payload for event in steps if event.payload is not None]
    assert shown == [0, "first", "first", *shown[3:]]


def test_live_jobs_go_on_in_turns(lane, rec):
    """A long one that has shown its step does not keep a short one from its end."""

    def long():
        while True:
            time.sleep(0.01)
            yield 0

    def short():
        for _ in range(30):
            time.sleep(0.01)
            yield 0

    ticket = lane.live("x", long)
    rec.until(ticket, STARTED)
    rec.until_ended(lane.live("y", short))
    assert rec.kinds(ticket).count(RESUMED) >= 1
    assert rec.kinds(ticket)[-1] is not STOPPED
    lane.stop("x")
    rec.until_ended(ticket)


def test_a_paused_live_job_is_closed_when_its_channel_has_a_newer_one(lane, rec):
    cleaned = threading.Event()
    job, hand = Gated(5, cleaned=cleaned.set), Gated(1)
    old = lane.live("x", job)
    rec.until(old, STARTED)
    other = lane.live("y", hand)
    job.allow()
    rec.until(old, PAUSED)
    newer = lane.live("x", quick)
    hand.allow()
    rec.until_ended(old, other, newer)
    assert cleaned.is_set()
    assert rec.kinds(old)[:3] == [STARTED, STEP, PAUSED]
    assert rec.kinds(old)[-1] is STOPPED
    assert STEP not in rec.kinds(old)[3:]
    assert rec.kinds(newer)[-1] is DONE


def test_stopping_a_channel_drops_and_stops_only_its_own(lane, rec):
    job = Gated(1000)
    running = lane.live("a", job)
    rec.until(running, STARTED)
    waiting, other = lane.live("a", quick), lane.live("b", quick)
    lane.stop("a")
    lane.stop("unknown")
    job.allow()
    rec.until(other, DONE)
    assert rec.kinds(waiting) == [STOPPED]
    assert rec.kinds(running) == [STARTED, STEP, STOPPED]


def test_a_preempted_job_resumes_with_the_same_result(lane, rec):
    undisturbed = lane.queue(Gated(6, permits=6))
    job = Gated(6)
    ticket, holder = pause(lane, rec, job)
    for times in (1, 2, 3):
        holder.allow()
        rec.until(ticket, RESUMED, times=times)
        holder = Gated(1)
        before = lane.live("holder", holder)
        job.allow()  # the step under way is still shown
        rec.until(before, STARTED)
    holder.allow()
    job.allow(6)
    rec.until(ticket, DONE)
    assert rec.payloads(ticket, STEP) == rec.payloads(undisturbed, STEP)
    assert rec.payloads(ticket, DONE) == rec.payloads(undisturbed, DONE)
    assert rec.kinds(ticket).count(PAUSED) == rec.kinds(ticket).count(RESUMED) == 4


def test_a_paused_job_stays_the_current_one(lane, rec):
    job = Gated(3)
    paused, holder = pause(lane, rec, job)
    dropped = lane.queue(quick)
    lane.cancel_waiting()
    last, first = lane.queue(quick), lane.queue(quick, first=True)
    lane.move(last, 0)
    assert lane.waiting() == (last, first)
    job.allow(2)
    holder.allow()
    rec.until_ended(first)
    assert rec.kinds(dropped) == [STOPPED]
    assert rec.order(DONE)[1:] == [paused, last, first]


def test_a_paused_job_is_cancelled_on_the_lane_before_other_live_jobs(lane, rec):
    where = []
    job = Gated(5, cleaned=lambda: where.append(threading.current_thread().name))
    paused, holder = pause(lane, rec, job)
    lane.cancel(paused)
    other = lane.live("other", quick)
    holder.allow()
    rec.until_ended(other, paused)
    assert rec.kinds(paused) == [STARTED, STEP, PAUSED, STOPPED]
    assert where == ["lane"]
    assert rec.order(STOPPED, DONE)[:2] == [paused, other]


def test_queued_jobs_run_in_the_order_the_user_gives_them(lane, rec, busy):
    a, b, c, d = (lane.queue(quick) for _ in range(4))
    first = lane.queue(quick, first=True)
    assert lane.waiting() == (first, a, b, c, d)
    lane.move(d, 1)
    lane.move(first, 99)
    lane.move(12345, 0)
    with pytest.raises(ValueError, match="-1"):
        lane.move(a, -1)
    assert lane.waiting() == (d, a, b, c, first)
    busy.allow()
    rec.until_ended(first)
    assert rec.order(DONE)[1:] == [d, a, b, c, first]


def test_cancel_a_waiting_job(lane, rec, busy):
    queued, kept, dragged = lane.queue(quick), lane.queue(quick), live(lane, quick)
    lane.cancel(queued)
    lane.cancel(dragged)
    assert lane.waiting() == (kept,)
    busy.allow()
    rec.until(kept, DONE)
    assert rec.kinds(queued) == rec.kinds(dragged) == [STOPPED]
    lane.cancel(kept)  # it has ended
    lane.cancel(12345)
    rec.until(lane.queue(quick), DONE)
    assert rec.kinds(kept) == [STARTED, STEP, DONE]


@pytest.mark.parametrize("submit", [live, Lane.queue])
def test_cancel_a_running_job(lane, rec, submit):
    cleaned = threading.Event()
    job = Gated(1000, cleaned=cleaned.set)
    ticket = submit(lane, job)
    rec.until(ticket, STARTED)
    job.allow()
    rec.until(ticket, STEP)
    lane.cancel(ticket)
    job.allow(999)
    rec.until(ticket, STOPPED)
    assert cleaned.is_set()
    assert len(rec.payloads(ticket, STEP)) <= 2


def test_a_job_that_never_yields_cannot_be_stopped_before_it_does(rec):
    lane, stuck = Lane(rec), Gated(2)
    ticket = lane.queue(stuck)
    rec.until(ticket, STARTED)
    lane.cancel(ticket)
    assert not lane.close(0.05)
    assert rec.kinds(ticket) == [STARTED]
    stuck.allow()
    assert lane.close(PATIENCE)
    assert rec.kinds(ticket) == [STARTED, STEP, STOPPED]


def test_close_ends_every_job_once_and_refuses_more(rec):
    lane = Lane(rec)
    cleaned = threading.Event()
    paused, holder = pause(lane, rec, Gated(5, cleaned=cleaned.set))
    waiting = [lane.queue(quick), live(lane, quick)]
    assert not lane.close(0)
    assert [rec.kinds(ticket) for ticket in waiting] == [[STOPPED], [STOPPED]]
    holder.allow()
    assert lane.close(PATIENCE)
    assert cleaned.is_set()
    assert rec.kinds(paused) == [STARTED, STEP, PAUSED, STOPPED]
    for submit in (live, Lane.queue):
        with pytest.raises(RuntimeError, match="closed"):
            submit(lane, quick)


@pytest.mark.parametrize("first", [False, True])
def test_jobs_submitted_together_keep_their_order(lane, rec, busy, first):
    waits = lane.queue(quick)
    together = lane.queue_all([quick, quick, quick], first=first)
    assert lane.waiting() == ((*together, waits) if first else (waits, *together))
    busy.allow()
    for ticket in together:
        rec.until(ticket, DONE)
