"""Whether pooled intervals hold what they promise: many tables whose truth is known.

x and y are normal with correlation 0.6, z is a category that depends on both; y and z have gaps,
the more the larger x is (at random, given x). The mean of y and its slope on x are known.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from engines.steps import finish
from engines.tables import analyses
from engines.tables.data import DataTable, table_of
from engines.tables.family import Ask
from engines.tables.imputing import impute
from engines.tables.sheet import of_columns

ROWS, RHO, MISSING = 150, 0.6, 0.3


@dataclass(frozen=True)
class Coverage:
    """Of 95 % intervals in so many tables: the share that covers the mean, and the slope."""

    tables: int
    mean: float
    slope: float


def simulated(seed: int, rows: int = ROWS) -> DataTable:
    """One such table: the truth is a mean of y of 0 and a slope of RHO."""
    rng = np.random.default_rng([seed, 30])
    x = rng.standard_normal(rows)
    y = RHO * x + math.sqrt(1 - RHO**2) * rng.standard_normal(rows)
    z = (x + y + rng.logistic(size=rows) > 0).astype(int)
    chance = 2 * MISSING / (1 + np.exp(-1.5 * x))
    gone = rng.random((2, rows)) < chance.clip(0, 0.95)
    level = np.array(["no", "yes"])[z].astype(object)
    level[gone[1]] = None
    y_seen = [None if g else float(v) for g, v in zip(gone[0], y, strict=True)]
    return table_of(of_columns("simulated", {"x": x.tolist(), "y": y_seen, "z": level.tolist()}))


def covered(
    family: str, tables: int, m: int = 20, knobs: dict[str, float] | None = None
) -> Generator[float, None, Coverage]:
    """How often 95 % intervals of a family's pooled results cover the truth. Yields the share."""
    hits = np.zeros((tables, 2))
    for i in range(tables):
        found = finish(impute(simulated(i), family, Ask(m, i, knobs or {})))
        mean = finish(analyses.pooled(found, "mean(y)")).rows[0].pooled.interval()
        slope = finish(analyses.pooled(found, "y ~ x")).rows[1].pooled.interval()
        hits[i] = [mean[0] <= 0 <= mean[1], slope[0] <= RHO <= slope[1]]
        yield (i + 1) / tables
    return Coverage(tables, *hits.mean(0).tolist())
