"""A run as an iterator: its steps, then its result; closed, it gives back what it holds."""

import pytest

from engines.model import Steps


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
