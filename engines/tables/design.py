"""A table as the families see it: rows by key, columns by name, scores and levels without rarities.

What cannot be learned from is settled here by rule and said in words: constants, columns without
a value, rare levels, columns that repeat another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engines.kinds import Column, ColumnType
from engines.naming import listed
from engines.tables import margins
from engines.tables.data import Bools, DataTable, Floats
from engines.tables.keys import sorting
from engines.tables.margins import Margin
from engines.tables.sheet import Event, TableError

Codes = npt.NDArray[np.int64]
Rng = np.random.Generator

FEWEST_ROWS = 5
MOST_LEVELS, RARE, FEW_NUMBERS = 20, 5, 20
"""Levels that are learned; counts below which levels are merged; whole numbers taken as levels."""
_COMPARED, _COMPARED_ROWS = 60, 2000
"""Columns and rows that are looked at for copies."""


@dataclass(frozen=True, eq=False)
class Feature:
    """A column as it is learned: normal scores by `margin`, or `levels` model levels.

    `values` (levels,) is what a model level stands for in the table. Those merged into the last
    one are `rare`, with their `shares`.
    """

    column: int
    name: str
    margin: Margin | None = None
    values: Floats | None = None
    ordered: bool = False
    rare: Floats | None = None
    shares: Floats | None = None

    @property
    def levels(self) -> int:
        """How many model levels; 0 for a score."""
        return 0 if self.values is None else len(self.values)

    def encoded(self, x: Floats) -> Floats:
        """Scores, or model levels, of a column's values; NaN for a gap."""
        if self.margin is not None:
            return self.margin.score(x)
        assert self.values is not None
        place = np.searchsorted(self._sorted, x).clip(0, len(self._sorted) - 1)
        codes = self._order[place].astype(np.float64)
        if self.rare is not None:
            codes = np.where(np.isin(x, self.rare), float(self.levels - 1), codes)
        return np.where(np.isnan(x), np.nan, codes)

    def decoded(self, z: Floats, rng: Rng) -> Floats:
        """Values of the table for scores or model levels; of merged ones a rare one is drawn."""
        if self.margin is not None:
            return self.margin.value(z)
        assert self.values is not None
        codes = z.astype(np.int64)
        x = self.values[codes]
        if self.rare is not None and self.shares is not None:
            drawn = rng.choice(self.rare, size=x.shape, p=self.shares)
            x = np.where(codes == self.levels - 1, drawn, x)
        return x

    @property
    def _order(self) -> Codes:
        assert self.values is not None
        return np.argsort(self.values)

    @property
    def _sorted(self) -> Floats:
        assert self.values is not None
        return np.sort(self.values)


@dataclass(frozen=True, eq=False)
class Design:
    """What a family learns: z (n, F) scores and model levels as numbers, NaN for a gap.

    `rows` (n,) are the places of these rows in the table. `ruled` are the columns that a rule
    fills, with the value. `empty` are columns that nothing can fill.
    """

    table: DataTable
    features: tuple[Feature, ...]
    z: Floats
    rows: npt.NDArray[np.int64]
    ruled: tuple[tuple[int, float], ...]
    empty: tuple[int, ...]
    events: tuple[Event, ...]

    @property
    def n(self) -> int:
        return len(self.z)

    @property
    def gaps(self) -> Bools:
        return np.isnan(self.z)

    @property
    def scores(self) -> list[int]:
        """Which features are scores."""
        return [f for f, feature in enumerate(self.features) if not feature.levels]

    @property
    def categories(self) -> list[int]:
        """Which features have levels."""
        return [f for f, feature in enumerate(self.features) if feature.levels]

    @property
    def width(self) -> int:
        """Numbers of a row with each level as one of its own."""
        return sum(feature.levels or 1 for feature in self.features)

    def straight(self) -> Design:
        """The same with scores that are the numbers themselves, shifted and scaled."""
        features, z = list(self.features), self.z.copy()
        for f in self.scores:
            feature = features[f]
            assert feature.margin is not None
            x = self.table.x[self.rows, feature.column]
            features[f] = replace(feature, margin=margins.normal(feature.margin.column, x))
            z[:, f] = features[f].encoded(x)
        return replace(self, features=tuple(features), z=z)


def design(table: DataTable) -> Design:
    """What can be learned of a table. Raises TableError where nothing can.

    The same whatever the order of rows and columns.
    """
    if table.rows < FEWEST_ROWS:
        raise TableError(
            f"{table.name} has {table.rows} row{'s' * (table.rows != 1)}; at least "
            f"{FEWEST_ROWS} are needed to learn anything"
        )
    order = sorting(table)
    x = table.x[order.rows]
    features, ruled, empty, events = [], [], [], []
    for place in order.columns.tolist():
        column, seen = table.columns[place], x[~np.isnan(x[:, place]), place]
        if not len(seen):
            empty.append(place)
            said = f"'{column.name}' has no value left: it stays empty"
            events.append(Event(said, column.name, True))
        elif (seen == seen[0]).all():
            ruled.append((place, float(seen[0])))
            value = table.text(place, seen[0])
            said = f"'{column.name}' is constant: its gaps are filled with {value}"
            events.append(Event(said, column.name))
        else:
            feature, said_of = _feature(place, column, x[:, place])
            features.append(feature)
            events += said_of
    z = np.stack([f.encoded(x[:, f.column]) for f in features], 1) if features else x[:, :0]
    events += _copies(features, z)
    if not features and not ruled:
        raise TableError(f"{table.name} has no column with a value")
    return Design(table, tuple(features), z, order.rows, tuple(ruled), tuple(empty), tuple(events))


def _feature(place: int, column: Column, x: Floats) -> tuple[Feature, list[Event]]:
    values, counts = np.unique(x[~np.isnan(x)], return_counts=True)
    few = column.type is ColumnType.INTEGER and len(values) <= FEW_NUMBERS
    if not (column.type.has_levels or few):
        return Feature(place, column.name, margins.scored(column, x)), []
    ordered = column.type is not ColumnType.CATEGORY
    if ordered and len(values) > FEW_NUMBERS:
        return Feature(place, column.name, margins.scored(column, x)), []
    if ordered:
        return Feature(place, column.name, values=values, ordered=True), []
    return _category(place, column, values, counts)


def _category(
    place: int, column: Column, values: Floats, counts: Codes
) -> tuple[Feature, list[Event]]:
    """The most frequent level first; the rare ones merged into the last."""
    by_count = np.lexsort((values, -counts))
    kept = [i for rank, i in enumerate(by_count) if rank < MOST_LEVELS and counts[i] >= RARE]
    left = [i for i in by_count if i not in set(kept)]
    if len(left) < 2 and len(values) <= MOST_LEVELS:
        return Feature(place, column.name, values=values[by_count]), []
    while len(kept) < 1:  # all are rare: the first stays
        kept.append(left.pop(0))
    rare, total = values[left], counts[left].sum()
    if not left:
        return Feature(place, column.name, values=values[kept]), []
    names = listed((column.levels[int(value)] for value in rare), 5)
    said = (
        f"'{column.name}': {len(left)} rare levels ({names}) are learned as one, and imputed by "
        "their shares"
    )
    model = np.append(values[kept], rare[0])
    feature = Feature(place, column.name, values=model, rare=rare, shares=counts[left] / total)
    return feature, [Event(said, column.name)]


def _copies(features: Sequence[Feature], z: Floats) -> list[Event]:
    """Pairs of scores of which one follows from the other, which regressions cannot tell apart."""
    places = [f for f, feature in enumerate(features) if not feature.levels][:_COMPARED]
    events, some = [], z[:_COMPARED_ROWS]
    for i, a in enumerate(places):
        for b in places[i + 1 :]:
            both = ~np.isnan(some[:, a]) & ~np.isnan(some[:, b])
            if both.sum() > FEWEST_ROWS and _monotone(some[both, a], some[both, b]):
                said = (
                    f"'{features[a].name}' and '{features[b].name}' move together: a gap in one "
                    "follows from the other"
                )
                events.append(Event(said, features[a].name))
    return events


def _monotone(a: Floats, b: Floats) -> bool:
    """Whether b grows, or falls, wherever a grows, and stays where a does."""
    a, b = np.diff(a[order := np.argsort(a, kind="stable")]), np.diff(b[order])
    return bool(((a > 0) == (b > 0)).all() or ((a > 0) == (b < 0)).all())
