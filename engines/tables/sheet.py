"""A table as it stands in a file: texts in columns, and what was noticed while they were read.

CSV with commas, semicolons, tabs or bars, in UTF-8, UTF-16 or Windows-1252; Parquet with the extra
`tables`. Nothing is taken for a number here.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

from engines import extras
from engines.checkpoints.catalog import reason
from engines.naming import Sentence, listed, shortened

MOST_CELLS, MOST_COLUMNS, MOST_BYTES = 5_000_000, 1000, 1 << 30
"""50,000 rows of 100 columns."""
LONGEST_CELL = 10_000
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
MARKS = (".imp", ".id")
"""The first columns of a long table of imputations, as R's mice has it."""
_SEPARATORS = (",", ";", "\t", "|")
_NUMBER = re.compile(r"[-+−]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")
_REMARK = "# genscope "
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_SNIFFED = 50


class TableError(Sentence):
    """A table cannot be read, imputed or analysed; the message is one sentence for a person."""


@dataclass(frozen=True)
class Event:
    """Something that was done to a table, in words. `column` is "" for the whole table.

    A warning is what a person should look at: it may be wrong.
    """

    text: str
    column: str = ""
    warning: bool = False


@dataclass(frozen=True, eq=False)
class Sheet:
    """The texts of a file: the names of the columns, and their cells, all of one length."""

    name: str
    header: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    events: tuple[Event, ...] = ()
    decimal_comma: bool = False
    """Whether a comma in a number is surely no separator of columns."""

    def __post_init__(self) -> None:
        if len(self.header) != len(self.columns) or len(set(self.header)) < len(self.header):
            raise ValueError("a sheet needs a name of its own for each column")
        if len({len(column) for column in self.columns}) > 1:
            raise ValueError("the columns of a sheet are of one length")

    @property
    def rows(self) -> int:
        return len(self.columns[0]) if self.columns else 0


def read(path: Path) -> Sheet:
    """A CSV, TSV or Parquet file. Raises TableError in one sentence for whatever is wrong.

    Raises MissingExtra for Parquet without the extra `tables`.
    """
    if path.suffix.lower() == ".parquet":
        return _data_of(_parquet(path))
    try:
        if not path.is_file():
            raise TableError(f"there is no file '{path}'")
        if path.stat().st_size > MOST_BYTES:
            raise TableError(f"{path.name} is larger than {MOST_BYTES >> 30} GiB")
        raw = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path.name} cannot be read: {reason(error)}") from error
    return _data_of(parse(raw, path.stem))


def _data_of(sheet: Sheet) -> Sheet:
    """Of a long table of imputations the data alone, number 0; other sheets stay as they are."""
    if sheet.header[:2] != MARKS:
        return sheet
    keep = [cell == "0" for cell in sheet.columns[0]]
    columns = tuple(tuple(compress(column, keep)) for column in sheet.columns[2:])
    if not any(keep) or not columns:
        raise TableError(
            f"{sheet.name} holds imputations without the data: it has no row of .imp 0"
        )
    said = Event("it holds imputations: the data alone (.imp 0) were read")
    return Sheet(sheet.name, sheet.header[2:], columns, (*sheet.events, said))


def parse(raw: bytes, name: str) -> Sheet:
    """The bytes of a CSV or TSV file. Raises TableError."""
    text, events = _decoded(raw, name)
    text = text.removeprefix("\ufeff")
    if text.startswith(_REMARK):
        text = text.partition("\n")[2]
    if not text.strip():
        raise TableError(f"{name} is empty")
    separator = _separator(text)
    rows = _rows(text, separator, name)
    header, body = rows[0], rows[1:]
    _check_size(max(1, len(body)), len(header), name)
    if all(_NUMBER.fullmatch(cell.strip()) for cell in header):
        body = rows
        header = [f"V{i + 1}" for i in range(len(header))]
        events.append(Event("the first row holds numbers: the columns are called V1, V2, …"))
    names, said = _names(header)
    columns = _columns(body, names, name, events)
    return Sheet(name, names, columns, (*events, *said), separator in (";", "\t", "|"))


def of_columns(name: str, columns: dict[str, Iterable[object]]) -> Sheet:
    """A sheet of values in memory; None and NaN are gaps. Raises TableError where it is too large.

    Numbers are written so that they are read back as they were.
    """
    names, said = _names(list(columns))
    texts = tuple(tuple(map(_text, values)) for values in columns.values())
    _check_size(len(texts[0]) if texts else 0, len(texts), name)
    return Sheet(name, names, texts, said)


def _text(value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value).strip()


def _check_size(rows: int, columns: int, name: str) -> None:
    if columns > MOST_COLUMNS:
        raise TableError(
            f"{name} has {columns:,} columns; at most {MOST_COLUMNS:,} are read: keep those needed"
        )
    if rows * columns > MOST_CELLS:
        raise TableError(
            f"{name} has {rows:,} rows of {columns:,} columns; at most {MOST_CELLS:,} cells are "
            "read, such as 50,000 rows of 100 columns: draw a sample of the rows"
        )
    if not rows or not columns:
        raise TableError(f"{name} has no rows below its head")


def _decoded(raw: bytes, name: str) -> tuple[str, list[Event]]:
    encoding = next((known for bom, known in _BOMS.items() if raw.startswith(bom)), "utf-8")
    if encoding != "utf-16" and b"\0" in raw:
        raise TableError(f"{name} is no text: it holds bytes that are zero")
    try:
        return raw.decode(encoding), []
    except UnicodeDecodeError:
        said = Event("it is not in UTF-8, and was read as Windows-1252", warning=True)
        return raw.decode("cp1252", errors="replace"), [said]


def _separator(text: str) -> str:
    """What parts most rows of the beginning into the same number of cells, the most cells first."""
    start = "\n".join(text.split("\n", _SNIFFED)[:_SNIFFED])

    def standing(separator: str) -> tuple[float, int]:
        try:
            widths = [
                len(row) for row in csv.reader(io.StringIO(start), delimiter=separator) if row
            ]
        except csv.Error:
            return (0.0, 0)
        width, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
        return (count / max(1, len(widths)), width) if width > 1 else (0.0, 1)

    found = {each: standing(each) for each in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda each: found[each])
    head = text.split("\n", 1)[0]
    # decimal commas part the rows below a head as evenly as separators do
    if best == "," and any(each in head and found[each][0] == 1 for each in (";", "\t", "|")):
        best = max((";", "\t", "|"), key=lambda each: found[each])
    return best


def _rows(text: str, separator: str, name: str) -> list[list[str]]:
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL * 10))
    found = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    try:
        for row in found:
            if any(row):
                rows.append(row)
            if len(rows) * len(rows[0] if rows else ()) > MOST_CELLS + MOST_COLUMNS:
                _check_size(text.count("\n"), len(rows[0]), name)
    except csv.Error as error:
        raise TableError(
            f"{name}: line {found.line_num} has a quote that is not closed or stands within a cell "
            f"({error}): double it, or close it"
        ) from error
    if not rows:
        raise TableError(f"{name} is empty")
    return rows


def _names(header: list[str]) -> tuple[tuple[str, ...], tuple[Event, ...]]:
    """A name for each column: blank and repeated ones get numbers."""
    names: dict[str, None] = {}
    events: list[Event] = []
    for place, given in enumerate(header, 1):
        text = shortened(" ".join(str(given).split()))
        name = text or ("id" if place == 1 and "id" not in header else f"column {place}")
        number = 1
        while name in names:
            number += 1
            name = f"{text or f'column {place}'}.{number}"
        if name != text:
            events.append(Event(f"the name of column {place}, '{text}', became '{name}'", name))
        names[name] = None
    return tuple(names), tuple(events)


def _columns(
    body: list[list[str]], names: tuple[str, ...], name: str, events: list[Event]
) -> tuple[tuple[str, ...], ...]:
    """The cells by columns, without blanks around them. Raises TableError for rows too long."""
    wide = len(names)
    short = 0
    for number, row in enumerate(body, 2):
        if len(row) > wide:
            if any(cell.strip() for cell in row[wide:]):
                raise TableError(
                    f"{name}: row {number} has {len(row)} cells, the head has {wide}: is a quote "
                    "or a name missing?"
                )
            del row[wide:]
        elif len(row) < wide:
            short += 1
            row += [""] * (wide - len(row))
    _check_size(len(body), wide, name)
    if short:
        events.append(
            Event(f"{short:,} rows are too short: their last cells are gaps", warning=True)
        )
    columns = tuple(tuple(map(str.strip, column)) for column in zip(*body, strict=True))
    long = [
        n for n, cells in zip(names, columns, strict=True) if max(map(len, cells)) > LONGEST_CELL
    ]
    if long:
        raise TableError(
            f"{name}: column {listed(long)} holds a cell of more than {LONGEST_CELL:,} letters: is "
            "a quote not closed?"
        )
    return columns


def _parquet(path: Path) -> Sheet:
    parquet = extras.module("tables", "pyarrow.parquet")
    if not path.is_file():
        raise TableError(f"there is no file '{path}'")
    try:
        with parquet.ParquetFile(path) as file:
            _check_size(file.metadata.num_rows, file.metadata.num_columns, path.stem)
            table: Any = file.read()
    except (OSError, ValueError, NotImplementedError) as error:  # as pyarrow's own are
        first = (str(error).splitlines() or ["damaged"])[0]
        raise TableError(f"{path.name} is no Parquet file that can be read: {first}") from error
    return of_columns(path.stem, {n: table[n].to_pylist() for n in table.column_names})
