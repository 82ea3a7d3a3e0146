"""Samples against data: no bias where the law is known, tests that are level and have power."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.linear_model import LogisticRegression

from engines.model import finish
from engines.readers import features
from engines.uses.comparison import samples


def normal(n, seed, shift=0.0, dims=8):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, dims, generator=g, dtype=torch.float64) + shift


def test_an_extrapolated_distance_has_lost_most_of_its_bias():
    truth = 8 * 0.3**2
    found = [samples.extrapolated(normal(200, s, 0.3), normal(200, s + 50)) for s in range(20)]
    at_n = np.mean([one.at_n for one in found]) - truth
    extrapolated = np.mean([one.at_infinity for one in found]) - truth
    assert at_n > 0.15
    assert abs(extrapolated) < at_n / 3


def test_the_tests_are_level_under_one_law():
    found = [
        (samples.mmd_test(a, b, s).p, samples.classifier_test(a, b, s).p)
        for s in range(60)
        for a, b in [(normal(40, s, dims=3), normal(40, 1000 + s, dims=3))]
    ]
    mmd, apart = np.array(found).T
    assert stats.kstest(mmd, "uniform").pvalue > 0.01
    # accuracies are few numbers, so that these are level from one side only
    assert (apart < 0.05).mean() <= 0.08
    assert stats.kstest(apart, "uniform", alternative="greater").pvalue > 0.01


def test_the_tests_find_a_difference():
    a, b = normal(100, 1, 0.8, dims=3), normal(100, 2, dims=3)
    assert samples.mmd_test(a, b).p < 0.01
    found = samples.classifier_test(a, b)
    assert found.statistic > 0.7
    assert found.p < 1e-6


def test_mmd_is_the_sum_over_pairs():
    a, b = normal(12, 3, 0.5, dims=2), normal(9, 4, dims=2)
    both = torch.cat([a, b])
    width = np.median([float((x - y).norm()) for i, x in enumerate(both) for y in both[:i]])

    def k(x, y):
        return np.exp(-float((x - y).square().sum()) / (2 * width**2))

    within = [
        np.mean([k(x, y) for i, x in enumerate(s) for j, y in enumerate(s) if i != j])
        for s in (a, b)
    ]
    across = np.mean([k(x, y) for x in a for y in b])
    found = samples.mmd_test(a, b).statistic
    # torch takes the lower of two middle values
    assert found == pytest.approx(sum(within) - 2 * across, rel=2e-2)


def test_the_classifier_is_a_ridge_logistic_regression():
    x = torch.cat([normal(60, 5, 0.5, dims=4), normal(60, 6, dims=4)])
    y = torch.cat([torch.ones(60), torch.zeros(60)]).double()
    w = samples._logistic(torch.cat([x, torch.ones(120, 1)], 1), y)
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(x.numpy(), y.numpy())
    assert w[:-1].tolist() == pytest.approx(theirs.coef_[0].tolist(), abs=1e-4)
    assert float(w[-1]) == pytest.approx(float(theirs.intercept_[0]), abs=1e-4)


def test_quality_stands_beside_its_floor():
    real, other, fake = normal(200, 7), normal(200, 8), normal(200, 9, 1.0)
    found = finish(samples.quality(fake, real, other))
    assert found.frechet.at_n == pytest.approx(features.frechet(fake, real))
    assert found.frechet.at_infinity > 5 > 1 > found.frechet_floor.at_infinity
    assert found.shares["coverage"] < found.shares_floor["coverage"]
    assert set(found.shares) == {"precision", "recall", "density", "coverage"}
    assert found.mmd.p < 0.01
    assert found.told_apart.p < 0.01
    with pytest.raises(ValueError, match="at least 20"):
        finish(samples.quality(fake[:5], real, other))
