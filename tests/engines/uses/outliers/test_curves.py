"""Figures of detection against brute force, scikit-learn and scipy."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from engines.uses.outliers import curves


def scored(seed, ties):
    random = np.random.default_rng(seed)
    a, b = random.normal(0.8, 1, 60), random.normal(size=150)
    return (a.round(1), b.round(1)) if ties else (a, b)


@pytest.mark.parametrize("ties", [False, True])
def test_the_areas_are_those_of_others(ties):
    a, b = scored(4, ties)
    wins = (a[:, None] > b).mean() + 0.5 * (a[:, None] == b).mean()
    truth, both = np.repeat([1, 0], [len(a), len(b)]), np.concatenate([a, b])
    assert curves.auroc(a, b) == pytest.approx(wins)
    assert curves.auroc(a, b) == pytest.approx(stats.mannwhitneyu(a, b)[0] / (len(a) * len(b)))
    assert curves.aupr(a, b) == pytest.approx(metrics.average_precision_score(truth, both))
    false, true = curves.roc(a, b)
    assert metrics.auc(false, true) == pytest.approx(wins)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    least = min(f for f, t in zip(false, true, strict=True) if t >= 0.95)
    assert curves.fpr95(a, b) == pytest.approx(least)


def test_intervals_hold_the_figure_and_shrink_with_more_pictures():
    a, b = scored(5, ties=False)
    few, more = curves.detection(a, b), curves.detection(np.tile(a, 16), np.tile(b, 16))
    for one in (few, more):
        for figure in (one.auroc, one.aupr, one.fpr95):
            assert 0 <= figure.low <= figure.value <= figure.high <= 1
    ratio = (few.auroc.high - few.auroc.low) / (more.auroc.high - more.auroc.low)
    assert ratio == pytest.approx(4, rel=0.25)
    assert few == curves.detection(a, b), "a bootstrap has a seed"


def test_an_auroc_interval_has_the_width_of_its_standard_error():
    """Bamber 1975 gives the variance of a Mann–Whitney share."""
    a, b = scored(6, ties=False)
    found = curves.detection(a, b).auroc
    wins = (a[:, None] > b).astype(float)
    error = np.sqrt(wins.mean(1).var(ddof=1) / len(a) + wins.mean(0).var(ddof=1) / len(b))
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(error, rel=0.2)


def test_equal_scores_tell_nothing():
    same = np.zeros(9)
    assert curves.auroc(same, same) == 0.5
    assert curves.fpr95(same, same) == 1
    with pytest.raises(ValueError, match="needs scores"):
        curves.detection(np.empty(0), same)


@pytest.mark.parametrize("ties", [False, True])
def test_a_resample_has_the_figures_of_its_scores(ties):
    """The bootstrap counts scores at thresholds; that gives what the plain functions give."""
    a, b = scored(7, ties)
    scores, t = curves._drawn(a, np.random.default_rng(1))
    order, lower = curves._resampled(b.tobytes(), 2)
    found = curves._figures(scores, t, order, lower)
    for i in range(5):
        drawn = np.repeat(scores, t[i]), np.repeat(order, np.diff(lower[i]))
        assert len(drawn[0]) == len(a)
        assert len(drawn[1]) == len(b)
        plain = [of(*drawn) for of in (curves.auroc, curves.aupr, curves.fpr95)]
        assert found[:, i].tolist() == pytest.approx(plain)
