"""A table with gaps to M completed ones, by any family.

`impute` is a run as every engine's: it yields how far it is and what has been drawn, can be closed
at any yield, and returns the imputations.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.model import Exactness
from engines.naming import listed
from engines.steps import Steps
from engines.tables import chains
from engines.tables.data import DataTable, Floats
from engines.tables.design import Design, design
from engines.tables.families import (
    any_order,
    copula,
    diffusion,
    donors,
    energy,
    flow,
    gan,
    marginal,
    mixture,
    trees,
    vae,
)
from engines.tables.family import Ask, Family, Trace, Weights
from engines.tables.sheet import Event, TableError

FAMILIES: Mapping[str, Family] = {
    each.FAMILY.name: each.FAMILY
    for each in (
        copula,
        mixture,
        vae,
        any_order,
        flow,
        diffusion,
        gan,
        energy,
        donors,
        trees,
        marginal,
    )
}
SMALL = 500
"""Rows below which the copula is the default."""


@dataclass(frozen=True, eq=False)
class Badge:
    """How imputations were made, for the words beside them."""

    exactness: Exactness
    method: str
    source: str
    weights: Weights
    chain: bool

    @property
    def text(self) -> str:
        """Such as "exact · weights: bootstrapped · independent draws: no chain"."""
        drawn = "draws of chains" if self.chain else "independent draws: no chain"
        return f"{self.exactness.value} · weights: {self.weights.value} · {drawn}"


@dataclass(frozen=True, eq=False)
class Imputations:
    """M completed tables. `cells` (G, 2) are the row and column of each gap in the table's x,
    `values` (M, G) what was drawn for it. `rhat` is by the name of a column, for chains.

    Columns that nothing can fill keep NaN.
    """

    table: DataTable
    family: str
    ask: Ask
    badge: Badge
    cells: npt.NDArray[np.int64]
    values: Floats
    events: tuple[Event, ...]
    rhat: Mapping[str, float]
    trace: Trace | None = None
    traced: tuple[str, ...] = ()
    """Names of the features of the trace."""

    @property
    def m(self) -> int:
        return len(self.values)

    def completed(self, i: int) -> Floats:
        """The i-th completed table (n, D), i from 0."""
        x = self.table.x.copy()
        x[self.cells[:, 0], self.cells[:, 1]] = self.values[i]
        return x

    def of_cell(self, row: int, place: int) -> Floats:
        """What was drawn for one gap (M,). Raises KeyError for a cell that is none."""
        found = np.flatnonzero((self.cells[:, 0] == row) & (self.cells[:, 1] == place))
        if not len(found):
            raise KeyError(f"row {row} has no gap in column {place}")
        return self.values[:, found[0]]

    def of_column(self, place: int) -> tuple[npt.NDArray[np.int64], Floats]:
        """The rows with a gap in a column, and what was drawn for them: (g,) and (M, g)."""
        some = self.cells[:, 1] == place
        return self.cells[some, 0], self.values[:, some]


@dataclass(frozen=True, eq=False)
class Progress:
    """How far imputing is. `values` (m so far, G) are what has been drawn, for the same `cells`."""

    share: float
    phase: str
    cells: npt.NDArray[np.int64]
    values: Floats


def default_family(table: DataTable) -> str:
    """The copula for small tables, else the any-order net."""
    return "copula" if table.rows < SMALL else "any-order"


def family_named(name: str) -> Family:
    """A family by its name. Raises TableError where there is none."""
    if name not in FAMILIES:
        raise TableError(f"no family '{name}' imputes tables; there are: {listed(FAMILIES)}")
    return FAMILIES[name]


def badge(family: Family, knobs: Mapping[str, float]) -> Badge:
    """How a family imputes with these knobs."""
    procedure = family.procedure
    weights = family.weights(family.settled(knobs))
    return Badge(procedure.exactness, procedure.method, procedure.source, weights, family.chain)


def estimate(table: DataTable, name: str, ask: Ask) -> float:
    """About how many seconds a family will take. Raises TableError where it cannot take it."""
    found, family = design(table), family_named(name)
    if why := family.refusal(found):
        raise TableError(why)
    return family.seconds(found, ask) if found.features else 0.0


def caution(table: DataTable, name: str) -> str:
    """What to know before a family is started on a table, in a sentence; "" for nothing."""
    rows, columns = table.x.shape
    if name == "copula" and (rows > copula.MOST_ROWS or columns > copula.MOST_COLUMNS):
        return (
            f"the copula is meant for {copula.MOST_ROWS:,} rows of {copula.MOST_COLUMNS} columns, "
            f"and here are {rows:,} of {columns}: it will take long"
        )
    return ""


def impute(table: DataTable, name: str, ask: Ask) -> Generator[Progress, None, Imputations]:
    """Fit a family on a table and draw its gaps M times. Yields Progress, returns Imputations.

    Raises TableError in one sentence where it cannot be done, ValueError for impossible knobs.
    Shuffling rows or columns of the table changes no drawn value.
    """
    family = family_named(name)
    knobs = family.settled(ask.knobs)
    found = design(table)
    if why := family.refusal(found):
        raise TableError(why)
    cells = _cells(found)
    values = np.full((ask.m, len(cells)), np.nan)
    _fill_ruled(found, cells, values)
    trace: Trace | None = None
    notes: tuple[str, ...] = ()
    drawn = 0
    if found.features and found.gaps.any():
        with Steps(family.run(found, ask)) as steps:
            for step in steps:
                if step.drawn is not None:
                    _fill(found, cells, values[drawn], step.drawn.z, ask.rng(9, drawn))
                    drawn += 1
                yield Progress(step.share, step.phase, cells, values[:drawn])
            trace, notes = steps.result.trace, steps.result.notes
    said = tuple(Event(note) for note in notes)
    features = tuple(feature.name for feature in found.features)
    return Imputations(
        table,
        name,
        ask,
        badge(family, knobs),
        cells,
        values,
        (*table.events, *found.events, *said, *_left(found), *_fixed(family, knobs)),
        _rhat(trace, features),
        trace,
        features,
    )


def _cells(found: Design) -> npt.NDArray[np.int64]:
    """Row and column of every gap of the table, columns by name and rows by key."""
    gaps = found.table.gaps[found.rows]
    names = [column.name for column in found.table.columns]
    order = sorted(range(len(names)), key=names.__getitem__)
    parts = [np.flatnonzero(gaps[:, place]) for place in order]
    rows = found.rows[np.concatenate(parts)] if parts else found.rows[:0]
    columns = np.repeat(order, [len(part) for part in parts])
    return np.stack([rows, columns], 1).astype(np.int64)


def _fill_ruled(found: Design, cells: npt.NDArray[np.int64], values: Floats) -> None:
    for place, value in found.ruled:
        values[:, cells[:, 1] == place] = value


def _fill(
    found: Design,
    cells: npt.NDArray[np.int64],
    values: Floats,
    z: Floats,
    rng: np.random.Generator,
) -> None:
    """One draw of a family as values of the table."""
    for f, feature in enumerate(found.features):
        gap = found.gaps[:, f]
        if gap.any():
            values[cells[:, 1] == feature.column] = feature.decoded(z[gap, f], rng)


def _rhat(trace: Trace | None, names: tuple[str, ...]) -> dict[str, float]:
    if trace is None or trace.values.shape[1] < 2:
        return {}
    kept = trace.values[trace.burn :]
    found = {name: chains.rhat(kept[:, :, f]) for f, name in enumerate(names)}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _left(found: Design) -> tuple[Event, ...]:
    left = sum(int(found.table.gaps[:, place].sum()) for place in found.empty)
    return (Event(f"{left:,} gaps are in columns without a value and stay"),) if left else ()


def _fixed(family: Family, knobs: Mapping[str, float]) -> tuple[Event, ...]:
    if family.weights(knobs) is not Weights.FIXED:
        return ()
    said = "its weights are fixed, so that intervals of pooled results are too narrow"
    return (Event(f"{family.title}: {said}"),)
