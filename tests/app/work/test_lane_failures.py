"""A job that fails leaves its story as text, and a job that has ended leaves nothing."""

import threading
import weakref

import pytest

from app.work.lane import Lane
from tests.app.work.recording import (
    DONE,
    ENDINGS,
    FAILED,
    PATIENCE,
    STARTED,
    STEP,
    Gated,
    live,
    quick,
)


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


@pytest.mark.parametrize(
    ("job", "loud"), [(fails_later, False), (fails_before_its_first_step, True)]
)
def test_only_what_nobody_expected_prints_a_traceback(lane, rec, caplog, job, loud):
    caplog.set_level("WARNING")  # what reaches stderr where nobody has set up logging
    lane.queue(job)
    rec.until(lane.queue(quick), DONE)
    assert ("Traceback" in caplog.text) is loud
    assert bool(caplog.records) is loud
