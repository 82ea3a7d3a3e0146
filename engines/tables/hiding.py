"""Hide some cells of a table that are known, to see how well they are imputed."""

from __future__ import annotations

from enum import Enum

import numpy as np

from engines.tables.data import Bools, DataTable, Floats
from engines.tables.keys import sorting


class Hiding(Enum):
    """Which cells are hidden (Rubin 1976)."""

    MCAR = "at random"
    """Every known cell alike."""
    MAR = "by other columns"
    """The more, the larger another column is, which itself stays known in that row."""
    MNAR = "by their own value"
    """The more, the larger the hidden value is: no family can know that from the data."""


def hide(
    table: DataTable,
    how: Hiding,
    share: float,
    *,
    seed: int,
    columns: tuple[str, ...] = (),
) -> Bools:
    """Cells to hide (n, D): on average this share of the known cells of the columns (of all).

    A row keeps one known cell at least. Shuffling the table hides the same cells. Raises
    ValueError for a share outside 0 … 0.9.
    """
    if not 0 < share <= 0.9:
        raise ValueError(f"the share of hidden cells lies in 0 … 0.9, got {share:g}")
    order = sorting(table)
    x = table.x[order.rows][:, order.columns]
    names = [table.columns[place].name for place in order.columns]
    chosen = [i for i, name in enumerate(names) if not columns or name in columns]
    rng = np.random.default_rng([seed, 20])
    mask = np.zeros(x.shape, bool)
    for i in chosen:
        known = ~np.isnan(x[:, i])
        weight = _weight(x, i, how, mask)
        chance = _scaled(weight, known, share)
        mask[:, i] = known & (rng.random(len(x)) < chance)
    _keep_one(x, mask, rng)
    found = np.zeros_like(mask)
    found[np.ix_(order.rows, order.columns)] = mask
    return found


def _weight(x: Floats, i: int, how: Hiding, mask: Bools) -> Floats:
    """How likely a cell is to be hidden, up to a factor."""
    if how is Hiding.MCAR or (how is Hiding.MAR and x.shape[1] == 1):
        return np.ones(len(x))
    driver = i if how is Hiding.MNAR else (i + 1) % x.shape[1]
    ranks = _ranks(x[:, driver])
    weight = 1 / (1 + np.exp(-6 * (ranks - 0.5)))
    return np.where(mask[:, driver], 0.0, weight) if how is Hiding.MAR else weight


def _ranks(values: Floats) -> Floats:
    """Mean ranks in (0, 1); a gap has the middle one."""
    seen = np.sort(values[~np.isnan(values)])
    low, high = np.searchsorted(seen, values), np.searchsorted(seen, values, side="right")
    ranks: Floats = (low + high) / 2 / max(1, len(seen))
    return np.where(np.isnan(values), 0.5, ranks)


def _scaled(weight: Floats, known: Bools, share: float) -> Floats:
    """Weights as probabilities of the wanted mean over the known cells."""
    if not known.any() or not weight[known].any():
        return np.zeros_like(weight)
    chance = weight * share / weight[known].mean()
    for _ in range(20):  # what is cut at 1 is given to the others
        chance = chance.clip(0, 1)
        lacking = share / max(chance[known].mean(), 1e-12)
        if abs(lacking - 1) < 1e-3:
            break
        chance = chance * lacking
    found: Floats = chance.clip(0, 1)
    return found


def _keep_one(x: Floats, mask: Bools, rng: np.random.Generator) -> None:
    known = ~np.isnan(x)
    for row in np.flatnonzero(mask.any(1) & ~(known & ~mask).any(1)):
        mask[row, rng.choice(np.flatnonzero(mask[row]))] = False
