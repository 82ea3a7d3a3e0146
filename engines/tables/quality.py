"""How well hidden cells were imputed: by proper scores and by coverage, never by closeness alone.

Numbers are in standard deviations of their column. Whoever draws always the mean has the least
RMSE, and the worst intervals: it is given with that warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engines.tables.data import Bools, DataTable, Floats
from engines.tables.imputing import Imputations
from engines.tables.keys import Places

LEVELS: Mapping[int, int] = {50: 3, 90: 19, 95: 39}
"""Intervals in percent, and how many draws each needs."""
RMSE_WARNING = (
    "RMSE rewards whoever always draws the mean, which makes every interval and every pooled "
    "error too small: judge by CRPS and coverage (Näf et al. 2021)"
)


@dataclass(frozen=True)
class ColumnQuality:
    """Of the hidden cells of one column; None for what its type, or too few draws, do not allow.

    `crps` and `rmse` are in standard deviations, `log_loss` in nats.
    """

    name: str
    cells: int
    crps: float | None = None
    rmse: float | None = None
    coverage: Mapping[int, float] | None = None
    log_loss: float | None = None
    accuracy: float | None = None


@dataclass(frozen=True)
class Quality:
    """Means over all hidden cells, and by column. `energy` is the energy score of whole rows."""

    columns: tuple[ColumnQuality, ...]
    crps: float | None
    energy: float | None
    rmse: float | None
    coverage: Mapping[int, float]
    log_loss: float | None
    accuracy: float | None


def judge(truth: DataTable, hidden: Bools, imputations: Imputations) -> Quality:
    """Of imputations of `truth.hidden(hidden)`. Raises ValueError where nothing is hidden."""
    if not hidden.any():
        raise ValueError("no known cell is hidden")
    columns, energy = [], _Energy(truth.rows)
    for place, column in enumerate(truth.columns):
        rows, drawn = imputations.of_column(place)
        keep = hidden[rows, place] & np.isfinite(drawn).all(0)
        rows, drawn = rows[keep], drawn[:, keep]
        if not len(rows):
            continue
        x = truth.x[rows, place]
        if column.levels:
            columns.append(_levels(column.name, x, drawn, len(column.levels)))
            continue
        sd = float(np.nanstd(truth.x[:, place])) or 1.0
        columns.append(_numbers(column.name, x / sd, drawn / sd))
        energy.add(rows, x / sd, drawn / sd)
    return Quality(
        tuple(columns),
        _mean(columns, "crps"),
        energy.score(),
        _root_mean_square(columns),
        {level: value for level in LEVELS if (value := _covered(columns, level)) is not None},
        _mean(columns, "log_loss"),
        _mean(columns, "accuracy"),
    )


def fair_crps(x: Floats, drawn: Floats) -> Floats:
    """Of each cell (g,) by draws (M, g): E|X − x| − ½ E|X − X'| over pairs of different draws.

    Fair: its mean does not depend on M (Ferro 2014).
    """
    m = len(drawn)
    ordered = np.sort(drawn, 0)
    weight = 2 * np.arange(1, m + 1) - m - 1
    apart = (weight[:, None] * ordered).sum(0) / (m * (m - 1))
    found: Floats = np.abs(drawn - x).mean(0) - apart
    return found


def covers(x: Floats, drawn: Floats, level: int) -> Bools | None:
    """Whether the central interval of so many percent holds each value; None with too few draws.

    Ends by plotting positions, i / (M + 1): with numpy's usual quantiles, 40 perfect draws would
    cover 86 % instead of 90 %.
    """
    if len(drawn) < LEVELS[level]:
        return None
    tail = (1 - level / 100) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0, method="weibull")
    found: Bools = (low <= x) & (x <= high)
    return found


def _numbers(name: str, x: Floats, drawn: Floats) -> ColumnQuality:
    found = {level: covers(x, drawn, level) for level in LEVELS}
    return ColumnQuality(
        name,
        len(x),
        crps=float(fair_crps(x, drawn).mean()),
        rmse=float(np.sqrt(np.square(drawn.mean(0) - x).mean())),
        coverage={level: float(each.mean()) for level, each in found.items() if each is not None},
    )


def _levels(name: str, x: Floats, drawn: Floats, levels: int) -> ColumnQuality:
    """Log loss of shares with half a draw added to each level (Krichevsky & Trofimov 1981)."""
    counts = (drawn[:, :, None] == np.arange(levels)).sum(0)
    shares = (counts + 0.5) / (len(drawn) + 0.5 * levels)
    mine = shares[np.arange(len(x)), x.astype(int)]
    right = counts.argmax(1) == x
    return ColumnQuality(
        name, len(x), log_loss=float(-np.log(mine).mean()), accuracy=float(right.mean())
    )


class _Energy:
    """The energy score of each row's hidden numbers together (Gneiting & Raftery 2007, eq. 22)."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._found: list[tuple[Places, Floats, Floats]] = []

    def add(self, rows: Places, x: Floats, drawn: Floats) -> None:
        self._found.append((rows, x, drawn))

    def score(self) -> float | None:
        if not self._found:
            return None
        m = len(self._found[0][2])
        to_truth, apart = np.zeros((m, self._rows)), np.zeros((m, m, self._rows))
        any_hidden = np.zeros(self._rows, bool)
        for rows, x, drawn in self._found:
            to_truth[:, rows] += np.square(drawn - x)
            apart[:, :, rows] += np.square(drawn[:, None] - drawn[None])
            any_hidden[rows] = True
        within = np.sqrt(apart).sum((0, 1)) / (2 * m * (m - 1))
        return float((np.sqrt(to_truth).mean(0) - within)[any_hidden].mean())


def _mean(columns: list[ColumnQuality], figure: str) -> float | None:
    found = [(getattr(c, figure), c.cells) for c in columns if getattr(c, figure) is not None]
    total = sum(cells for _, cells in found)
    return sum(value * cells for value, cells in found) / total if found else None


def _root_mean_square(columns: list[ColumnQuality]) -> float | None:
    found = [(c.rmse, c.cells) for c in columns if c.rmse is not None]
    total = sum(cells for _, cells in found)
    return float(np.sqrt(sum(v * v * cells for v, cells in found) / total)) if found else None


def _covered(columns: list[ColumnQuality], level: int) -> float | None:
    found = [(c.coverage[level], c.cells) for c in columns if c.coverage and level in c.coverage]
    total = sum(cells for _, cells in found)
    return sum(value * cells for value, cells in found) / total if found else None
