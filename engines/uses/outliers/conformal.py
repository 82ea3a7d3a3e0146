"""Conformal p-values: the rank of a score among those of held-out examples.

Vovk, Gammerman & Shafer 2005, "Algorithmic learning in a random world", chapter 2. If an example
comes from the same source as the held-out ones, its p-value is at most α with probability at most
α, whatever the score. That is the one unit in which scores of all models can be compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
CONFIDENCE = 0.95


def p_values(scores: Floats, held_out: Floats) -> Floats:
    """(1 + #{s_i ≥ s}) / (n + 1) of scores (m,), of which more is stranger, by n held-out ones."""
    if not len(held_out):
        raise ValueError("p-values need held-out scores, got none")
    order = np.sort(held_out)
    at_least = len(order) - np.searchsorted(order, scores, "left")
    found: Floats = (1 + at_least) / (len(order) + 1)
    return found


@dataclass(frozen=True)
class Threshold:
    """From where on a score is flagged: above `score`, which is the same as p ≤ `rate`.

    `low` and `high` bound the false-alarm rate that it has on more data: 95 % of all held-out sets
    of this size give a threshold whose rate lies between.
    """

    rate: float
    score: float
    low: float
    high: float
    held_out: int


def threshold(held_out: Floats, rate: float) -> Threshold:
    """The threshold of a false-alarm rate in (0, 1).

    The true rate of the k-th largest of n is Beta(k, n + 1 − k) distributed (Vovk 2012,
    "Conditional validity of inductive conformal predictors", section 3). Raises ValueError for a
    rate below what so few scores can tell.
    """
    n = len(held_out)
    if not 0 < rate < 1:
        raise ValueError(f"a false-alarm rate lies between 0 and 100 %, got {100 * rate:g} %")
    k = math.floor(rate * (n + 1) + 1e-9)
    if k < 1:
        raise ValueError(
            f"a false-alarm rate of {100 * rate:g} % needs at least {math.ceil(1 / rate) - 1:,} "
            f"held-out examples, and there are {n:,}: ask for {100 / (n + 1):.2g} % or more"
        )
    if k > n:
        return Threshold(rate, -math.inf, rate, 1.0, n)
    score = float(np.sort(held_out)[n - k])
    tail = (1 - CONFIDENCE) / 2
    return Threshold(rate, score, _beta(tail, k, n), _beta(1 - tail, k, n), n)


def share_between(hits: int, of: int) -> tuple[float, float]:
    """The interval of a share by Clopper & Pearson 1934: 95 %, never too short."""
    if not 0 <= hits <= of or not of:
        raise ValueError(f"{hits} hits of {of}")
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if hits == 0 else _beta(tail, hits, of)
    high = 1.0 if hits == of else _beta(1 - tail, hits + 1, of)
    return low, high


@lru_cache(maxsize=4096)  # a table asks for the same few again with each batch
def _beta(probability: float, k: int, n: int) -> float:
    """The quantile of Beta(k, n + 1 − k): its distribution at x is P(Binomial(n, x) ≥ k)."""
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        x = (low + high) / 2
        low, high = (x, high) if _at_least(k, n, x) < probability else (low, x)
    return (low + high) / 2


def _at_least(k: int, n: int, x: float) -> float:
    """P(Binomial(n, x) ≥ k)."""
    if not 0 < x < 1:
        return 1.0 if x == 1 or k == 0 else 0.0
    i = np.arange(k, n + 1)
    log_p = _log_choose(n)[k:] + i * math.log(x) + (n - i) * math.log1p(-x)
    return float(np.exp(log_p).sum())


@lru_cache(maxsize=16)
def _log_choose(n: int) -> Floats:
    """log of n over i, for i = 0 … n; not to be written to."""
    log_factorial = np.concatenate([[0.0], np.log(np.arange(1, n + 1)).cumsum()])
    found: Floats = log_factorial[n] - log_factorial - log_factorial[::-1]
    return found
