"""Whether two models agree on which examples are likely: rank correlation of log p.

Ranks need no unit and no constant, so that every density may be compared with every other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
_Z = 1.959964


@dataclass(frozen=True)
class Correlation:
    """Spearman's rank correlation with a 95 % interval."""

    value: float
    low: float
    high: float


def ranks(x: Floats) -> Floats:
    """Ranks 1 … n of (n,) numbers, equal ones at their mean."""
    _, place, count = np.unique(x, return_inverse=True, return_counts=True)
    last = count.cumsum()
    middle = last - (count - 1) / 2
    found: Floats = middle[place]
    return found


def spearman(x: Floats, y: Floats) -> Correlation:
    """The correlation of x (n,) and y (n,); NaN where one of them is constant.

    Its interval is Fisher's, with the variance 1.06 / (n − 3) of Fieller, Hartley & Pearson 1957.
    Raises ValueError for fewer than 4.
    """
    n = len(x)
    if n < 4 or len(y) != n:
        raise ValueError(f"a rank correlation needs at least 4 pairs, got {min(n, len(y))}")
    a, b = ranks(x) - (n + 1) / 2, ranks(y) - (n + 1) / 2
    norm = math.sqrt(float(a @ a) * float(b @ b))
    if not norm:
        return Correlation(math.nan, math.nan, math.nan)
    value = max(-1.0, min(1.0, float(a @ b) / norm))
    if abs(value) > 1 - 1e-12:
        return Correlation(value, value, value)
    half = _Z * math.sqrt(1.06 / (n - 3))
    z = math.atanh(value)
    return Correlation(value, math.tanh(z - half), math.tanh(z + half))
