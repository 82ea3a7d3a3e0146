"""Rows that ask the lane: asked once, asked again after a failure or a stop, deaf to the late."""

import threading

import pytest
from PySide6.QtCore import QObject

from app.tab.answers import BackgroundAnswers, LiveAnswers
from app.work.channels import Channels


@pytest.fixture
def channels(qtbot):
    made = Channels()
    yield made
    assert made.close()


@pytest.fixture(params=["live", "background"])
def rows(request, channels):
    """Rows of either kind, with one way to ask them."""
    parent = QObject(channels)
    if request.param == "live":
        made = LiveAnswers(channels, "rows: ", parent)
        made.put = made.ask
    else:
        made = BackgroundAnswers(channels, "rows", parent)
        made.put = lambda name, question, job: made.ask(name, question, name, job)
    made.heard, made.faults = [], []
    made.stepped.connect(lambda name, step: made.heard.append((name, step)))
    made.failed.connect(lambda name, failure: made.faults.append((name, failure.sentence)))
    return made


def says(*steps):
    def job():
        yield from steps

    return job


def fails():
    yield None
    raise ValueError("no such row")


def test_a_row_is_asked_once_and_hears_its_answer(rows, qtbot):
    assert rows.put("a", 1, says("one"))
    assert not rows.put("a", 1, says("never"))
    assert rows.put("b", 1, says("two"))
    qtbot.waitUntil(lambda: len(rows.heard) == 2)
    assert sorted(rows.heard) == [("a", "one"), ("b", "two")]
    assert rows.put("a", 2, says("three"))
    qtbot.waitUntil(lambda: ("a", "three") in rows.heard)


def test_after_a_failure_it_is_asked_again(rows, qtbot):
    rows.put("a", 1, fails)
    qtbot.waitUntil(lambda: bool(rows.faults))
    assert rows.faults == [("a", "no such row")]
    assert rows.put("a", 1, says("one"))
    qtbot.waitUntil(lambda: rows.heard == [("a", "one")])


def test_a_row_that_goes_hears_nothing_more_and_is_asked_again(rows, qtbot):
    gate, ended = threading.Event(), threading.Event()

    def waits():
        try:
            while not gate.wait(0.001):
                yield None
            yield "late"
        finally:
            ended.set()

    rows.put("a", 1, waits)
    assert rows.keep(("b",)) == ("a",)
    gate.set()
    assert rows.put("b", 1, says("other"))
    qtbot.waitUntil(lambda: bool(rows.heard))
    assert rows.heard == [("b", "other")]
    assert rows.keep(()) == ("b",)


@pytest.fixture
def endless():
    """A job that never ends, and the event that says it has begun."""
    began = threading.Event()

    def goes_on():
        while True:
            began.set()
            yield None

    return goes_on, began


def test_a_row_that_comes_back_at_once_is_not_taken_for_the_one_that_went(rows, endless, qtbot):
    """The end of the job before comes after the question was asked again."""
    goes_on, began = endless
    rows.put("a", 1, goes_on)
    qtbot.waitUntil(began.is_set)
    rows.keep(())
    assert rows.put("a", 1, says("one"))
    qtbot.waitUntil(lambda: rows.heard == [("a", "one")])


def test_what_is_stopped_is_asked_again(rows, endless, qtbot):
    goes_on, began = endless
    rows.put("a", 1, goes_on)
    qtbot.waitUntil(began.is_set)
    rows.stop()
    qtbot.waitUntil(lambda: rows.put("a", 1, says("one")))
    qtbot.waitUntil(lambda: rows.heard == [("a", "one")])
