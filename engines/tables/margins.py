"""One numeric column as normal scores and back, so that no impossible value comes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engines.kinds import Column, ColumnType
from engines.tables.data import Floats

_BEYOND = 0.1
"""How far outside the observed values an imputed one may lie, by their range."""


def normal_cdf(z: Floats) -> Floats:
    """Φ(z), element by element."""
    found: Floats = torch.special.ndtr(torch.from_numpy(np.ascontiguousarray(z))).numpy()
    return found


def normal_quantile(p: Floats) -> Floats:
    """Φ⁻¹(p), element by element."""
    found: Floats = torch.special.ndtri(torch.from_numpy(np.ascontiguousarray(p))).numpy()
    return found


def _sd(x: Floats) -> float:
    """The standard deviation, also of numbers whose squares are none."""
    scale = float(np.abs(x).max()) or 1.0
    return scale * float(np.std(x / scale)) or 1.0


@dataclass(frozen=True, eq=False)
class Margin:
    """A column's `values` and their `scores`, knots of a monotone map; `low` and `high` are limits.

    Beyond the knots it goes on by `slope`.
    """

    column: Column
    values: Floats
    scores: Floats
    slope: float
    low: float
    high: float

    def score(self, x: Floats) -> Floats:
        """Normal scores of values: that of the middle of equal ones; NaN stays."""
        values, starts = np.unique(self.values, return_index=True)
        ends = np.append(starts[1:], len(self.values)) - 1
        middle = (self.scores[starts] + self.scores[ends]) / 2
        z = np.interp(x, values, middle)
        z = np.where(x < values[0], middle[0] + (x - values[0]) / self.slope, z)
        z = np.where(x > values[-1], middle[-1] + (x - values[-1]) / self.slope, z)
        return np.where(np.isnan(x), np.nan, z)

    def value(self, z: Floats) -> Floats:
        """The inverse: values as the column has them, whole numbers and decimals included."""
        x = np.interp(z, self.scores, self.values)
        x = np.where(z < self.scores[0], self.values[0] + self.slope * (z - self.scores[0]), x)
        x = np.where(z > self.scores[-1], self.values[-1] + self.slope * (z - self.scores[-1]), x)
        return self.rounded(np.clip(x, self.low, self.high))

    def rounded(self, x: Floats) -> Floats:
        """To the decimals that the column has."""
        if self.column.type is not ColumnType.NUMBER:
            return np.round(x) + 0.0
        return x if self.column.digits is None else np.round(x, self.column.digits) + 0.0


def scored(column: Column, x: Floats) -> Margin:
    """The margin of a column by the ranks of its values x, NaN left out.

    The i-th of n has the score Φ⁻¹((i − ½)/n); equal values share the stretch of theirs. A value
    beyond the observed ones goes on with the mean slope for a tenth of their range, and never to
    the other side of 0 where all lie on one.
    """
    seen = np.sort(x[~np.isnan(x)])
    n = len(seen)
    values, starts, counts = np.unique(seen, return_index=True, return_counts=True)
    first = normal_quantile((starts + 0.5) / n)
    last = normal_quantile((starts + counts - 0.5) / n)
    knots = np.stack([first, last], 1).ravel()
    keep = np.ones(len(knots), bool)
    keep[1::2] = counts > 1
    spread = float(np.std(normal_quantile((np.arange(n) + 0.5) / n))) or 1.0
    low, high = float(values[0]), float(values[-1])
    wide = _BEYOND * (high - low)
    least = max(low - wide, low / 2 if low > 0 else 0.0) if low >= 0 else low - wide
    most = min(high + wide, high / 2 if high < 0 else 0.0) if high <= 0 else high + wide
    slope = _sd(seen) / spread
    return Margin(column, np.repeat(values, 2)[keep], knots[keep], slope, least, most)


def normal(column: Column, x: Floats) -> Margin:
    """The margin of a column as a straight line: mean 0 and standard deviation 1, no limits."""
    seen = x[~np.isnan(x)]
    mean, sd = float(seen.mean()), _sd(seen)
    ends = np.array([-1.0, 1.0])
    return Margin(column, mean + sd * ends, ends, sd, -np.inf, np.inf)
