"""What the lane promises: every ticket ends once, the hand goes first, nothing is kept."""

import random
import threading
import weakref

import pytest

from app.lane import Kind, Lane

PATIENCE = 10  # seconds until a test that hangs is called a failure
ENDINGS = {Kind.DONE, Kind.FAILED, Kind.STOPPED}


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

    def order(self, kind):
        return [event.ticket for event in self.events if event.kind is kind]

    def until(self, ticket, kind):
        with self._changed:
            arrived = self._changed.wait_for(lambda: kind in self.kinds(ticket), PATIENCE)
        assert arrived, f"no {kind} for {ticket} in {self.events}"

    def until_ended(self, *tickets):
        def ended():
            return {e.ticket for e in self.events if e.kind in ENDINGS} >= set(tickets)

        with self._changed:
            assert self._changed.wait_for(ended, PATIENCE), self.events


class Gated:
    """A job whose every step waits for a permit; its result is the sum of what it yielded."""

    def __init__(self, steps=3, *, open_gate=False):
        self.steps = steps
        self.cleaned = threading.Event()
        self.calls = 0
        self._permits = threading.Semaphore(steps + 1 if open_gate else 0)

    def allow(self, steps):
        self._permits.release(steps)

    def __call__(self):
        self.calls += 1
        total = 0
        try:
            for i in range(self.steps):
                assert self._permits.acquire(timeout=PATIENCE)
                total += i
                yield total
            return total
        finally:
            self.cleaned.set()


class Big:
    """Stands for a tensor."""


def once(value=None):
    """A job of one step."""

    def job():
        yield value
        return value

    return job


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
    rec.until(lane.live("busy", job), Kind.STARTED)
    return job


# --- one job


@pytest.mark.parametrize("submit", [lambda lane, job: lane.live("a", job), Lane.queue])
def test_a_job_shows_its_steps_and_its_result(lane, rec, submit):
    ticket = submit(lane, Gated(3, open_gate=True))
    rec.until_ended(ticket)
    assert rec.kinds(ticket) == [Kind.STARTED, *[Kind.STEP] * 3, Kind.DONE]
    assert rec.payloads(ticket, Kind.STEP) == [0, 1, 3]
    assert rec.payloads(ticket, Kind.DONE) == [3]
    assert {event.channel for event in rec.events} in ({"a"}, {None})


def test_a_job_without_steps_is_done(lane, rec):
    def job():
        return 7
        yield

    ticket = lane.queue(job)
    rec.until_ended(ticket)
    assert rec.kinds(ticket) == [Kind.STARTED, Kind.DONE]


def test_prepare_runs_first_on_the_worker(rec):
    names = []
    lane = Lane(rec, prepare=lambda: names.append(threading.current_thread().name))
    rec.until_ended(lane.queue(once()))
    assert names == ["lane"]
    assert lane.close(PATIENCE)


def test_a_failing_prepare_leaves_the_lane_at_work(rec):
    def prepare():
        raise PermissionError("nice")

    lane = Lane(rec, prepare=prepare)
    ticket = lane.queue(once())
    rec.until(ticket, Kind.DONE)
    assert lane.close(PATIENCE)


# --- live jobs


def test_newest_wins_while_busy(lane, rec, busy):
    tickets = [lane.live("drag", once(i)) for i in range(50)]
    busy.allow(1)
    rec.until(tickets[-1], Kind.DONE)
    assert all(rec.kinds(ticket) == [Kind.STOPPED] for ticket in tickets[:-1])
    assert rec.payloads(tickets[-1], Kind.DONE) == [49]


def test_a_superseded_job_shows_one_step(lane, rec):
    first = Gated(1000)
    old = lane.live("drag", first)
    rec.until(old, Kind.STARTED)
    new = lane.live("drag", once())
    first.allow(1000)
    rec.until(new, Kind.DONE)
    assert rec.kinds(old) == [Kind.STARTED, Kind.STEP, Kind.STOPPED]
    assert first.cleaned.is_set()


def test_a_job_superseded_after_its_first_step_shows_no_more_than_the_one_under_way(lane, rec):
    first = Gated(1000)
    old = lane.live("drag", first)
    first.allow(1)
    rec.until(old, Kind.STEP)
    new = lane.live("drag", once())
    first.allow(999)
    rec.until(new, Kind.DONE)
    assert len(rec.payloads(old, Kind.STEP)) <= 2
    assert rec.kinds(old)[-1] is Kind.STOPPED


def test_other_channels_keep_their_turn(lane, rec, busy):
    a = lane.live("a", once())
    b = lane.live("b", once())
    a2 = lane.live("a", once())
    busy.allow(1)
    rec.until_ended(a, b, a2)
    assert rec.order(Kind.DONE)[1:] == [a2, b]


def test_another_channel_does_not_stop_a_running_job(lane, rec):
    job = Gated(5)
    a = lane.live("a", job)
    rec.until(a, Kind.STARTED)
    b = lane.live("b", once())
    job.allow(5)
    rec.until_ended(a, b)
    assert rec.order(Kind.DONE) == [a, b]


def test_stopping_a_channel_drops_and_stops_only_its_own(lane, rec):
    job = Gated(1000)
    running = lane.live("a", job)
    rec.until(running, Kind.STARTED)
    waiting = lane.live("a", once())
    other = lane.live("b", once())
    lane.stop("a")
    lane.stop("unknown")
    job.allow(1000)
    rec.until_ended(running, waiting, other)
    assert rec.kinds(waiting) == [Kind.STOPPED]
    assert rec.kinds(running)[-1] is Kind.STOPPED
    assert len(rec.payloads(running, Kind.STEP)) <= 1
    assert rec.kinds(other)[-1] is Kind.DONE


# --- preemption


def test_a_live_job_preempts_a_queued_one_which_resumes_with_the_same_result(lane, rec):
    undisturbed = lane.queue(Gated(6, open_gate=True))
    job = Gated(6)
    queued = lane.queue(job)
    for _ in range(3):
        rec.until(queued, Kind.STARTED)
        live = lane.live("drag", once())
        job.allow(1)  # the step under way is shown, then the live job goes first
        rec.until(live, Kind.DONE)
    job.allow(6)
    rec.until(queued, Kind.DONE)
    for kind in (Kind.STEP, Kind.DONE):
        assert rec.payloads(queued, kind) == rec.payloads(undisturbed, kind)
    kinds = rec.kinds(queued)
    pauses = [kind for kind in kinds if kind in (Kind.PAUSED, Kind.RESUMED)]
    assert pauses == [Kind.PAUSED, Kind.RESUMED] * (len(pauses) // 2)
    assert pauses
    assert job.calls == 1


def paused_job(lane, rec, job):
    """Queue `job`, pause it behind a live job that holds the lane; both with their tickets."""
    queued = lane.queue(job)
    rec.until(queued, Kind.STARTED)
    holder = Gated(1)
    live = lane.live("hold", holder)
    job.allow(1)
    rec.until(live, Kind.STARTED)
    assert rec.kinds(queued)[-1] is Kind.PAUSED
    return queued, holder, live


def test_a_paused_job_goes_on_before_any_waiting_one(lane, rec):
    job = Gated(3)
    queued, holder, _ = paused_job(lane, rec, job)
    last = lane.queue(once())
    first = lane.queue(once(), first=True)
    lane.move(last, 0)
    assert lane.waiting() == (last, first)
    job.allow(2)
    holder.allow(1)
    rec.until_ended(queued, first, last)
    assert [t for t in rec.order(Kind.DONE) if t in (queued, first, last)] == [queued, last, first]


def test_cancelling_a_paused_job_cleans_up_on_the_lane_before_other_live_jobs(lane, rec):
    where = []

    class Noting(Gated):
        def __call__(self):
            try:
                return (yield from super().__call__())
            finally:
                where.append(threading.current_thread().name)

    job = Noting(5)
    queued, holder, _ = paused_job(lane, rec, job)
    lane.cancel(queued)
    other = lane.live("other", once())
    holder.allow(1)
    rec.until_ended(queued, other)
    assert rec.kinds(queued) == [Kind.STARTED, Kind.STEP, Kind.PAUSED, Kind.STOPPED]
    assert where == ["lane"]
    endings = [e.ticket for e in rec.events if e.kind in ENDINGS]
    assert endings.index(queued) < endings.index(other)


def test_close_closes_a_paused_job(rec):
    lane = Lane(rec)
    job = Gated(5)
    queued, holder, live = paused_job(lane, rec, job)
    waiting = lane.queue(once())
    assert not lane.close(0)
    holder.allow(1)
    assert lane.close(PATIENCE)
    assert job.cleaned.is_set()
    assert rec.kinds(queued)[-1] is Kind.STOPPED
    assert rec.kinds(live)[-1] is Kind.STOPPED
    assert rec.kinds(waiting) == [Kind.STOPPED]


# --- the queue


def test_queued_jobs_run_in_the_order_the_user_gives_them(lane, rec, busy):
    a, b, c, d = (lane.queue(once()) for _ in range(4))
    first = lane.queue(once(), first=True)
    assert lane.waiting() == (first, a, b, c, d)
    lane.move(d, 1)
    lane.move(first, 99)
    lane.move(12345, 0)
    assert lane.waiting() == (d, a, b, c, first)
    busy.allow(1)
    rec.until_ended(a, b, c, d, first)
    assert rec.order(Kind.DONE)[1:] == [d, a, b, c, first]


def test_a_negative_position_is_refused(lane):
    with pytest.raises(ValueError, match="-1"):
        lane.move(1, -1)


def test_cancel_waiting_spares_the_current_job(lane, rec):
    job = Gated(2)
    current, holder, _ = paused_job(lane, rec, job)
    others = [lane.queue(once()) for _ in range(3)]
    lane.cancel_waiting()
    assert lane.waiting() == ()
    assert all(rec.kinds(ticket) == [Kind.STOPPED] for ticket in others)
    job.allow(1)
    holder.allow(1)
    rec.until(current, Kind.DONE)


# --- cancelling


def test_cancel_a_waiting_job(lane, rec, busy):
    queued, kept = lane.queue(once()), lane.queue(once())
    live = lane.live("a", once())
    lane.cancel(queued)
    lane.cancel(live)
    assert lane.waiting() == (kept,)
    busy.allow(1)
    rec.until(kept, Kind.DONE)
    assert rec.kinds(queued) == rec.kinds(live) == [Kind.STOPPED]


@pytest.mark.parametrize("submit", [lambda lane, job: lane.live("a", job), Lane.queue])
def test_cancel_a_running_job(lane, rec, submit):
    job = Gated(1000)
    ticket = submit(lane, job)
    job.allow(1)
    rec.until(ticket, Kind.STEP)
    lane.cancel(ticket)
    job.allow(999)
    rec.until_ended(ticket)
    assert job.cleaned.is_set()
    assert len(rec.payloads(ticket, Kind.STEP)) <= 2
    assert rec.kinds(ticket)[-1] is Kind.STOPPED


def test_cancelling_what_has_ended_or_never_was_does_nothing(lane, rec):
    ticket = lane.queue(once())
    rec.until_ended(ticket)
    lane.cancel(ticket)
    lane.cancel(999)
    after = lane.queue(once())
    rec.until(after, Kind.DONE)
    assert rec.kinds(ticket).count(Kind.STOPPED) == 0


def test_cancelling_a_job_that_never_yields_takes_effect_when_it_does(rec):
    hold = threading.Event()

    def stuck():
        hold.wait(PATIENCE)
        yield 1
        raise AssertionError("went on after being cancelled")

    lane = Lane(rec)
    ticket = lane.queue(stuck)
    rec.until(ticket, Kind.STARTED)
    lane.cancel(ticket)
    assert not lane.close(0.05)
    assert rec.kinds(ticket) == [Kind.STARTED]
    hold.set()
    assert lane.close(PATIENCE)
    assert rec.kinds(ticket)[-1] is Kind.STOPPED


# --- failures


def fails_at_once():
    raise MemoryError


def fails_later():
    yield 1
    raise ValueError("boom")


def leaves_the_process():
    yield 1
    raise SystemExit(3)


def is_no_generator():
    return None


@pytest.mark.parametrize(
    ("job", "summary"),
    [
        (fails_at_once, "MemoryError"),
        (fails_later, "ValueError: boom"),
        (leaves_the_process, "SystemExit: 3"),
        (is_no_generator, "TypeError: 'NoneType' object is not an iterator"),
    ],
)
def test_a_failure_is_text_and_the_lane_goes_on(lane, rec, job, summary):
    ticket = lane.queue(job)
    after = lane.queue(once())
    rec.until(after, Kind.DONE)
    assert rec.kinds(ticket)[-1] is Kind.FAILED
    (failure,) = rec.payloads(ticket, Kind.FAILED)
    assert failure.summary == summary
    assert "Traceback" in failure.details
    assert summary in failure.details


def test_a_summary_names_the_error_without_its_module(lane, rec):
    class WeightsError(Exception):
        def __str__(self):
            raise RuntimeError("cannot even say it")

    WeightsError.__qualname__ = "WeightsError"

    def job():
        raise WeightsError
        yield

    ticket = lane.queue(job)
    rec.until(ticket, Kind.FAILED)
    assert rec.payloads(ticket, Kind.FAILED)[0].summary.startswith("WeightsError: ")


def test_a_clean_up_that_fails_is_a_failure(lane, rec):
    steps = Gated(1000)

    def job():
        try:
            yield from steps()
        finally:
            raise OSError("disk full")

    ticket = lane.live("a", job)
    steps.allow(1)
    rec.until(ticket, Kind.STEP)
    lane.stop("a")
    steps.allow(1)
    after = lane.live("a", once())
    rec.until(after, Kind.DONE)
    assert [kind for kind in rec.kinds(ticket) if kind in ENDINGS] == [Kind.FAILED]
    assert rec.payloads(ticket, Kind.FAILED)[0].summary == "OSError: disk full"


def test_a_job_that_swallows_its_stop_is_a_failure_and_is_cleaned_up_first(lane, rec):
    steps = Gated(1000)
    cleaned_before_the_end = []

    def job():
        try:
            try:
                yield from steps()
            except GeneratorExit:
                yield "no"
        finally:
            cleaned_before_the_end.append(Kind.FAILED not in rec.kinds(ticket))

    ticket = lane.queue(job)
    steps.allow(1)
    rec.until(ticket, Kind.STEP)
    lane.cancel(ticket)
    steps.allow(1)
    rec.until_ended(ticket)
    assert rec.payloads(ticket, Kind.FAILED)[0].summary.endswith("ignored GeneratorExit")
    assert cleaned_before_the_end == [True]


# --- nothing is kept


def ends_well(big):
    yield big
    return big


def ends_badly(big):
    yield big
    raise ValueError(big)


def never_ends(big):
    while True:
        yield big


@pytest.mark.parametrize("make", [ends_well, ends_badly, never_ends])
def test_an_idle_lane_keeps_neither_job_nor_payload_nor_traceback(make):
    ended = threading.Event()

    def post(event):  # keeps nothing
        if event.kind in ENDINGS:
            ended.set()

    def submit():
        big = Big()
        freed = threading.Event()
        weakref.finalize(big, freed.set)
        return lane.queue(lambda: make(big)), freed

    lane = Lane(post)
    ticket, freed = submit()
    if make is never_ends:
        lane.cancel(ticket)
    assert freed.wait(PATIENCE)
    assert ended.wait(PATIENCE)
    assert lane.close(PATIENCE)


def test_what_a_job_held_is_free_before_its_closing_event():
    alive = []
    ended = threading.Event()

    def post(event):
        if event.kind in ENDINGS:
            alive.append(ref())
            ended.set()

    def job():
        nonlocal ref
        big = Big()
        ref = weakref.ref(big)
        yield 1
        raise ValueError("boom")

    ref = None
    lane = Lane(post)
    lane.queue(job)
    assert ended.wait(PATIENCE)
    assert alive == [None]
    assert lane.close(PATIENCE)


# --- closing


def test_close_ends_every_job_once_and_the_thread(rec):
    lane = Lane(rec)
    job = Gated(1000)
    running = lane.queue(job)
    rec.until(running, Kind.STARTED)
    waiting = [lane.queue(once()), lane.live("a", once())]
    job.allow(1000)
    assert lane.close(PATIENCE)
    assert lane.close(PATIENCE)
    for ticket in (running, *waiting):
        assert [kind in ENDINGS for kind in rec.kinds(ticket)].count(True) == 1
    assert not [thread for thread in threading.enumerate() if thread.name == "lane"]


def test_a_closed_lane_refuses_jobs(rec):
    lane = Lane(rec)
    assert lane.close(PATIENCE)
    with pytest.raises(RuntimeError, match="closed"):
        lane.live("a", once())
    with pytest.raises(RuntimeError, match="closed"):
        lane.queue(once())


# --- at random


def test_a_thousand_operations_on_waiting_jobs_match_the_obvious_model(lane, rec, busy):
    rng = random.Random(1)
    order, newest, dropped = [], {}, set()
    for _ in range(1000):
        match rng.choice(["queue", "queue", "first", "live", "move", "cancel", "stop"]):
            case "queue":
                order.append(lane.queue(once()))
            case "first":
                order.insert(0, lane.queue(once(), first=True))
            case "live":
                name = rng.choice("abc")
                dropped.add(newest.get(name))
                newest[name] = lane.live(name, once())
            case "move" if order:
                ticket = rng.choice(order)
                position = rng.randrange(len(order) + 2)
                order.remove(ticket)
                order.insert(position, ticket)
                lane.move(ticket, position)
            case "cancel" if order:
                ticket = rng.choice(order)
                order.remove(ticket)
                dropped.add(ticket)
                lane.cancel(ticket)
            case "stop":
                name = rng.choice("abc")
                dropped.add(newest.pop(name, None))
                lane.stop(name)
    dropped.discard(None)
    assert lane.waiting() == tuple(order)
    busy.allow(1)
    rec.until_ended(*order, *newest.values(), *dropped)
    assert sorted(rec.order(Kind.STOPPED)) == sorted(dropped)
    done = rec.order(Kind.DONE)[1:]
    assert sorted(done[: len(newest)]) == sorted(newest.values())
    assert done[len(newest) :] == order


class Storm:
    """Random operations on a lane at work, and a note of what each ticket may come to."""

    def __init__(self, lane, seed):
        self.lane = lane
        self.rng = random.Random(seed)
        self.permits = threading.Semaphore(0)
        self.steps = {}  # ticket: number of steps, all tickets
        self.queued = []
        self.moved = set()
        self.newest = {}
        self.may_stop = set()

    def job(self, steps):
        def run():
            total = 0
            for i in range(steps):
                assert self.permits.acquire(timeout=PATIENCE)
                total += i
                yield total
            return total

        return run

    def operate(self):
        rng = self.rng
        steps = rng.randrange(5)
        match rng.choice(["queue", "queue", "live", "live", "move", "cancel", "stop", "clear"]):
            case "queue":
                first = rng.random() < 0.2
                ticket = self.lane.queue(self.job(steps), first=first)
                self.steps[ticket] = steps
                self.queued.append(ticket)
                if first:
                    self.moved.add(ticket)
            case "live":
                name = rng.choice("ab")
                self.may_stop.add(self.newest.get(name))
                self.newest[name] = self.lane.live(name, self.job(steps))
                self.steps[self.newest[name]] = steps
            case "move" if self.queued:
                ticket = rng.choice(self.queued[-20:])
                self.moved.add(ticket)
                self.lane.move(ticket, rng.randrange(5))
            case "cancel" if self.steps:
                ticket = rng.choice(list(self.steps)[-20:])
                self.may_stop.add(ticket)
                self.lane.cancel(ticket)
            case "stop":
                name = rng.choice("ab")
                self.may_stop.add(self.newest.get(name))
                self.lane.stop(name)
            case "clear" if rng.random() < 0.1:
                self.may_stop.update(self.lane.waiting())
                self.lane.cancel_waiting()
        self.permits.release(rng.randrange(1, 4))


@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_operations_on_a_lane_at_work_lose_no_job(lane, rec, seed):
    storm = Storm(lane, seed)
    for _ in range(1000):
        storm.operate()
    storm.permits.release(10_000)
    rec.until_ended(*storm.steps)

    for ticket, steps in storm.steps.items():
        kinds = rec.kinds(ticket)
        assert [kind in ENDINGS for kind in kinds].count(True) == 1
        assert kinds[-1] in ENDINGS
        assert kinds.count(Kind.STARTED) == (0 if kinds == [Kind.STOPPED] else 1)
        sums = [sum(range(i + 1)) for i in range(steps)]
        shown = rec.payloads(ticket, Kind.STEP)
        assert shown == sums[: len(shown)]
        if ticket not in storm.may_stop:
            assert kinds[-1] is Kind.DONE
            assert shown == sums
        if kinds[-1] is Kind.DONE:
            assert rec.payloads(ticket, Kind.DONE) == [sum(range(steps))]
    check_the_order(rec, storm)


def check_the_order(rec, storm):
    """One job at a time, one queued job until it ends, unmoved ones first come, first served."""
    running = current = None
    for event in rec.events:
        queued = event.channel is None
        if event.kind in (Kind.STARTED, Kind.RESUMED):
            assert running is None
            assert not queued or current in (None, event.ticket)
            running = event.ticket
            current = event.ticket if queued else current
        elif event.kind in (Kind.STEP, Kind.PAUSED):
            assert event.ticket == running
            running = None if event.kind is Kind.PAUSED else running
        else:
            running = None if event.ticket == running else running
            current = None if event.ticket == current else current
    queued = set(storm.queued)
    unmoved = [t for t in rec.order(Kind.STARTED) if t in queued and t not in storm.moved]
    assert unmoved == sorted(unmoved)
