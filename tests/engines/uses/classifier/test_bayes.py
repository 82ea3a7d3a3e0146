"""The classifier against Bayes' rule by hand, and what is read off its probabilities."""

import math

import numpy as np
import pytest

from engines.training import oracles
from engines.uses.classifier import bayes, calibration, rejection
from engines.uses.errors import UseError

CLASSES = 3


@pytest.fixture(scope="module")
def known():
    """Three laws on the 512 pictures of 3 × 3, by hand: log p (512, 3)."""
    base = oracles.Table().log_p.numpy()
    shifted = [base * power for power in (1.0, 0.3, -0.6)]
    return np.stack([law - np.log(np.exp(law).sum()) for law in shifted], 1)


@pytest.mark.parametrize(
    "weights", [(1, 1, 1), (0.7, 0.2, 0.1), (5, 0, 1), (0, 0, 2), (1e-9, 1, 1e9)]
)
def test_it_is_bayes_rule_for_every_prior(known, weights):
    prior = bayes.prior_of(weights, CLASSES)
    found = bayes.posterior(known, prior)
    for x in range(0, 512, 37):
        parts = [weight * math.exp(log_p) for weight, log_p in zip(weights, known[x], strict=True)]
        assert found[x] == pytest.approx([part / sum(parts) for part in parts], abs=1e-12)
    mixture = bayes.log_mixture(known, prior)
    assert np.exp(mixture).sum() == pytest.approx(1.0)
    assert math.isclose(
        mixture[5], math.log(sum(np.array(weights) / sum(weights) * np.exp(known[5])))
    )


def test_a_prior_moves_the_log_odds_by_its_own(known):
    prior = bayes.prior_of((8, 1, 1), CLASSES)
    before, after = (bayes.posterior(known, p) for p in (bayes.uniform(CLASSES), prior))
    moved = np.log(after[:, 0] / after[:, 1]) - np.log(before[:, 0] / before[:, 1])
    said = bayes.log_odds_moved(prior)
    assert np.allclose(moved, said[0] - said[1])
    assert np.allclose(moved, math.log(8))


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ((0, 0, 0), "0 for every class"),
        ((1, 1), "each of 3 classes"),
        ((1, -1, 3), "at least 0"),
        ((1, math.nan, 1), "finite"),
        ((1, math.inf, 1), "finite"),
    ],
)
def test_a_prior_that_cannot_be_is_one_sentence(weights, says):
    with pytest.raises(UseError, match=says):
        bayes.prior_of(weights, CLASSES)


def test_hostile_likelihoods_give_probabilities():
    prior = bayes.prior_of((0.5, 0.5, 0), CLASSES)
    log_p = np.array([[-1e12, -2e12, 0.0], [-np.inf, -5.0, -5.0], [-np.inf, -np.inf, -1.0]])
    p = bayes.posterior(log_p, prior)
    assert np.isfinite(p).all()
    assert p[0].tolist() == [1, 0, 0]
    assert p[1].tolist() == [0, 1, 0]
    assert p[2].tolist() == [0.5, 0.5, 0]  # no class with a prior explains it
    assert np.isneginf(bayes.log_mixture(log_p, prior)[2])


def drawn(log_p, count=6_000, seed=0):
    """Pictures and classes drawn from the joint law with a uniform prior."""
    g = np.random.default_rng(seed)
    labels = g.integers(0, CLASSES, count)
    table = np.exp(log_p).T
    x = np.array([g.choice(512, p=table[label] / table[label].sum()) for label in labels])
    return x, labels


def test_a_temperature_is_found_again(known):
    x, labels = drawn(known)
    for sharper in (1.0, 6.0, 0.4):
        found = bayes.fitted_temperature(known[x] * sharper, labels, bayes.uniform(CLASSES))
        assert found == pytest.approx(sharper, rel=0.12)


def test_few_examples_that_are_all_right_leave_the_temperature_finite():
    log_p = np.array([[0.0, -50.0], [-50.0, 0.0]])
    found = bayes.fitted_temperature(log_p, np.array([0, 1]), bayes.uniform(2))
    assert 10 * bayes.COLDEST < found < bayes.HOTTEST / 10
    with pytest.raises(UseError, match="held-out"):
        bayes.fitted_temperature(log_p[:0], np.zeros(0, np.int64), bayes.uniform(2))


def test_the_true_posterior_is_calibrated_and_a_sharper_one_is_not(known):
    x, labels = drawn(known)
    prior = bayes.uniform(CLASSES)
    right, sharp = (
        calibration.reliability(bayes.posterior(known[x], prior, t), labels) for t in (1.0, 0.1)
    )
    assert right.ece < 0.02
    assert sharp.ece > 0.1
    assert right.interval[0] <= right.ece <= right.interval[1] + 0.01
    assert sharp.interval[0] > right.interval[1]
    assert right.count.sum() == len(x)
    assert right.count.max() - right.count.min() <= 1
    assert len(right.count) == calibration.BINS
    assert (np.diff(right.confidence) >= 0).all()


def test_fewer_examples_than_bins_are_bins_of_one():
    p = np.array([[0.9, 0.1], [0.2, 0.8]])
    found = calibration.reliability(p, np.array([0, 0]))
    assert found.count.tolist() == [1, 1]
    assert found.ece == pytest.approx((0.1 + 0.8) / 2)


def test_accuracy_and_confusion_count_the_same():
    p = np.eye(3)[[0, 1, 2, 1]]
    labels = np.array([0, 1, 2, 0])
    share, error = calibration.accuracy(p, labels)
    counts = calibration.confusion(p, labels)
    assert share == 0.75
    assert 0.1 < error < 0.3
    assert np.trace(counts) == 3
    assert counts[0].tolist() == [1, 1, 0]
    assert calibration.accuracy(np.eye(2), np.array([0, 1]))[1] > 0


# rejection


def test_the_two_doubts_differ():
    log_p = np.array([[-100.0, -100.1], [-900.0, -2000.0]])  # between classes; far outside both
    prior, reference = bayes.uniform(2), -100 + np.random.default_rng(0).normal(size=999)
    between = rejection.between(bayes.posterior(log_p, prior))
    outside = rejection.outside(bayes.log_mixture(log_p, prior), reference)
    assert between[0] > 0.4 > between[1]
    assert outside[1] > 0.99 > outside[0]


def test_p_values_of_held_out_examples_are_uniform():
    g = np.random.default_rng(1)
    doubt = rejection.outside(g.normal(size=2_000), g.normal(size=2_000))
    ranks = np.sort(doubt)
    assert np.abs(ranks - np.linspace(0, 1, len(ranks))).max() < 0.06


def test_a_doubt_that_knows_the_errors_leaves_them_to_the_end():
    wrong = np.array([0, 1, 0, 0, 1, 0], float)
    best, none = (rejection.risk_coverage(doubt, wrong) for doubt in (wrong, np.zeros(6)))
    assert best.risk[3] == 0
    assert best.risk[-1] == none.risk[-1] == pytest.approx(1 / 3)
    assert np.allclose(none.risk, 1 / 3)  # ties: no order among equal doubts
    assert best.area < none.area
    assert best.coverage[-1] == 1
