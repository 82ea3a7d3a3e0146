"""A job that does not answer is named in the window, and one press goes on without it."""

import threading

import pytest

from app.work import watch
from app.work.jobs import Order
from app.work.lane import LEFT_BEHIND, Silence
from tests.windows import DIGITS

KDE = "mnist/kde"


class Hangs:
    """A job of a plug-in that yields once and then waits for a test to end it."""

    def __init__(self):
        self.begun, self.gate, self.ended = (threading.Event() for _ in range(3))

    def __call__(self):
        try:
            yield "first"
            self.begun.set()
            assert self.gate.wait(20)
            yield "late"
            return "late"
        finally:
            self.ended.set()


@pytest.fixture
def stage(open_window):
    stage = open_window(DIGITS)
    stage.ready()
    stage.window.watch.stop()  # the tests look when they want to
    return stage


@pytest.fixture
def hangs(stage, monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE", 0.0)
    job = Hangs()
    yield job
    job.gate.set()
    assert job.ended.wait(20)


def submit(stage, job, heard):
    order = Order(
        "KDE: 500 pictures",
        f"{KDE}, seed 7",
        job,
        lambda _: None,
        stepped=heard.append,
        done=heard.append,
        failed=lambda failure: heard.append(failure.sentence),
    )
    ticket = stage.window.jobs.submit(order)
    assert job.begun.wait(20)
    return ticket


def test_a_job_that_hangs_is_named_and_left_behind(stage, hangs):
    heard = []
    submit(stage, hangs, heard)
    stage.window.watch.look()
    assert stage.said() == [f"{KDE} has not answered for 0 s."]
    before = stage.picture(KDE, 0)
    stage.click(stage.button("Go on without it"))
    stage.until(lambda: LEFT_BEHIND in heard)
    assert heard == ["first", LEFT_BEHIND]
    stage.window.seed.set_value(8)
    stage.window.session.set_seed(8)
    stage.until_shows(KDE, seed=8)  # by a new thread, which has opened the model again
    assert (stage.picture(KDE, 0) != before).any()
    hangs.gate.set()
    assert hangs.ended.wait(20)
    stage.window.session.set_seed(9)
    stage.until_shows(KDE, seed=9)
    assert heard == ["first", LEFT_BEHIND]
    (row,) = [row for row in stage.said() if KDE in row or "KDE" in row]
    assert row == f"KDE: 500 pictures failed. {LEFT_BEHIND}"


def test_the_message_goes_when_the_job_answers(stage, hangs):
    heard = []
    submit(stage, hangs, heard)
    stage.window.watch.look()
    assert len(stage.said()) == 1
    hangs.gate.set()
    stage.until(lambda: heard[-1:] == ["late"] and stage.window.channels.silence() is None)
    stage.window.watch.look()
    assert stage.said() == []


def test_a_message_that_was_dismissed_stays_away_while_that_job_is_silent(stage, hangs):
    submit(stage, hangs, [])
    stage.window.watch.look()
    stage.window.messages.rows[0].dismiss.click()
    stage.window.watch.look()
    assert stage.said() == []


def test_nothing_is_said_before_its_time(stage, hangs, monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE", 1e6)
    submit(stage, hangs, [])
    stage.window.watch.look()
    assert stage.said() == []


def test_a_live_job_is_named_by_its_model(stage):
    names = {
        "sampling: mnist/kde": "mnist/kde",
        "density: number of mnist/kde": "mnist/kde",
        "folder of pictures": "Folder of pictures",
        "density: examples": "Density: examples",
    }
    said = {channel: stage.window.watch.name(Silence(channel, 1, 6.0)) for channel in names}
    assert said == names


def test_the_window_looks_by_itself_until_it_closes(stage):
    window = stage.window
    window.begin()
    assert window.watch._timer.isActive()
    stage.ready()
    window.close()
    assert not window.watch._timer.isActive()
