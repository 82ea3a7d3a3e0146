"""What is computed of each completed table before it is pooled: an analysis by its text.

`mean(x)`, `proportion(sex=male)`, `quantile(x, 0.9)`, `cor(x, y)`, or a formula `y ~ x + z` for a
linear regression; a logistic one where y has two values. Beside it stands the same of the rows
that are complete.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import numpy as np

from engines import extras
from engines.naming import shortened
from engines.tables.data import Bools, DataTable, Floats
from engines.tables.formulas import Estimates, Formula, numbers_of, numeric_levels
from engines.tables.imputing import Imputations
from engines.tables.pooling import Pooled, pool, quantile
from engines.tables.sheet import TableError

FORMS = "mean(x), proportion(x=level), quantile(x, 0.9), cor(x, y), y ~ x + z"
_CALL = re.compile(r"\s*(mean|proportion|quantile|median|cor|correlation)\s*\((.*)\)\s*", re.S)
_Z = 1.959963984540054


@dataclass(frozen=True)
class Row:
    """One number: pooled, and of the complete rows alone; None where there are too few.

    `back` turns estimate and interval into the unit that people read, as of a correlation.
    """

    pooled: Pooled
    complete: tuple[float, float, float] | None
    """Estimate, standard error and degrees of freedom."""
    back: Callable[[float], float] | None = None

    def shown(self, level: float = 0.95) -> tuple[float, float, float]:
        """Estimate and interval as people read them."""
        back = self.back or float
        low, high = self.pooled.interval(level)
        return back(self.pooled.estimate), back(low), back(high)

    def alone(self, level: float = 0.95) -> tuple[float, float, float] | None:
        """The same of the complete rows."""
        if self.complete is None:
            return None
        back, (value, se, df) = self.back or float, self.complete
        half = quantile((1 + level) / 2, df) * se
        return back(value), back(value - half), back(value + half)


@dataclass(frozen=True)
class Result:
    """A pooled analysis. `rows_complete` are those that the complete-case row rests on."""

    text: str
    title: str
    rows: tuple[Row, ...]
    rows_complete: int
    rows_all: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Analysis:
    """What to compute of a frame, by the columns it needs."""

    text: str
    title: str
    columns: tuple[str, ...]
    of: Callable[[DataTable, Floats], Estimates]
    back: Callable[[float], float] | None = None
    notes: tuple[str, ...] = ()


def analysis(text: str, table: DataTable) -> Analysis:
    """What a text asks for. Raises TableError in one sentence, MissingExtra for regressions."""
    if "~" in text:
        return _regression(text, table)
    if not (found := _CALL.fullmatch(text)):
        raise TableError(f"'{shortened(text)}' is no analysis; there are: {FORMS}")
    name, inside = found[1], found[2].strip()
    if name == "mean":
        return _mean(text, table, _number(table, inside))
    if name == "proportion":
        return _proportion(text, table, inside)
    if name in ("quantile", "median"):
        return _quantile(text, table, inside, name)
    return _correlation(text, table, inside)


def pooled(imputations: Imputations, text: str) -> Generator[float, None, Result]:
    """An analysis of each completed table, pooled. Yields the share that is done.

    Raises TableError, also where an analysis fails on a table.
    """
    table = imputations.table
    asked = analysis(text, table)
    extras.require("tables")  # intervals need it
    found = []
    for i in range(imputations.m):
        x = imputations.completed(i)
        _check_whole(asked, table, x)
        found.append(_computed(asked, table, x))
        yield (i + 1) / imputations.m
    if any(each.names != found[0].names for each in found):
        raise TableError(
            f"'{shortened(text)}' has other terms in some completed tables: a level is missing in "
            "those"
        )
    places = [table.place(name) for name in asked.columns]
    whole: Bools = np.asarray(~np.isnan(table.x[:, places]).any(1))
    alone = _complete_case(asked, table, whole)
    rows = []
    for j, name in enumerate(found[0].names):
        try:
            one = pool(
                name, [e.values[j] for e in found], [e.variances[j] for e in found], found[0].df
            )
        except ValueError as error:
            raise TableError(str(error)) from error
        rows.append(Row(one, alone.get(name), asked.back))
    return Result(text, asked.title, tuple(rows), int(whole.sum()), table.rows, asked.notes)


def _check_whole(asked: Analysis, table: DataTable, x: Floats) -> None:
    for name in asked.columns:
        if np.isnan(x[:, table.place(name)]).any():
            raise TableError(f"'{name}' has gaps that could not be imputed: leave it out")


def _computed(asked: Analysis, table: DataTable, x: Floats) -> Estimates:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of separation and collinearity: judged by the result
            found = asked.of(table, x)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError, KeyError, TypeError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise TableError(f"'{shortened(asked.text)}' cannot be computed: {first}") from error
    if not all(map(math.isfinite, (*found.values, *found.variances))):
        raise TableError(
            f"'{shortened(asked.text)}' has no finite result: are two columns the same, or does "
            "one part the outcomes without error?"
        )
    return found


def _complete_case(
    asked: Analysis, table: DataTable, whole: Bools
) -> dict[str, tuple[float, float, float]]:
    try:
        some = replace(table, x=table.x[whole], others=())
        found = _computed(asked, some, some.x)
    except TableError:
        return {}
    return {
        name: (value, math.sqrt(variance), found.df)
        for name, value, variance in zip(found.names, found.values, found.variances, strict=True)
    }


def _number(table: DataTable, name: str) -> str:
    """The name of a column of numbers, quoted or not."""
    name = name.strip().strip("'\"`")
    column = table.columns[table.place(name)]
    if column.levels and not numeric_levels(column.levels):
        raise TableError(f"'{name}' has levels that are no numbers; ask for a proportion")
    return name


def _mean(text: str, table: DataTable, name: str) -> Analysis:
    def of(table: DataTable, x: Floats) -> Estimates:
        values = numbers_of(table, x, name)
        n = len(values)
        return Estimates(
            (text,), (float(values.mean()),), (float(values.var(ddof=1)) / n,), n - 1.0
        )

    return Analysis(text, f"Mean of {name}", (name,), of)


def _proportion(text: str, table: DataTable, inside: str) -> Analysis:
    name, equals, level = (part.strip().strip("'\"`") for part in inside.partition("="))
    column = table.columns[table.place(name)]
    level = level.lstrip("=").strip().strip("'\"`")
    if not equals or level not in column.levels:
        raise TableError(
            f"'{shortened(text)}' needs one of the levels of '{name}': "
            f"proportion({name}={column.levels[0] if column.levels else '…'})"
        )
    code = column.levels.index(level)

    def of(table: DataTable, x: Floats) -> Estimates:
        mine = x[:, table.place(name)] == code
        p, n = float(mine.mean()), len(mine)
        return Estimates((text,), (p,), (p * (1 - p) / n,), n - 1.0)

    return Analysis(text, f"Share of {name} = {level}", (name,), of)


def _quantile(text: str, table: DataTable, inside: str, form: str) -> Analysis:
    given, comma, share = inside.rpartition(",") if form == "quantile" else (inside, ",", "0.5")
    try:
        p = float(share) if comma else math.nan
    except ValueError:
        p = math.nan
    if not 0 < p < 1:
        raise TableError(f"'{shortened(text)}' needs a share between 0 and 1: quantile(x, 0.9)")
    name = _number(table, given)

    def of(table: DataTable, x: Floats) -> Estimates:
        values = np.sort(numbers_of(table, x, name))
        n = len(values)
        half = _Z * math.sqrt(p * (1 - p) / n)  # Woodruff 1952
        ends = np.quantile(values, [max(p - half, 0.0), min(p + half, 1.0)])
        se = float(ends[1] - ends[0]) / (2 * _Z)
        return Estimates((text,), (float(np.quantile(values, p)),), (se**2,), n - 1.0)

    return Analysis(text, f"{100 * p:g} % quantile of {name}", (name,), of)


def _correlation(text: str, table: DataTable, inside: str) -> Analysis:
    a, comma, b = inside.partition(",")
    if not comma:
        raise TableError(f"'{shortened(text)}' needs two columns: cor(x, y)")
    names = (_number(table, a), _number(table, b))

    def of(table: DataTable, x: Floats) -> Estimates:
        one, two = (numbers_of(table, x, name) for name in names)
        r = float(np.corrcoef(one, two)[0, 1])
        n = len(one)  # Fisher's z
        return Estimates((text,), (math.atanh(r),), (1 / (n - 3),), n - 2.0)

    note = "pooled as Fisher's z = artanh r, and turned back"
    return Analysis(
        text, f"Correlation of {names[0]} and {names[1]}", names, of, math.tanh, (note,)
    )


def _regression(text: str, table: DataTable) -> Analysis:
    formula = Formula.parse(text, table)
    notes = (formula.note,) if formula.note else ()
    return Analysis(text, formula.title, formula.columns, formula.fit, None, notes)
