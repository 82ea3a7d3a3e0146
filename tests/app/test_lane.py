"""What the lane promises: every ticket ends once, the hand goes first, nothing is kept."""

import random
import threading
import weakref

import pytest

from app.lane import Kind, Lane

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


def test_channels_take_turns_and_leave_each_other_alone(lane, rec):
    job = Gated(5)
    running = lane.live("x", job)
    rec.until(running, STARTED)
    a, b, newer_a = (lane.live(name, quick) for name in "aba")
    job.allow(5)
    rec.until_ended(running, a, b, newer_a)
    assert rec.order(DONE) == [running, newer_a, b]


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
    rec.until_ended(other)
    assert rec.kinds(paused) == [STARTED, STEP, PAUSED, STOPPED]
    assert where == ["lane"]
    assert rec.order(STOPPED, DONE)[1:] == [paused, other]


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


def fails_before_its_first_step():
    raise MemoryError


def fails_later():
    yield 1
    raise ValueError("boom")


def fails_without_words():
    class WordlessError(Exception):
        __qualname__ = "WordlessError"

        def __str__(self):
            raise RuntimeError

    yield 1
    raise WordlessError


def leaves_the_process():
    yield 1
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("job", "summary"),
    [
        (fails_before_its_first_step, "MemoryError"),
        (fails_later, "ValueError: boom"),
        (fails_without_words, "WordlessError: <exception str() failed>"),
        (leaves_the_process, "SystemExit: 3"),
        (lambda: None, "TypeError: 'NoneType' object is not an iterator"),
    ],
)
def test_a_failure_is_text_and_the_lane_goes_on(lane, rec, job, summary):
    ticket = lane.queue(job)
    rec.until(lane.queue(quick), DONE)
    assert rec.kinds(ticket)[-1] is FAILED
    (failure,) = rec.payloads(ticket, FAILED)
    assert failure.summary == summary
    assert failure.details.startswith("Traceback")
    assert failure.details.rstrip().endswith(summary)


@pytest.mark.parametrize("submit", [live, Lane.queue])
def test_a_clean_up_that_fails_is_a_failure(lane, rec, submit):
    def cleaned():
        raise OSError("disk full")

    job = Gated(1000, cleaned=cleaned)
    ticket = submit(lane, job)
    rec.until(ticket, STARTED)
    lane.cancel(ticket)
    job.allow()
    rec.until(submit(lane, quick), DONE)
    assert rec.kinds(ticket) == [STARTED, STEP, FAILED]
    assert rec.payloads(ticket, FAILED)[0].summary == "OSError: disk full"


def test_a_job_that_swallows_its_stop_fails_after_its_clean_up(lane, rec):
    ended_before = []
    steps = Gated(1000, cleaned=lambda: ended_before.append(rec.order(*ENDINGS)))

    def job():
        run = steps()
        try:
            yield next(run)
        except GeneratorExit:
            yield from run

    ticket = lane.queue(job)
    rec.until(ticket, STARTED)
    lane.cancel(ticket)
    steps.allow(1000)
    rec.until(ticket, FAILED)
    assert rec.payloads(ticket, FAILED)[0].summary.endswith("ignored GeneratorExit")
    assert ended_before == [[]]


class Big:
    """Stands for a tensor."""


def ends_well(big):
    yield big
    return big


def ends_badly(big):
    yield big
    raise ValueError(big)


def is_stopped(big):
    while True:
        yield big


@pytest.mark.parametrize("run", [ends_well, ends_badly, is_stopped])
def test_an_idle_lane_keeps_neither_job_nor_payload_nor_traceback(run):
    freed = threading.Event()
    lane = Lane(lambda event: None)

    def submit():
        big = Big()
        weakref.finalize(big, freed.set)
        return lane.queue(lambda: run(big))

    ticket = submit()
    if run is is_stopped:
        lane.cancel(ticket)
    assert freed.wait(PATIENCE)
    assert lane.close(PATIENCE)


@pytest.mark.parametrize("error", [None, ValueError("boom")])
def test_what_a_job_held_is_free_before_its_closing_event(error):
    refs, alive, ended = [], [], threading.Event()

    def post(event):
        if event.kind in ENDINGS:
            alive.append(refs[0]())
            ended.set()

    def job():
        big = Big()
        refs.append(weakref.ref(big))
        yield 1
        if error:
            raise ValueError

    lane = Lane(post)
    lane.queue(job)
    assert ended.wait(PATIENCE)
    assert alive == [None]
    assert lane.close(PATIENCE)


def test_a_thousand_operations_on_waiting_jobs_match_the_obvious_model(lane, rec, busy):
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
                newest[name] = lane.live(name, quick)
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
    done = rec.order(DONE)[1:]
    assert done[: len(newest)] == list(newest.values())
    assert done[len(newest) :] == order


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
