"""Where a table has gaps: by column, by pattern, together, and against other columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.tables.data import Bools, DataTable, Floats


@dataclass(frozen=True, eq=False)
class Pattern:
    """Rows that lack the same columns: `missing` (D,), and the places of the rows."""

    missing: Bools
    rows: npt.NDArray[np.int64]

    @property
    def count(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Shadow:
    """A column's observed values in rows where another is known, and where it is missing.

    `difference` is that of the means in standard deviations (of shares, for levels: the largest
    one); far from 0 says that the gaps are not completely at random.
    """

    known: Floats
    missing: Floats
    difference: float


def patterns(table: DataTable) -> tuple[Pattern, ...]:
    """All patterns of gaps, the most frequent first; equal ones by the columns that are missing."""
    found, of = np.unique(table.gaps, axis=0, return_inverse=True)
    of = of.reshape(-1)
    order = np.argsort(of, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(of))[:-1])
    every = [Pattern(found[i], rows) for i, rows in enumerate(parts)]
    return tuple(sorted(every, key=lambda one: (-one.count, one.missing.sum(), tuple(one.missing))))


def shares(table: DataTable) -> Floats:
    """The share of gaps of each column (D,)."""
    found: Floats = table.gaps.mean(0)
    return found


def together(table: DataTable) -> Floats:
    """(D, D): among rows where the first column is missing, the share that lack the second too.

    NaN in the row of a column without gaps.
    """
    gaps = table.gaps.astype(np.float64)
    both, alone = gaps.T @ gaps, gaps.sum(0)[:, None]
    found = np.full(both.shape, np.nan)
    np.divide(both, alone, out=found, where=alone > 0)
    return found


def shadow(table: DataTable, column: str, of: str) -> Shadow:
    """Values of `column` by whether `of` is missing. Raises TableError for unknown columns."""
    place, other = table.place(column), table.gaps[:, table.place(of)]
    x = table.x[:, place]
    known, missing = x[~other & ~np.isnan(x)], x[other & ~np.isnan(x)]
    if not len(known) or not len(missing):
        return Shadow(known, missing, float("nan"))
    if levels := len(table.columns[place].levels):
        apart = _level_shares(missing, levels) - _level_shares(known, levels)
        return Shadow(known, missing, float(apart[np.abs(apart).argmax()]))
    sd = float(np.nanstd(x)) or 1.0
    return Shadow(known, missing, float(missing.mean() - known.mean()) / sd)


def _level_shares(codes: Floats, levels: int) -> Floats:
    found: Floats = np.bincount(codes.astype(int), minlength=levels) / len(codes)
    return found
