"""What made imputations, so that they can be made again from the data alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engines.tables.data import DataTable
from engines.tables.family import Ask
from engines.tables.guessing import Choice, Role
from engines.tables.imputing import Imputations, family_named
from engines.tables.keys import sorting
from engines.tables.sheet import TableError

FORMAT, TASK = 1, "impute"
KEYWORD = "genscope"


@dataclass(frozen=True)
class TableRecipe:
    """A family, its request, and what each column of the table was taken for.

    `sha256` is of the table's content, whatever the order of its rows and columns. `pool` are the
    analyses that were pooled, `events` what was done, in words.
    """

    table: str
    sha256: str
    family: str
    ask: Ask
    choices: Mapping[str, Choice]
    pool: tuple[str, ...] = ()
    version: str = ""
    events: tuple[str, ...] = field(default=())

    def to_json(self) -> str:
        """Text that `from_json` reads back."""
        table = {
            "format": FORMAT,
            "task": TASK,
            "version": self.version,
            "table": self.table,
            "sha256": self.sha256,
            "family": self.family,
            "m": self.ask.m,
            "seed": self.ask.seed,
            "knobs": dict(self.ask.knobs),
            "columns": {name: _written(choice) for name, choice in self.choices.items()},
            "pool": list(self.pool),
            "events": list(self.events),
        }
        return json.dumps(table, ensure_ascii=False, indent=1) + "\n"

    @staticmethod
    def from_json(text: str | bytes) -> TableRecipe:
        """Read a recipe, trusting nothing. Raises TableError with one sentence."""
        try:
            table = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise TableError("the recipe is not valid JSON; the file is damaged") from error
        if not isinstance(table, dict) or table.get("task") != TASK:
            raise TableError("the recipe is not one of imputations")
        made = table.get("format")
        if type(made) is not int or made > FORMAT:
            raise TableError("the recipe was written by a newer Genscope; update it to follow this")
        try:
            return _read(table)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TableError(f"the recipe is damaged: {error}") from error


def recipe_of(
    imputations: Imputations, pool: tuple[str, ...] = (), version: str = ""
) -> TableRecipe:
    """The recipe of imputations, with every column's type and every knob named."""
    table, family = imputations.table, family_named(imputations.family)
    ask = imputations.ask
    return TableRecipe(
        table.name,
        content(table),
        family.name,
        Ask(ask.m, ask.seed, family.settled(ask.knobs)),
        choices_of(table),
        pool,
        version,
        tuple(event.text for event in imputations.events),
    )


def choices_of(table: DataTable) -> dict[str, Choice]:
    """What each column was taken for, as choices that make the same table of its exported data."""
    by_name = {
        column.name: Choice(Role(column.type.value), ("NA",), column.levels or None)
        for column in table.columns
    }
    by_name |= {other.name: Choice(other.role, ()) for other in table.others}
    return {name: by_name[name] for name in table.order}


def content(table: DataTable) -> str:
    """The sha256 of a table whatever the order of its rows and columns."""
    found, order = hashlib.sha256(), sorting(table)
    for place in order.columns.tolist():
        column = table.columns[place]
        found.update(repr((column.name, column.type.value, column.levels)).encode())
        x = table.x[order.rows, place] + 0.0
        x[np.isnan(x)] = np.nan
        found.update(x.tobytes())
    for other in sorted(table.others, key=lambda other: other.name):
        found.update(repr((other.name, [other.cells[row] for row in order.rows])).encode())
    return found.hexdigest()


def check_fit(recipe: TableRecipe, table: DataTable) -> None:
    """Raise TableError unless a recipe was made with this very table."""
    if content(table) != recipe.sha256:
        raise TableError(
            f"the recipe was made with another table than {table.name}: its cells or the types of "
            "its columns differ"
        )


def _written(choice: Choice) -> dict[str, Any]:
    found: dict[str, Any] = {"role": choice.role.value if choice.role else None}
    if choice.gaps is not None:
        found["gaps"] = list(choice.gaps)
    if choice.levels is not None:
        found["levels"] = list(choice.levels)
    return found


def _read(table: dict[str, Any]) -> TableRecipe:
    knobs = {str(name): float(value) for name, value in table["knobs"].items()}
    m, seed = table["m"], table["seed"]
    if type(m) is not int or type(seed) is not int:
        raise ValueError("the number of imputations and the seed are whole numbers")
    choices = {}
    for name, given in table["columns"].items():
        gaps, levels = given.get("gaps"), given.get("levels")
        choices[str(name)] = Choice(
            Role(given["role"]) if given.get("role") else None,
            None if gaps is None else tuple(map(str, gaps)),
            None if levels is None else tuple(map(str, levels)),
        )
    return TableRecipe(
        str(table["table"]),
        str(table["sha256"]),
        str(table["family"]),
        Ask(m, seed, knobs),
        choices,
        tuple(map(str, table.get("pool", ()))),
        str(table.get("version", "")),
        tuple(map(str, table.get("events", ()))),
    )
