"""How well a score tells outliers from held-out examples: ROC, AUROC, AUPR, FPR95.

More of a score is stranger; equal scores count half. Intervals are percentiles of a bootstrap that
draws outliers and held-out examples anew, each among themselves (Efron & Tibshirani 1993).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
RESAMPLES = 200
_TAIL = 2.5
_FOUND = 0.95


@dataclass(frozen=True)
class Figure:
    """A figure with the ends of its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Detection:
    """How well a score finds `outliers` many among `held_out`."""

    auroc: Figure
    aupr: Figure
    fpr95: Figure
    outliers: int
    held_out: int


def roc(outliers: Floats, held_out: Floats) -> tuple[Floats, Floats]:
    """False and true alarm rates (k,) each, at every threshold from the highest on, 0 to 1."""
    thresholds = np.unique(np.concatenate([outliers, held_out]))[::-1]
    return _rates(held_out, thresholds), _rates(outliers, thresholds)


def auroc(outliers: Floats, held_out: Floats) -> float:
    """P(an outlier scores higher than a held-out example), ties a half: Mann & Whitney 1947."""
    order = np.sort(held_out)
    below = np.searchsorted(order, outliers, "left")
    upto = np.searchsorted(order, outliers, "right")
    return float((below + upto).mean() / (2 * len(order)))


def aupr(outliers: Floats, held_out: Floats) -> float:
    """Average precision Σ (R_k − R_{k−1}) P_k with the outliers as what is looked for."""
    thresholds = np.unique(outliers)[::-1]
    found = _rates(outliers, thresholds)[1:] * len(outliers)
    false = _rates(held_out, thresholds)[1:] * len(held_out)
    gained = np.diff(found, prepend=0.0) / len(outliers)
    return float((gained * found / (found + false)).sum())


def fpr95(outliers: Floats, held_out: Floats) -> float:
    """The share of held-out examples flagged where at least 95 % of the outliers are."""
    must = int(np.ceil(_FOUND * len(outliers) - 1e-9))
    threshold = np.sort(outliers)[len(outliers) - must]
    return float((held_out >= threshold).mean())


def detection(outliers: Floats, held_out: Floats, seed: int = 0) -> Detection:
    """All three with their intervals. Raises ValueError where either has no scores."""
    m, n = len(outliers), len(held_out)
    if not m or not n:
        raise ValueError("a detection needs scores of outliers and of held-out examples")
    drawn = _drawn(outliers, np.random.default_rng(seed))
    found = _figures(*drawn, *_resampled(held_out.astype(np.float64).tobytes(), seed + 1))
    low, high = np.percentile(found, (_TAIL, 100 - _TAIL), axis=1)
    values = auroc(outliers, held_out), aupr(outliers, held_out), fpr95(outliers, held_out)
    first, second, third = (
        Figure(value, min(value, a), max(value, b))
        for value, a, b in zip(values, low.tolist(), high.tolist(), strict=True)
    )
    return Detection(first, second, third, m, n)


def _drawn(outliers: Floats, random: np.random.Generator) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Their distinct scores (K,), the highest first, and how many of each resample has (B, K)."""
    distinct, place = np.unique(-outliers, return_inverse=True)
    drawn = place[random.integers(0, len(place), (RESAMPLES, len(place)))]
    drawn += len(distinct) * np.arange(RESAMPLES)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=RESAMPLES * len(distinct))
    return -distinct, counts.reshape(RESAMPLES, len(distinct))


@lru_cache(maxsize=32)
def _resampled(held_out: bytes, seed: int) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Held-out scores in their order (n,), and of how many among the k lowest each resample has
    (B, n + 1). Every kind of outlier is held against the same.
    """
    order = np.sort(np.frombuffer(held_out))
    n = len(order)
    drawn = np.random.default_rng(seed).integers(0, n, (RESAMPLES, n))
    drawn += n * np.arange(RESAMPLES)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=RESAMPLES * n).reshape(RESAMPLES, n)
    return order, np.pad(counts.cumsum(1, dtype=np.int32), ((0, 0), (1, 0)))


def _figures(
    scores: Floats, t: npt.NDArray[np.int64], order: Floats, lower: npt.NDArray[np.int32]
) -> Floats:
    """AUROC, AUPR and FPR95 of resamples (3, B); see `_drawn` and `_resampled`."""
    below = lower[:, np.searchsorted(order, scores, "left")]
    upto = lower[:, np.searchsorted(order, scores, "right")]
    above, n = t.cumsum(1), int(lower[0, -1])
    m, false = int(above[0, -1]), n - below
    area = (t * (below + upto)).sum(1) / (2 * m * n)
    precision = above / np.maximum(above + false, 1)
    must = int(np.ceil(_FOUND * m - 1e-9))
    first = (above >= must).argmax(1)
    return np.stack([area, (t * precision).sum(1) / m, false[np.arange(len(t)), first] / n])


def _rates(scores: Floats, thresholds: Floats) -> Floats:
    """The share of scores at or above each threshold, after a 0."""
    order = np.sort(scores)
    above = len(order) - np.searchsorted(order, thresholds, "left")
    return np.concatenate([[0.0], above / len(order)])
