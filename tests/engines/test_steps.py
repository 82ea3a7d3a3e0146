"""A run as an iterator: its steps, then its result; closed, it gives back what it holds."""

import pytest

from engines.model import Steps
from engines.steps import Timed, mapped, quietly, showing


@pytest.fixture
def given_back():
    return []


def run(given_back):
    try:
        yield 1
        yield 2
    finally:
        given_back.append(True)
    return "all"


def test_steps_come_in_order_and_then_the_result(given_back):
    steps = Steps(run(given_back))
    assert list(steps) == [1, 2]
    assert list(steps) == []  # asked again after the end
    assert steps.result == "all"


def test_there_is_no_result_before_the_end(given_back):
    steps = Steps(run(given_back))
    assert next(steps) == 1
    with pytest.raises(RuntimeError, match="at its end"):
        _ = steps.result


def test_leaving_the_block_closes_the_run(given_back):
    with Steps(run(given_back)) as steps:
        assert next(steps) == 1
        assert not given_back
    assert given_back
    with pytest.raises(RuntimeError, match="at its end"):
        _ = steps.result


def test_a_run_without_a_step_has_its_result():
    def at_once():
        return 3
        yield

    steps = Steps(at_once())
    assert list(steps) == []
    assert steps.result == 3


def test_a_run_inside_another_shows_what_is_asked_and_returns_its_result(given_back):
    outer = Steps(mapped(run(given_back), lambda step: 10 * step))
    assert list(outer) == [10, 20]
    assert outer.result == "all"
    assert list(showing(run(given_back), "still")) == ["still", "still"]
    quiet = Steps(quietly(run(given_back)))
    assert list(quiet) == [None, None]
    assert quiet.result == "all"


def test_closing_the_outer_run_closes_the_inner_one(given_back):
    outer = quietly(run(given_back))
    next(outer)
    assert not given_back
    outer.close()
    assert given_back


def test_only_the_time_of_the_run_itself_counts(given_back, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr("engines.steps.time.perf_counter", lambda: float(next(clock)))
    steps = Timed(run(given_back))
    for _ in steps:
        for _ in range(7):  # those who watch take their time
            next(clock)
    assert steps.result == "all"
    assert steps.seconds == 3.0  # two steps and the end, one tick each
