"""A table with gaps: numbers and codes, what was left out, and all that was done, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engines.kinds import Column, ColumnType, Table
from engines.naming import listed
from engines.tables import sheet as sheets
from engines.tables.guessing import Choice, Guess, Many, Numbers, Role, guess, many_numbers, numbers
from engines.tables.sheet import Event, Sheet, TableError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Other:
    """A column that takes no part: its cells as they stand in the file, and why."""

    name: str
    role: Role
    why: str
    cells: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class DataTable:
    """Rows x (n, D) float64 of a table, NaN for a gap; codes of levels as of `kind`.

    `others` are the columns that take no part, `order` the names of all columns as in the file.
    `choices` are what a person said, which a recipe keeps.
    """

    name: str
    kind: Table
    x: Floats
    others: tuple[Other, ...] = ()
    order: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    guesses: tuple[Guess, ...] = ()
    choices: Mapping[str, Choice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.x.ndim != 2 or self.x.shape[1] != len(self.kind.columns):
            raise ValueError(f"{self.x.shape} values for {len(self.kind.columns)} columns")
        if not self.order:
            names = [*(c.name for c in self.columns), *(other.name for other in self.others)]
            object.__setattr__(self, "order", tuple(names))

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.kind.columns

    @property
    def rows(self) -> int:
        return len(self.x)

    @property
    def gaps(self) -> Bools:
        """(n, D): True where a value is missing."""
        return np.isnan(self.x)

    @property
    def id(self) -> Other | None:
        """The column that names the rows; None where there is none."""
        return next((other for other in self.others if other.role is Role.ID), None)

    def place(self, name: str) -> int:
        """Where a column stands in x. Raises TableError for one that does not."""
        for place, column in enumerate(self.columns):
            if column.name == name:
                return place
        raise TableError(
            f"{self.name} has no column '{name}' that takes part; there are: "
            f"{listed(column.name for column in self.columns)}"
        )

    def hidden(self, mask: Bools) -> DataTable:
        """The same table with further gaps where `mask` (n, D) is True."""
        if mask.shape != self.x.shape:
            raise ValueError(f"a mask {mask.shape} for a table {self.x.shape}")
        return replace(self, x=np.where(mask, np.nan, self.x))

    def text(self, column: int, value: float) -> str:
        """A value of a column as it is written; "NA" for a gap."""
        if np.isnan(value):
            return "NA"
        of = self.columns[column]
        if of.levels:
            return of.levels[int(value)]
        if of.digits is not None and of.type is ColumnType.NUMBER:
            return f"{value:.{of.digits}f}" if of.digits else f"{value:.0f}"
        return (
            f"{value:.0f}" if of.type is ColumnType.INTEGER and abs(value) < 1e15 else repr(value)
        )


def open_table(path: Path, choices: Mapping[str, Choice] | None = None) -> DataTable:
    """The table in a CSV, TSV or Parquet file. Raises TableError, or MissingExtra for Parquet."""
    return table_of(sheets.read(path), choices)


def table_of(sheet: Sheet, choices: Mapping[str, Choice] | None = None) -> DataTable:
    """A table of the texts of a sheet. Raises TableError where no column is left."""
    columns, values, others = [], [], []
    numeric = [many_numbers(cells) for cells in sheet.columns]
    guesses, events = guess(sheet, choices, numeric), list(sheet.events)
    for each, cells, many in zip(guesses, sheet.columns, numeric, strict=True):
        events += _said(each)
        if each.role.type is None:
            others.append(Other(each.name, each.role, each.why, cells))
            events.append(Event(f"'{each.name}' takes no part: {each.why}", each.name))
            continue
        choice = (choices or {}).get(each.name, Choice())
        if many is not None and each.role in (Role.NUMBER, Role.INTEGER):
            column, x, said = _long(each, many)
        else:
            column, x, said = _column(each, cells, choice, sheet.decimal_comma)
        columns.append(column)
        values.append(x)
        events += said
    if not columns:
        raise TableError(
            f"{sheet.name} has no column to impute: each is an id, a date, a free text or empty"
        )
    return DataTable(
        sheet.name,
        Table(tuple(columns)),
        np.stack(values, 1),
        tuple(others),
        sheet.header,
        tuple(events),
        guesses,
        dict(choices or {}),
    )


def _said(each: Guess) -> list[Event]:
    """What was taken for gaps that may be none."""
    found = []
    for code in each.codes:
        if code.taken and not code.sure:
            times = f"{code.count:,} cell{'s' * (code.count != 1)}"
            found.append(
                Event(f"'{each.name}': {code.text} ({times}) is taken for a gap", each.name, True)
            )
    return found


def _column(
    each: Guess, cells: tuple[str, ...], choice: Choice, decimal_comma: bool
) -> tuple[Column, Floats, list[Event]]:
    """A column with its values, NaN for a gap."""
    gaps = {code.text for code in each.codes if code.taken}
    uniques = set(cells) - gaps
    found = numbers(uniques, decimal_comma)
    of = each.role.type
    assert of is not None
    if of.has_levels:
        levels = _levels(each.name, uniques, found.of, choice.levels)
        places = {text: float(code) for code, text in enumerate(levels)}
        return Column(each.name, of, levels), _values(cells, places), []
    return _numeric(each, cells, uniques, found)


def _long(each: Guess, many: Many) -> tuple[Column, Floats, list[Event]]:
    taken = [float(code.text) for code in each.codes if code.taken and code.text]
    values = np.where(np.isin(many.values, taken), np.nan, many.values)
    return _rounded(each, values, many.digits, [])


def _numeric(
    each: Guess, cells: tuple[str, ...], uniques: set[str], found: Numbers
) -> tuple[Column, Floats, list[Event]]:
    events = []
    strange = sorted(uniques - set(found.of))
    if strange:
        said = f"'{each.name}': {listed(strange)} is no number and was taken for a gap"
        events.append(Event(said, each.name, True))
    x = _values(cells, found.of)
    if np.isnan(x).all():
        raise TableError(f"'{each.name}' has no number; choose another type for it")
    return _rounded(each, x, found.digits, events)


def _rounded(
    each: Guess, x: Floats, digits: int | None, events: list[Event]
) -> tuple[Column, Floats, list[Event]]:
    """A column of numbers as its type has them."""
    of = each.role.type
    assert of is not None
    if of is ColumnType.INTEGER and (fractions := np.nansum(x != np.round(x)) - np.isnan(x).sum()):
        x = np.round(x)
        events.append(Event(f"'{each.name}': {fractions:,} numbers were rounded", each.name, True))
    return Column(each.name, of, digits=digits if of is ColumnType.NUMBER else 0), x, events


def _levels(
    name: str, texts: set[str], known: Mapping[str, float], chosen: tuple[str, ...] | None
) -> tuple[str, ...]:
    """Levels in an order that no order of rows changes: as chosen, by number, or by letters."""
    if not texts:
        raise TableError(f"'{name}' has no value; leave it out")
    if chosen is not None:
        if missing := sorted(texts - set(chosen)):
            raise TableError(f"the levels chosen for '{name}' lack {listed(missing)}")
        return tuple(dict.fromkeys(chosen))
    if len(known) == len(texts):
        return tuple(sorted(texts, key=lambda text: (known[text], text)))
    return tuple(sorted(texts))


def _values(cells: tuple[str, ...], of: Mapping[str, float]) -> Floats:
    nan = float("nan")
    return np.fromiter((of.get(text, nan) for text in cells), np.float64, len(cells))
