"""Points that a person brings: checked, and read from a CSV file."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engines.checkpoints.catalog import reason
from engines.data.own import CLASS, DataError, Points
from engines.naming import shortened
from engines.training.datasets import DataSet, Split

FEWEST, FEW = 10, 50
"""Points that a learner needs, and below which what it finds says little."""
MOST, _MOST_BYTES = 200_000, 64 << 20
_CLASS_NAMES = (CLASS, "label")
_DELIMITERS = ",;\t "
Line = tuple[int, str]
"""A line of a file and its number."""
_FINEST = 1e-5
"""Spread over size below which single precision is too coarse."""


def checked_points(
    x: Tensor, labels: Tensor | None, classes: tuple[str, ...], name: str
) -> DataSet:
    """Points x (n, 2) and their labels (n,) as a data set without test points.

    Raises ValueError in one sentence for what will not do.
    """
    if x.dim() != 2 or x.shape[1] != 2:
        raise ValueError(f"points of the plane have two numbers each, got {tuple(x.shape)}")
    if len(x) < FEWEST:
        raise ValueError(f"too few points: {len(x)}; a family needs at least {FEWEST}")
    x = x.detach().float().clone()
    if not x.isfinite().all():
        raise ValueError("there are points that are not finite numbers")
    spread, size = x.double().std(0), x.double().abs().amax(0)
    for axis in (0, 1):
        if not spread[axis] > 0:
            raise ValueError(f"the points do not vary along x{axis + 1}")
        if not _FINEST * size[axis] < spread[axis] < 1e15:
            raise ValueError(
                f"the points vary along x{axis + 1} by {spread[axis]:.2g} at a size of "
                f"{size[axis]:.2g}: shift and scale them first"
            )
    if (labels is None) != (not classes):
        raise ValueError("labels and the names of their classes go together")
    if labels is None:
        labels = torch.zeros(len(x), dtype=torch.int64)
    else:
        labels = labels.detach().long().clone()
        count = torch.bincount(labels.clamp(0, len(classes)), minlength=len(classes) + 1)
        if len(labels) != len(x) or labels.min() < 0 or count[len(classes)]:
            raise ValueError(f"labels are {len(x)} numbers from 0 to {len(classes) - 1}")
        if not count[:-1].all():
            raise ValueError(f"there is no point of the class '{classes[int(count.argmin())]}'")
    return DataSet(name, classes, Split(x, labels), Split(x[:0], labels[:0]), "")


def read_points(path: Path) -> Points:
    """Points of the plane from a CSV file: two columns of numbers, and perhaps one "class".

    Commas, semicolons, tabs or spaces part the columns; a head and lines that begin with # may
    stand first. Raises DataError with one sentence for whatever is wrong with the file.
    """
    return _points(path, _rows(path))


def sampled_points(path: Path, most: int) -> tuple[Points, int]:
    """The same of a file with any number of rows, of which at most so many are drawn by a fixed
    seed and read; and how many rows there are. The order of the rows is kept.
    """
    lines = _lines(path)
    drawn = _drawn(lines, most)
    found = _points(path, _parted(path, drawn))
    return found, len(found.x) + len(lines) - len(drawn)


def _drawn(lines: list[Line], most: int) -> list[Line]:
    if len(lines) <= most + 1:
        return lines
    chosen = np.random.default_rng(0).choice(np.arange(1, len(lines)), most, replace=False)
    return [lines[0], *(lines[i] for i in np.sort(chosen).tolist())]


def _points(path: Path, rows: list[tuple[int, list[str]]]) -> Points:
    columns = rows.pop(0)[1] if not all(map(_is_number, rows[0][1][:2])) else None
    width = len(columns or rows[0][1]) if rows else len(columns or ())
    with_classes = width == 3 and (columns is None or columns[2].casefold() in _CLASS_NAMES)
    if width != 2 and not with_classes:
        raise DataError(
            f"{path.name} has {width} column{'s' * (width != 1)}; points of the plane have two, "
            f"and a third named '{CLASS}' where they have classes"
        )
    x = np.array([_point(path, line, row, width) for line, row in rows], np.float64).reshape(-1, 2)
    names = _names(columns)
    _check_spread(path, x, names)
    if not with_classes:
        return Points(x.astype(np.float32), names)
    given = [row[2].strip() for _, row in rows]
    classes = tuple(sorted(dict.fromkeys(given)))
    if len(classes) > len(given) / 5:
        raise DataError(
            f"{path.name} has {len(classes)} classes in {len(given)} rows; a class needs at least "
            "five points on average"
        )
    places = {each: i for i, each in enumerate(classes)}
    labels = np.array([places[each] for each in given], np.int64)
    return Points(x.astype(np.float32), names, labels, classes)


def _names(columns: list[str] | None) -> tuple[str, ...]:
    """What the head calls the coordinates, else x and y."""
    found = tuple(name.strip() for name in (columns or ())[:2])
    good = all(name.isprintable() and 0 < len(name) <= 100 for name in found)
    return found if good and len({*found, CLASS}) == 3 else ("x", "y")


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The rows that are no remarks, with the numbers of their lines."""
    lines = _lines(path)
    if len(lines) > MOST + 1:
        raise DataError(
            f"{path.name} has {len(lines):,} rows; at most {MOST:,} are learned from: draw a "
            "sample of them"
        )
    return _parted(path, lines)


def _lines(path: Path) -> list[Line]:
    """The lines that are no remarks, with their numbers."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(
                f"{path.name} is larger than {_MOST_BYTES >> 20} MiB; at most {MOST:,} rows are "
                "learned from: draw a sample of them"
            )
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name} cannot be read: {reason(error)}") from error
    lines = [(i, line) for i, line in enumerate(text.splitlines(), 1)]
    lines = [(i, line) for i, line in lines if line.strip() and not line.startswith("#")]
    if len(lines) < FEWEST:
        raise DataError(f"{path.name} has {len(lines)} rows; a family needs at least {FEWEST}")
    return lines


def _parted(path: Path, lines: list[Line]) -> list[tuple[int, list[str]]]:
    """The values of the lines, parted at whatever parts them in the first."""
    delimiter = next((mark for mark in _DELIMITERS if mark in lines[0][1].strip()), ",")
    try:
        parted = csv.reader(
            (line.strip() if delimiter == " " else line for _, line in lines),
            delimiter=delimiter,
            skipinitialspace=True,
        )
        return [(i, row) for (i, _), row in zip(lines, parted, strict=True)]
    except (csv.Error, ValueError) as error:
        raise DataError(f"{path.name} is no table: {error}") from error


def _point(path: Path, line: int, row: list[str], width: int) -> tuple[float, float]:
    if len(row) != width:
        raise DataError(f"{path.name}, line {line}: {len(row)} values in place of {width}")
    found = []
    for text in row[:2]:
        if not text.strip():
            raise DataError(f"{path.name}, line {line}: a value is missing")
        if not _is_number(text):
            raise DataError(f"{path.name}, line {line}: '{shortened(text)}' is no number")
        if not math.isfinite(float(text)):
            raise DataError(f"{path.name}, line {line}: {shortened(text)} is not finite")
        found.append(float(text))
    return found[0], found[1]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _check_spread(path: Path, x: np.ndarray, names: tuple[str, ...]) -> None:
    if len(x) < FEWEST:
        raise DataError(f"{path.name} has {len(x)} points; a family needs at least {FEWEST}")
    for axis, name in enumerate(names):
        size, spread = np.abs(x[:, axis]).max(), x[:, axis].std()
        if spread == 0:
            raise DataError(
                f"{path.name}: '{name}' is {x[0, axis]:g} in every row; a density needs points "
                "that vary in both columns"
            )
        if not _FINEST * size < spread < 1e15:
            raise DataError(
                f"{path.name}: '{name}' varies by {spread:.2g} at a size of {size:.2g}; shift and "
                "scale it first"
            )
