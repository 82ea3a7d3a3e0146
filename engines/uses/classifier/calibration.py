"""How far a classifier's probabilities are those of being right. numpy alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.uses.classifier.bayes import Classes, Floats

BINS = 15
_DRAWS = 1_000
_CELLS = 1_000_000
_LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Reliability:
    """Bins of as many examples each, by max p(c | x): its mean, and the share right.

    `ece` is the mean distance of the two (Naeini et al. 2015), `interval` a 95 % bootstrap.
    """

    confidence: Floats
    accuracy: Floats
    count: npt.NDArray[np.int64]
    ece: float
    interval: tuple[float, float]


def reliability(p: Floats, labels: Classes, *, bins: int = BINS, seed: int = 0) -> Reliability:
    """The reliability of p (n, classes) with equal-mass bins, at most one for each example."""
    sure, right = p.max(1), (p.argmax(1) == labels).astype(np.float64)
    parts = np.array_split(np.argsort(sure, kind="stable"), min(bins, len(sure)))
    return Reliability(
        np.array([sure[part].mean() for part in parts]),
        np.array([right[part].mean() for part in parts]),
        np.array([len(part) for part in parts]),
        _ece(sure, right, bins),
        _interval(sure, right, bins, seed),
    )


def _ece(sure: Floats, right: Floats, bins: int) -> float:
    """Expected calibration error: the mean of |accuracy − confidence| over equal-mass bins."""
    return float(_eces(sure[None], right[None], bins)[0])


def _eces(sure: Floats, right: Floats, bins: int) -> Floats:
    """The same of many sets (k, n)."""
    n = sure.shape[1]
    order = np.argsort(sure, 1, kind="stable")
    gaps = np.take_along_axis(right - sure, order, 1)
    count = min(bins, n)
    # as numpy.array_split cuts: the first ones hold one more
    ends = np.cumsum([n // count + (place < n % count) for place in range(count)])
    sums = np.add.reduceat(gaps, np.concatenate([[0], ends[:-1]]), 1)
    return np.asarray(np.abs(sums).sum(1) / n)


def _interval(sure: Floats, right: Floats, bins: int, seed: int) -> tuple[float, float]:
    """The percentile bootstrap over examples (Efron & Tibshirani 1993)."""
    g, n = np.random.default_rng(seed), len(sure)
    rows = max(1, min(_DRAWS, _CELLS // n))
    found: list[float] = []
    while len(found) < _DRAWS:
        pick = g.integers(0, n, (rows, n))
        found += _eces(sure[pick], right[pick], bins).tolist()
    low, high = np.quantile(found[:_DRAWS], [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(low), float(high)


def accuracy(p: Floats, labels: Classes) -> tuple[float, float]:
    """The share that is right and its standard error, (Agresti & Coull 1998) where all are."""
    n, right = len(labels), int((p.argmax(1) == labels).sum())
    share = (right + 2) / (n + 4)
    return right / n, math.sqrt(share * (1 - share) / (n + 4))


def confusion(p: Floats, labels: Classes) -> npt.NDArray[np.int64]:
    """Counts (classes, classes): rows are the true class, columns what was read."""
    classes = p.shape[1]
    found = np.zeros((classes, classes), np.int64)
    np.add.at(found, (labels, p.argmax(1)), 1)
    return found
