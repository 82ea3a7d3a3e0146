"""Whether chains have mixed: rank-normalised split R-hat (Vehtari et al. 2021, equation 14)."""

from __future__ import annotations

import numpy as np

from engines.tables.data import Floats
from engines.tables.margins import normal_quantile

GOOD, POOR = 1.01, 1.05
"""Below the first chains have mixed; above the second they have not."""
_FEWEST = 8


def rhat(values: Floats) -> float:
    """Of one figure along chains: values (sweeps, chains); NaN where there are too few."""
    half = len(values) // 2
    if half < _FEWEST // 2 or not np.isfinite(values).all():
        return float("nan")
    halves = np.concatenate([values[:half], values[-half:]], 1)
    if np.ptp(halves) == 0:
        return 1.0
    folded = np.abs(halves - np.median(halves))
    return max(_rhat(_ranked(halves)), _rhat(_ranked(folded)))


def _ranked(values: Floats) -> Floats:
    """Normal scores of ranks (Blom 1958), with the mean rank for equal values."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return normal_quantile((ranks[inverse.reshape(values.shape)] - 0.375) / (values.size + 0.25))


def _rhat(z: Floats) -> float:
    n = len(z)
    within = float(z.var(0, ddof=1).mean())
    between = float(n * z.mean(0).var(ddof=1))
    if within == 0:
        return 1.0 if between == 0 else float("inf")
    return float(np.sqrt((n - 1) / n + between / within / n))
