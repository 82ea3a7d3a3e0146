"""What crosses to the GUI thread: all that matters, in order, and nothing stale."""

import random
import threading
import weakref

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QThread

from app.work.channels import Channel, Channels
from app.work.lane import Event, Failure, Kind

PATIENCE = 10  # seconds until a test that hangs is called a failure
TIMEOUT = 1000 * PATIENCE
LIVE_SIGNALS = ("started", "stepped", "done", "failed", "stopped")
QUEUE_SIGNALS = (*LIVE_SIGNALS, "added", "paused", "resumed", "reordered")


def listen(sender, names=LIVE_SIGNALS):
    """A list that fills with (signal name, *arguments) as `sender` emits."""
    heard = []
    for name in names:
        getattr(sender, name).connect(lambda *args, name=name: heard.append((name, *args)))
    return heard


def steps(*values):
    """A job that yields all values and returns the last."""

    def job():
        yield from values
        return values[-1]

    return job


def fails():
    yield 1
    raise RuntimeError("no")


def waits_for(gate):
    """A job that yields once before the gate opens and once after."""

    def job():
        yield "before"
        assert gate.wait(PATIENCE)
        yield "after"
        return "end"

    return job


def let_the_lane_run_dry(channels):
    """Wait, without the GUI's event loop, until every job submitted so far has ended."""
    reached = threading.Event()

    def job():
        reached.set()
        return
        yield

    channels.queue.submit(job)
    assert reached.wait(PATIENCE)


@pytest.fixture
def channels(qapp):
    before = set(threading.enumerate())
    channels = Channels()
    yield channels
    assert channels.close(PATIENCE)
    assert set(threading.enumerate()) <= before


def test_signals_come_on_the_gui_thread(channels, qtbot):
    view = channels.open("view")
    threads = set()
    for signal in (view.started, view.stepped, view.done, channels.queue.stepped):
        signal.connect(lambda *_: threads.add(QThread.currentThread()))
    heard = listen(view)
    with qtbot.waitSignal(channels.queue.done, timeout=TIMEOUT):
        view.submit(steps(1))
        channels.queue.submit(steps(2))
    assert threads == {QCoreApplication.instance().thread()}
    assert heard == [("started",), ("stepped", 1), ("done", 1)]


def test_prepare_runs_on_the_lane(qapp):
    names = []
    channels = Channels(prepare=lambda: names.append(threading.current_thread().name))
    let_the_lane_run_dry(channels)
    assert channels.close(PATIENCE)
    assert names == ["lane"]


def test_a_name_is_opened_once(channels):
    channels.open("view")
    with pytest.raises(ValueError, match="'view' is already open"):
        channels.open("view")


def test_a_failure_arrives_as_text(channels, qtbot):
    view = channels.open("view")
    with qtbot.waitSignal(view.failed, timeout=TIMEOUT) as caught:
        view.submit(fails)
    assert caught.args[0].summary == "RuntimeError: no"
    with qtbot.waitSignal(channels.queue.failed, timeout=TIMEOUT) as caught:
        ticket = channels.queue.submit(fails)
    assert caught.args[0] == ticket
    assert "in fails" in caught.args[1].details


# What a channel lets out, decided on events made by hand.


class NoLane:
    """Gives tickets and does nothing."""

    def __init__(self):
        self.ticket = 0

    def live(self, channel, job):
        self.ticket += 1
        return self.ticket

    def stop(self, channel):
        pass


@pytest.fixture
def view(channels):
    return Channel("view", NoLane(), channels)


def test_a_superseded_job_shows_its_steps_until_the_newer_one_does(view):
    heard = listen(view)
    view.submit(None)
    view.submit(None)
    view.receive(Event("view", 1, Kind.STARTED))
    view.receive(Event("view", 1, Kind.STEP, "old"))
    view.receive(Event("view", 1, Kind.STOPPED))
    view.receive(Event("view", 2, Kind.STARTED))
    view.receive(Event("view", 2, Kind.STEP, "new"))
    view.receive(Event("view", 1, Kind.STEP, "stale"))
    view.receive(Event("view", 1, Kind.DONE, "stale"))
    view.receive(Event("view", 1, Kind.FAILED, Failure("stale", "")))
    view.receive(Event("view", 2, Kind.DONE, "end"))
    assert heard == [("stepped", "old"), ("started",), ("stepped", "new"), ("done", "end")]


@pytest.mark.parametrize("ending", [Kind.DONE, Kind.STOPPED])
def test_a_stopped_view_hears_of_nothing_but_the_stop(view, ending):
    heard = listen(view)
    view.submit(None)
    view.stop()
    view.receive(Event("view", 1, Kind.STARTED))
    view.receive(Event("view", 1, Kind.STEP, "late"))
    view.receive(Event("view", 1, ending, "late"))
    assert heard == [("stopped",)]


def test_a_view_in_use_again_shows_nothing_from_before_its_stop(view):
    heard = listen(view)
    view.submit(None)
    view.stop()
    view.submit(None)
    view.receive(Event("view", 1, Kind.STEP, "late"))
    view.receive(Event("view", 1, Kind.STOPPED))
    view.receive(Event("view", 2, Kind.STEP, "new"))
    assert heard == [("stepped", "new")]


def test_the_queue_tells_each_jobs_story_in_order(channels, qtbot):
    queue, gate = channels.queue, threading.Event()
    heard = listen(queue, QUEUE_SIGNALS)
    a = queue.submit(waits_for(gate))
    qtbot.waitUntil(lambda: ("stepped", a, "before") in heard, timeout=TIMEOUT)
    b, c, d = queue.submit(steps(1)), queue.submit(steps(2)), queue.submit(steps(3), first=True)
    queue.run_first(c)
    queue.move(d, 9)
    assert queue.waiting() == (c, b, d)
    queue.cancel(b)
    gate.set()
    qtbot.waitUntil(lambda: ("done", d, 3) in heard, timeout=TIMEOUT)
    assert [event for event in heard if event[0] in ("added", "reordered")] == [
        *[("added", ticket) for ticket in (a, b, c, d)],
        *[("reordered", order) for order in ((d, b, c), (c, d, b), (c, b, d))],
    ]
    assert [event[0] for event in heard if event[1] == b] == ["added", "stopped"]
    done = [event[1:] for event in heard if event[0] == "done"]
    assert done == [(a, "end"), (c, 2), (d, 3)]


def test_cancel_waiting_spares_the_current_job(channels, qtbot):
    queue, gate = channels.queue, threading.Event()
    heard = listen(queue)
    current = queue.submit(waits_for(gate))
    qtbot.waitUntil(lambda: ("started", current) in heard, timeout=TIMEOUT)
    waiting = [queue.submit(steps(1)) for _ in range(3)]
    queue.cancel_waiting()
    gate.set()
    qtbot.waitUntil(lambda: ("done", current, "end") in heard, timeout=TIMEOUT)
    assert [event[1] for event in heard if event[0] == "stopped"] == waiting


# Many events, few signals


def test_a_step_not_yet_delivered_gives_way_to_the_next(channels, qtbot):
    heard = listen(view := channels.open("view"))
    view.submit(steps(*range(10_000)))
    let_the_lane_run_dry(channels)
    qtbot.waitUntil(lambda: len(heard) == 3, timeout=TIMEOUT)
    assert heard == [("started",), ("stepped", 9999), ("done", 9999)]


def test_steps_give_way_across_a_pause_and_all_else_keeps_its_order(channels, qtbot):
    view, queue = channels.open("view"), channels.queue
    heard = listen(queue, QUEUE_SIGNALS)
    view.done.connect(lambda result: heard.append(("live", result)))
    reached, gate = threading.Event(), threading.Event()

    def job():
        yield 1
        reached.set()
        assert gate.wait(PATIENCE)
        yield 2
        yield 3
        return 4

    ticket = queue.submit(job)
    assert reached.wait(PATIENCE)
    view.submit(steps("x"))
    gate.set()
    let_the_lane_run_dry(channels)
    qtbot.waitUntil(lambda: ("done", ticket, 4) in heard, timeout=TIMEOUT)
    story = [event for event in heard if event[0] == "live" or event[1] == ticket]
    names = ["added", "started", "paused", "live", "resumed", "stepped", "done"]
    assert [event[0] for event in story] == names
    assert story[-2:] == [("stepped", ticket, 3), ("done", ticket, 4)]


def test_a_batch_of_events_wakes_the_gui_once(qtbot):
    class Counting(Channels):
        wakes = 0

        def event(self, event):
            self.wakes += event.type() is QEvent.Type.MetaCall
            return super().event(event)

    channels = Counting()
    view = channels.open("view")
    with qtbot.waitSignal(view.done, timeout=TIMEOUT):
        view.submit(steps(*range(100)))
        let_the_lane_run_dry(channels)
        assert channels.wakes == 0
    assert channels.close(PATIENCE)
    assert channels.wakes <= 2  # the other is for the end of what ran the lane dry


def test_a_slot_with_its_own_event_loop_does_not_turn_the_order_round(channels, qtbot):
    view, queue = channels.open("view"), channels.queue
    heard = []

    def dialog(ticket):
        heard.append(("started", ticket))
        if ticket == first:
            view.submit(steps("live"))
            let_the_lane_run_dry(channels)
            QCoreApplication.processEvents()

    queue.started.connect(dialog)
    queue.done.connect(lambda ticket, _: heard.append(("done", ticket)))
    view.done.connect(heard.append)
    first, second = queue.submit(steps(1)), queue.submit(steps(2))
    let_the_lane_run_dry(channels)
    qtbot.waitUntil(lambda: "live" in heard and ("done", second) in heard, timeout=TIMEOUT)
    story = [(name, ticket) for ticket in (first, second) for name in ("started", "done")]
    assert [event for event in heard if event in [*story, "live"]] == [*story, "live"]


@pytest.mark.parametrize("queued", [False, True])
def test_no_payload_is_kept(channels, qtbot, queued):
    class Big:
        """Stands for a tensor."""

    freed = threading.Event()

    def job():
        big = Big()
        weakref.finalize(big, freed.set)
        yield big
        return big

    submit = channels.queue.submit if queued else channels.open("view").submit
    submit(job)
    qtbot.waitUntil(freed.is_set, timeout=TIMEOUT)


def test_a_closed_window_hears_nothing_more(qtbot):
    channels = Channels()
    view = channels.open("view")
    heard = listen(view)
    view.submit(steps(1))
    let_the_lane_run_dry(channels)
    assert channels.close(PATIENCE)
    QCoreApplication.processEvents()
    assert heard == []
    with pytest.raises(RuntimeError, match="closed"):
        view.submit(steps(1))


@pytest.mark.parametrize("gone", [False, True])
def test_a_job_may_outlive_the_window(qapp, caplog, gone):
    channels = Channels()
    view = channels.open("view")
    heard = listen(view)
    reached, gate = threading.Event(), threading.Event()

    def stuck():
        reached.set()
        assert gate.wait(PATIENCE)
        yield 1

    view.submit(stuck)
    assert reached.wait(PATIENCE)
    assert not channels.close(0.05)
    (lane,) = [thread for thread in threading.enumerate() if thread.name == "lane"]
    if gone:
        shiboken6.delete(channels)
    gate.set()
    lane.join(PATIENCE)
    assert not lane.is_alive()
    QCoreApplication.processEvents()
    assert heard == []
    assert not caplog.records


# At random


@pytest.mark.parametrize("seed", range(2))
def test_no_frame_is_stale_or_out_of_order(channels, qtbot, seed):
    rng = random.Random(seed)
    permits, taken = threading.Semaphore(0), threading.Semaphore(0)
    views = [channels.open(name) for name in "ab"]
    stories = [listen(view) for view in views]
    newest = [0, 0]

    def job(number, count=5):
        for step in range(count):
            assert permits.acquire(timeout=PATIENCE)
            taken.release()
            yield number, step
        return number

    def submit(which, number):
        views[which].submit(lambda: job(number))
        newest[which] = number

    background = channels.queue.submit(lambda: job(0, 100_000))  # someone takes every permit
    for number in range(1, 1001):
        which = rng.randrange(2)
        if rng.random() < 0.05:
            views[which].stop()
            stories[which].append(("stop", newest[which]))
        else:
            submit(which, number)
        for _ in range(rng.randrange(3)):
            permits.release()
            assert taken.acquire(timeout=PATIENCE)
        if rng.random() < 0.5:
            QCoreApplication.processEvents()
    channels.queue.cancel(background)
    submit(0, 2000)
    submit(1, 2001)
    permits.release(100_000)
    for story, number in zip(stories, (2000, 2001), strict=True):
        qtbot.waitUntil(lambda story=story, last=("done", number): last in story, timeout=TIMEOUT)
        each_frame_is_newer(story)


def each_frame_is_newer(story):
    """Frames only go up, a result is not older than a frame, and a stop ends all before it."""
    latest, shown = (0, 0), set()
    for name, *what in story:
        match name:
            case "stop":
                latest = max(latest, (what[0], 9))
            case "stepped":
                assert what[0] > latest
                latest = what[0]
                shown.add(latest[0])
            case "done":
                assert what[0] == latest[0]
                assert latest[1] == 4
    assert len(shown) > 50
