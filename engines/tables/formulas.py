"""Regressions by a formula such as `y ~ x + log(z)`, of columns of a table.

A formula may come out of a file of a stranger, and patsy runs what stands in one as Python: only
names of columns, numbers, the operators of formulas and a few functions pass.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines import extras
from engines.naming import listed, shortened
from engines.tables.data import DataTable, Floats
from engines.tables.sheet import TableError

LONGEST = 500
FUNCTIONS = {"log": "np.log", "exp": "np.exp", "sqrt": "np.sqrt", "C": "C", "I": "I"}
_MOST_POWERS = 3
_POWER = re.compile(r"\*\*\s*[2-4](?![\d.]|\s*\*\*)")
_TOKEN = re.compile(
    r'Q\("[^"]*"\)|[^\W\d]\w*|\d{1,6}(?:\.\d{1,6})?|\*\*\s*[2-4](?!\d)|[-+*/:()~]|\s+|.', re.S
)


@dataclass(frozen=True)
class Estimates:
    """Of one table: names, estimates, squared standard errors, and ν_com."""

    names: tuple[str, ...]
    values: tuple[float, ...]
    variances: tuple[float, ...]
    df: float


@dataclass(frozen=True)
class Formula:
    """A checked formula in patsy's words; `binary` is an outcome of two levels, or ""."""

    text: str
    formula: str
    columns: tuple[str, ...]
    binary: str
    note: str

    @property
    def title(self) -> str:
        return f"{'Logistic' if self.binary else 'Linear'} regression, {self.text}"

    @staticmethod
    def parse(text: str, table: DataTable) -> Formula:
        """Check a formula. Raises TableError, or MissingExtra without the extra `tables`."""
        patsy = extras.module("tables", "patsy")
        said = " ".join(text.split())
        formula, used = _checked(said, table)
        try:
            described = patsy.ModelDesc.from_formula(formula)
        except (patsy.PatsyError, SyntaxError, ValueError) as error:
            first = (str(error).splitlines() or ["?"])[0]
            raise TableError(f"'{shortened(said)}' is no formula: {first}") from error
        if not described.lhs_termlist or not used:
            raise TableError(f"'{shortened(said)}' needs columns on both sides, as in y ~ x + z")
        outcome = said.partition("~")[0].strip().strip("`")
        place = next((i for i, c in enumerate(table.columns) if c.name == outcome), None)
        levels = () if place is None else table.columns[place].levels
        if len(levels) != 2 and levels and not numeric_levels(levels):
            raise TableError(
                f"'{outcome}' has {len(levels)} levels; a logistic regression needs an outcome "
                "with two"
            )
        if len(levels) != 2:
            return Formula(said, formula, used, "", "")
        note = f"logistic: log odds of {outcome} = {levels[1]}"
        return Formula(said, formula, used, outcome, note)

    def fit(self, table: DataTable, x: Floats) -> Estimates:
        """Of a completed table. Raises ValueError where it cannot be computed."""
        api = extras.module("tables", "statsmodels.api")
        patsy = extras.module("tables", "patsy")
        data = _frame(table, x, self.columns, self.binary)
        known = patsy.EvalEnvironment([{"np": np}])
        try:
            y, terms = patsy.dmatrices(self.formula, data, known, return_type="dataframe")
        except patsy.PatsyError as error:
            raise ValueError(str(error).splitlines()[0]) from error
        if np.linalg.matrix_rank(terms) < terms.shape[1]:
            raise ValueError("its terms are not independent: is one computed from the others?")
        if len(terms) <= terms.shape[1]:
            raise ValueError(f"{len(terms)} rows are too few for {terms.shape[1]} terms")
        found = self._logit(api, y, terms) if self.binary else api.OLS(y, terms).fit()
        names = tuple(re.sub(r'Q\("([^"]*)"\)', r"\1", str(term)) for term in terms.columns)
        variances = tuple(float(value) ** 2 for value in found.bse)
        return Estimates(names, tuple(map(float, found.params)), variances, float(found.df_resid))

    def _logit(self, api: Any, y: Any, terms: Any) -> Any:
        found = api.Logit(y, terms).fit(disp=0, maxiter=100)
        if not found.mle_retvals["converged"]:
            raise ValueError("the logistic regression does not converge")
        return found


def numeric_levels(levels: tuple[str, ...]) -> bool:
    """Whether all levels are numbers."""
    try:
        return all(math.isfinite(float(level)) for level in levels)
    except ValueError:
        return False


def numbers_of(table: DataTable, x: Floats, name: str) -> Floats:
    """A column of numbers, or of levels that are numbers."""
    place = table.place(name)
    levels = table.columns[place].levels
    if not levels:
        return x[:, place]
    found: Floats = np.array([float(level) for level in levels])[x[:, place].astype(int)]
    return found


def _frame(table: DataTable, x: Floats, columns: tuple[str, ...], binary: str) -> Any:
    """Columns for a formula: levels that are numbers are numbers, `binary` becomes 0 and 1."""
    pandas = extras.module("tables", "pandas")
    found: dict[str, Any] = {}
    for name in columns:
        place = table.place(name)
        levels = table.columns[place].levels
        if name == binary:
            found[name] = x[:, place]
        elif levels and not numeric_levels(levels):
            codes = x[:, place].astype(int)
            found[name] = pandas.Categorical.from_codes(codes, list(levels))
        else:
            found[name] = numbers_of(table, x, name)
    return pandas.DataFrame(found)


def _checked(text: str, table: DataTable) -> tuple[str, tuple[str, ...]]:
    """The formula in patsy's words and the columns that it uses. Raises TableError."""
    if len(text) > LONGEST:
        raise TableError(f"a formula has at most {LONGEST} letters")
    names = [column.name for column in table.columns]
    quoted = _quoted(text, names)
    powers = quoted.count("**")
    if powers > _MOST_POWERS or powers > len(_POWER.findall(quoted)) or quoted.count("~") != 1:
        raise TableError(f"'{shortened(text)}' is no formula such as y ~ x + z")
    parts, used = [], []
    for token in _TOKEN.findall(quoted):
        inner = token[3:-2] if token.startswith("Q(") else token
        if inner in names and (token != inner or inner not in FUNCTIONS):
            used.append(inner)
            parts.append(f'Q("{inner}")')
        elif token in FUNCTIONS:
            parts.append(FUNCTIONS[token])
        elif re.fullmatch(r"[\d.]+|\*\*\s*\d|[-+*/:()~]|\s+", token):
            parts.append(token)
        else:
            raise TableError(
                f"'{shortened(token)}' may not stand in a formula: it holds columns "
                f"({listed(names)}), numbers, + - * : / ** ( ) and {', '.join(FUNCTIONS)}"
            )
    return "".join(parts), tuple(dict.fromkeys(used))


def _quoted(text: str, names: list[str]) -> str:
    """Names that are no single word stand in Q("…"); in backticks, as in R, or as they are."""
    text = re.sub(r"`([^`\"]+)`", r'Q("\1")', text)
    strange = [name for name in names if not re.fullmatch(r"[^\W\d]\w*", name) and '"' not in name]
    for name in sorted(strange, key=len, reverse=True):
        text = re.sub(rf'(?<![\w"]){re.escape(name)}(?![\w"])', f'Q("{name}")', text)
    return text
