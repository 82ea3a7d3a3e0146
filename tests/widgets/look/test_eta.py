"""Time left on a clock that the test moves."""

from __future__ import annotations

import pytest

from widgets.look.eta import Eta, spell


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def eta(clock):
    eta = Eta(clock)
    eta.run()
    return eta


def walk(eta, clock, steps, *, seconds, start=0):
    for done in range(start + 1, start + steps + 1):
        clock.now += seconds
        eta.step(done)


def test_nothing_is_said_before_there_is_evidence(eta, clock):
    assert eta.remaining(100) is None
    eta.step(0)
    clock.now += 3
    assert eta.remaining(100) is None, "no step yet"
    eta.step(1)
    assert eta.remaining(100) == 297
    assert eta.remaining(None) is None


def test_a_moment_is_no_evidence(eta, clock):
    walk(eta, clock, 4, seconds=0.1)
    assert eta.remaining(100) is None


def test_time_left_runs_down_between_steps(eta, clock):
    walk(eta, clock, 10, seconds=1)
    assert eta.remaining(20) == pytest.approx(10)
    clock.now += 0.5
    assert eta.remaining(20) == pytest.approx(9.5)
    clock.now += 60
    assert eta.remaining(20) == pytest.approx(9), "one step was slow; the others are to come"


def test_only_the_last_ten_seconds_count(eta, clock):
    walk(eta, clock, 100, seconds=1)
    walk(eta, clock, 200, seconds=0.1, start=100)
    assert eta.remaining(400) == pytest.approx(10, rel=0.05)


def test_steps_longer_than_the_window_still_give_a_rate(eta, clock):
    walk(eta, clock, 3, seconds=40)
    assert eta.remaining(5) == pytest.approx(80)


def test_paused_time_does_not_count(eta, clock):
    walk(eta, clock, 5, seconds=1)
    eta.pause()
    eta.pause()
    clock.now += 1000
    assert eta.remaining(10) == pytest.approx(5)
    eta.run()
    eta.run()
    walk(eta, clock, 1, seconds=1, start=5)
    assert eta.remaining(10) == pytest.approx(4)
    assert eta.elapsed() == pytest.approx(6)


def evenly(i, n):
    return 1.0


def jittery(i, n):
    return (0.5, 1.4, 1.1)[i % 3]


def slower_and_slower(i, n):
    return 1 + i / n


def after_a_slow_start(i, n):
    return 10.0 if i < 3 else 1.0


def in_batches(i, n):
    return 8.0 if i % 8 == 7 else 0.0


@pytest.mark.parametrize(
    "pace", [evenly, jittery, slower_and_slower, after_a_slow_start, in_batches]
)
@pytest.mark.parametrize("seconds", [0.05, 1.0, 20.0])
def test_after_a_third_the_time_left_is_within_a_factor_of_two(clock, eta, pace, seconds):
    steps = [seconds * pace(i, 96) for i in range(96)]
    for done, spent in enumerate(steps, start=1):
        clock.now += spent
        eta.step(done)
        if 32 <= done < 80:  # then one batch may be half of what is left
            truth = sum(steps[done:])
            assert truth / 2 <= eta.remaining(96) <= 2 * truth, f"{done} of 96"


def test_progress_that_goes_back_starts_afresh(eta, clock):
    walk(eta, clock, 50, seconds=0.1)
    walk(eta, clock, 3, seconds=2)
    assert eta.remaining(10) == pytest.approx(14)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "under 1 s"),
        (0.99, "under 1 s"),
        (1.0, "1 s"),
        (12.4, "12 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (200.0, "3 min 20 s"),
        (598.0, "10 min"),
        (1500.0, "25 min"),
        (3569.0, "59 min"),
        (3571.0, "about 1 h"),
        (5400.0, "about 1.5 h"),
        (7100.0, "about 2 h"),
    ],
)
def test_durations_read_as_people_say_them(seconds, text):
    assert spell(seconds) == text
