"""What many draws say together, against arithmetic by hand."""

import numpy as np
import pytest

from app.tasks.summary import against, mean_distances, summarise


def pictures(*levels):
    return np.stack([np.full((2, 3, 3), level, np.uint8) for level in levels])


def test_mean_and_spread_are_those_of_the_textbook():
    found = summarise(pictures(0, 100, 200))
    assert (found.mean == 100).all()
    np.testing.assert_allclose(found.spread, 100 / 255, rtol=1e-6)


def test_colours_share_one_spread():
    draws = pictures(100, 100)
    draws[0, ..., 0], draws[1, ..., 0] = 90, 110  # variance 200 in one channel of three
    np.testing.assert_allclose(summarise(draws).spread, np.sqrt(200 / 3) / 255, rtol=1e-6)


def test_the_typical_draw_is_in_the_middle_and_the_diverse_one_far_out():
    found = summarise(pictures(0, 10, 20, 255))
    assert (found.typical, found.diverse) == (1, 3)


def test_one_draw_has_no_spread():
    found = summarise(pictures(7))
    assert (found.spread == 0).all()
    assert (found.typical, found.diverse) == (0, 0)


def test_distances_do_not_count_a_draw_to_itself():
    x = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]], np.float32)
    np.testing.assert_allclose(mean_distances(x), [2.5, 5.0, 2.5])


def test_the_truth_within_the_draws_is_counted_and_the_expected_share_is_that_of_ranks():
    draws, mask = np.zeros((3, 2, 2, 3), np.uint8), np.array([[True, True], [False, True]])
    draws[:, 0, 0] = np.array([10, 20, 30])[:, None]
    draws[:, 0, 1] = 50
    truth = np.zeros((2, 2, 3), np.uint8)
    truth[0, 0], truth[0, 1], truth[1, 0], truth[1, 1] = 25, 51, 200, 0
    found = against(draws, truth, mask)
    assert found.covered == pytest.approx(2 / 3)
    assert found.error == pytest.approx(np.sqrt((25 + 1) / 3) / 255)
    assert found.expected == 0.5
    assert against(draws, truth, np.zeros((2, 2), bool)) is None


def test_draws_and_truth_of_one_distribution_reach_the_expected_share():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 255, (9, 100, 100, 3), np.uint8)
    found = against(x[1:], x[0], np.ones((100, 100), bool))
    assert found.expected - 0.01 < found.covered < found.expected + 0.03
