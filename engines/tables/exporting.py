"""Imputations as one long table that R's mice reads, with the recipe that makes the same bytes.

`.imp` 0 is the data, `.imp` 1 … M are all rows without a gap; `.id` counts the rows. Then every
column of the table in its own order, those that take no part included. In R:
`mice::as.mids(read.csv("long.csv"))`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from engines import extras
from engines.checkpoints.catalog import reason
from engines.kinds import ColumnType
from engines.tables import sheet as sheets
from engines.tables.data import DataTable, Floats, table_of
from engines.tables.imputing import Imputations
from engines.tables.recipe import KEYWORD, TableRecipe, check_fit
from engines.tables.sheet import MARKS, TableError

CSV, PARQUET = ".csv", ".parquet"
_MOST_JSON = 64 << 20


def packed(imputations: Imputations, suffix: str, recipe: TableRecipe) -> dict[str, bytes]:
    """The files of imputations, by what is added to their name: "" and, of a CSV, ".json".

    Raises TableError for another suffix than .csv and .parquet, MissingExtra for Parquet without
    the extra `tables`.
    """
    for name in MARKS:
        if name in imputations.table.order:
            raise TableError(f"the table has a column '{name}', which a long table has itself")
    if suffix == PARQUET:
        return {"": _parquet(imputations, recipe)}
    if suffix != CSV:
        raise TableError(f"imputations are written to {CSV} or {PARQUET}, not '{suffix}'")
    return {"": long_csv(imputations), ".json": recipe.to_json().encode()}


def long_csv(imputations: Imputations) -> bytes:
    """The long table as CSV."""
    table, out = imputations.table, io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*MARKS, *table.order))
    ids = [str(row + 1) for row in range(table.rows)]
    for number, x in _tables(imputations):
        columns = [_texts(table, name, x) for name in table.order]
        writer.writerows(zip([str(number)] * table.rows, ids, *columns, strict=True))
    return out.getvalue().encode()


def recipe_in(path: Path) -> TableRecipe:
    """The recipe of a long table: beside a CSV, inside a Parquet file. Raises TableError."""
    if path.suffix.lower() == PARQUET:
        parquet = extras.module("tables", "pyarrow.parquet")
        try:
            metadata = parquet.read_schema(path).metadata or {}
        except (OSError, ValueError, NotImplementedError) as error:
            raise TableError(f"{path.name} is no Parquet file that can be read") from error
        if KEYWORD.encode() not in metadata:
            raise TableError(f"{path.name} has no recipe inside")
        return TableRecipe.from_json(metadata[KEYWORD.encode()])
    beside = path.with_name(f"{path.name}.json")
    try:
        if beside.stat().st_size > _MOST_JSON:
            raise TableError(f"{beside.name} is no recipe: it is too large")
        return TableRecipe.from_json(beside.read_bytes())
    except OSError as error:
        raise TableError(f"the recipe {beside.name} cannot be read: {reason(error)}") from error


def source(path: Path, recipe: TableRecipe) -> DataTable:
    """The data that a recipe is of, out of its long table or of the file they came from.

    Raises TableError where it is another table.
    """
    sheet = sheets.read(path)
    if missing := [name for name in recipe.choices if name not in sheet.header]:
        raise TableError(f"{path.name} lacks the column '{missing[0]}' of the recipe")
    table = table_of(sheet, {n: recipe.choices[n] for n in sheet.header if n in recipe.choices})
    check_fit(recipe, table)
    return table


def _tables(imputations: Imputations) -> Iterator[tuple[int, Floats]]:
    yield 0, imputations.table.x
    for i in range(imputations.m):
        yield i + 1, imputations.completed(i)


def _texts(table: DataTable, name: str, x: Floats) -> list[str]:
    """A column of the file as it is written."""
    for other in table.others:
        if other.name == name:
            return list(other.cells)
    place = table.place(name)
    return [table.text(place, value) for value in x[:, place].tolist()]


def _parquet(imputations: Imputations, recipe: TableRecipe) -> bytes:
    arrow = extras.module("tables", "pyarrow")
    parquet = extras.module("tables", "pyarrow.parquet")
    table, n = imputations.table, imputations.table.rows
    found: dict[str, list[Any]] = {name: [] for name in (*MARKS, *table.order)}
    for number, x in _tables(imputations):
        found[MARKS[0]].append(np.full(n, number, np.int32))
        found[MARKS[1]].append(np.arange(1, n + 1, dtype=np.int32))
        for name in table.order:
            found[name].append(_arrow_column(arrow, table, name, x))
    arrays = {name: arrow.chunked_array(parts) for name, parts in found.items()}
    whole = arrow.table(arrays).combine_chunks()
    whole = whole.replace_schema_metadata({KEYWORD: recipe.to_json()})
    out = io.BytesIO()
    parquet.write_table(whole, out)
    return out.getvalue()


def _arrow_column(arrow: Any, table: DataTable, name: str, x: Floats) -> Any:
    for other in table.others:
        if other.name == name:
            return arrow.array(list(other.cells), arrow.string())
    place = table.place(name)
    values, column = x[:, place], table.columns[place]
    gap = np.isnan(values)
    if column.levels:
        texts = [None if np.isnan(v) else column.levels[int(v)] for v in values.tolist()]
        return arrow.array(texts, arrow.string())
    if (
        column.type is ColumnType.INTEGER
        and np.abs(np.where(gap, 0, values)).max(initial=0) < 2**53
    ):
        return arrow.array(np.where(gap, 0, values).astype(np.int64), arrow.int64(), mask=gap)
    return arrow.array(values, arrow.float64(), mask=gap)
