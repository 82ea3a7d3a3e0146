"""To leave examples unread: by the doubt between the classes, and by that of being outside all.

Two different doubts. The first is 1 − max p(c | x). The second is how unlikely x is under the
mixture of the classes, against held-out examples: a picture that is no digit may well have a
posterior of 1. numpy alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.uses.classifier.bayes import Classes, Floats


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """For each number of examples that are kept, from the least doubted on: the share of all, and
    how many of them are wrong (El-Yaniv & Wiener 2010). `area` is the mean risk."""

    coverage: Floats
    risk: Floats
    area: float


def between(p: Floats) -> Floats:
    """The doubt between the classes: 1 − max p(c | x), (n,)."""
    return np.asarray(1 - p.max(1))


def outside(log_mixture: Floats, reference: Floats) -> Floats:
    """The doubt of being outside all classes: 1 − p-value of log Σ p(c) p(x | c), (n,).

    The conformal p-value against held-out examples is (1 + #{as unlikely or more}) / (n + 1).
    """
    lower = np.sort(reference)
    as_low = np.searchsorted(lower, log_mixture, side="right")
    return np.asarray(1 - (1 + as_low) / (len(lower) + 1))


def risk_coverage(doubt: Floats, wrong: Floats) -> RiskCoverage:
    """The curve of a doubt (n,); `wrong` is 1 where the classifier errs. Ties share their risk."""
    order = np.argsort(doubt, kind="stable")
    kept = np.arange(1, len(doubt) + 1)
    _, group, sizes = np.unique(doubt[order], return_inverse=True, return_counts=True)
    mean = np.bincount(group, wrong[order]) / sizes  # of equal doubts none comes first
    risk = np.cumsum(mean[group]) / kept
    return RiskCoverage(kept / len(doubt), risk, float(risk.mean()))


def kept(doubt: Floats, most: float) -> Classes:
    """The places of the examples whose doubt is at most `most`."""
    return np.flatnonzero(doubt <= most)


def share_beyond(doubt: Floats, most: float) -> float:
    """The share that is left unread."""
    return float((doubt > most).mean()) if len(doubt) else 0.0
