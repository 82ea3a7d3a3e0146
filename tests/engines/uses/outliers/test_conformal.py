"""p-values are uniform on held-out data, thresholds hold what they promise."""

import numpy as np
import pytest
from scipy import stats

from engines.uses.outliers.conformal import p_values, share_between, threshold

N = 1000


def test_p_values_by_hand():
    held_out = np.array([3.0, 1.0, 2.0])
    assert p_values(np.array([0.0, 1.0, 2.5, 9.0]), held_out).tolist() == [1.0, 1.0, 0.5, 0.25]
    with pytest.raises(ValueError, match="need held-out scores"):
        p_values(held_out, np.empty(0))


def test_p_values_of_held_out_data_are_uniform():
    random = np.random.default_rng(3)
    scores = random.standard_t(3, (2, 4000))
    found = p_values(scores[0], scores[1])
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert stats.kstest(p_values(scores[0] + 0.3, scores[1]), "uniform").pvalue < 1e-6


@pytest.mark.parametrize("rate", [0.001, 0.05, 0.2, 0.5])
def test_a_threshold_flags_what_has_a_small_p_value(rate):
    random = np.random.default_rng(1)
    held_out, scores = random.normal(size=N), random.normal(size=5000)
    found = threshold(held_out, rate)
    assert ((scores > found.score) == (p_values(scores, held_out) <= rate)).all()
    k = np.floor(rate * (N + 1))
    expected = stats.beta(k, N + 1 - k).interval(0.95)
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-6)


def test_the_interval_holds_the_true_rate_as_often_as_it_says():
    random = np.random.default_rng(2)
    held = [threshold(random.uniform(size=200), 0.1) for _ in range(800)]
    inside = np.mean([one.low <= 1 - one.score <= one.high for one in held])
    assert inside == pytest.approx(0.95, abs=0.025)


def test_a_rate_that_so_few_cannot_tell_is_refused():
    with pytest.raises(
        ValueError, match=r"0\.1 % needs at least 999 held-out examples, and there "
    ):
        threshold(np.arange(100.0), 0.001)
    with pytest.raises(ValueError, match="lies between 0 and 100 %"):
        threshold(np.arange(100.0), 0)


@pytest.mark.parametrize(("hits", "of"), [(0, 20), (1, 20), (7, 50), (20, 20)])
def test_the_interval_of_a_share_is_that_of_clopper_and_pearson(hits, of):
    expected = stats.binomtest(hits, of).proportion_ci(0.95, "exact")
    assert share_between(hits, of) == pytest.approx((expected.low, expected.high), abs=1e-9)
