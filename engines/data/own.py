"""The user's own data sets: points as tables beside the user's own models, each known by its name.

x,y,class              the names of the coordinates, and "class" where the points have one
0.5,-1.25,upper
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engines.checkpoints import disk
from engines.checkpoints.catalog import DATA_TITLES, OUTSIDE, own_models, own_root, reason
from engines.naming import Sentence, is_part, listed, part_of, shortened, unused

CLASS = "class"
_MARK = "# classes "
MOST_POINTS, MOST_COLUMNS, MOST_BYTES = 10_000_000, 4096, 1 << 30


class DataError(Sentence):
    """A data set cannot be kept or read; the message is one sentence for a person."""


@dataclass(frozen=True, eq=False)
class Points:
    """Points x (n, D) float32 with the names of their D coordinates.

    `labels` (n,) int64 are indices into `classes`; None where the points have no classes.
    Raises DataError for what no data set can be.
    """

    x: npt.NDArray[np.float32]
    columns: tuple[str, ...]
    labels: npt.NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n, d = self.x.shape if self.x.ndim == 2 else (0, 0)
        _check(1 <= n <= MOST_POINTS, f"{n:,} points; there must be 1 to {MOST_POINTS:,}")
        _check(
            d == len(self.columns) <= MOST_COLUMNS,
            f"{d} coordinates for {len(self.columns)} names; there may be {MOST_COLUMNS:,}",
        )
        _check(d >= 1 and bool(np.isfinite(self.x).all()), "values that are no finite numbers")
        for names in ((*self.columns, CLASS), self.classes):
            good = len(set(names)) == len(names) and all(map(_is_name, names))
            _check(good, f"names that are empty or not each its own: {listed(names)}")
        if self.labels is not None:
            _check(self.labels.shape == (n,), f"{self.labels.size} classes for {n} points")
            inside = (self.labels >= 0) & (self.labels < len(self.classes))
            _check(bool(inside.all()), "classes that have no name")
        else:
            _check(not self.classes, "names of classes, and no point of any")


def names() -> tuple[str, ...]:
    """What the user's own data sets are called."""
    stems = (path.stem for path in _folder().glob("*.csv"))
    return tuple(sorted(stem for stem in stems if is_part(stem)))


def save(title: str, points: Points) -> str:
    """Keep a data set under the name of its file, or with a number where that is taken; its name.

    Raises DataError where it cannot be kept.
    """
    taken = [*DATA_TITLES, OUTSIDE, *names(), *(path.name for path in own_models().glob("*"))]
    name = unused(part_of(title, "data"), taken)
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    with_classes = points.labels is not None
    if with_classes:
        lines.write(f"{_MARK}{json.dumps(points.classes, ensure_ascii=False)}\n")
    table.writerow((*points.columns, *([CLASS] if with_classes else ())))
    for i, row in enumerate(points.x.tolist()):
        numbers = [f"{value:.9g}" for value in row]  # nine digits give back every float32
        table.writerow([*numbers, *([_class(points, i)] if with_classes else ())])
    try:
        disk.write_atomically(_path(name), lines.getvalue().encode())
    except OSError as error:
        raise DataError(f"the data set '{name}' was not kept: {reason(error)}") from error
    return name


def load(name: str) -> Points:
    """A data set by its name. Raises DataError where there is none, or it cannot be read."""
    path = _known(name)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is larger than {MOST_BYTES:,} bytes")
        text, order = path.read_text("utf-8"), []
        if text.startswith(_MARK):
            first, _, text = text.partition("\n")
            order = json.loads(first.removeprefix(_MARK))
        rows = list(csv.reader(io.StringIO(text)))
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        why = reason(error) if isinstance(error, OSError | UnicodeDecodeError) else str(error)
        raise DataError(f"the data set {path} cannot be read: {why}") from error
    head, body = (rows[0], [row for row in rows[1:] if row]) if rows else ([], [])
    for number, row in enumerate(body, 2):
        if len(row) != len(head):
            raise DataError(f"{path}: line {number} has {len(row)} values, its head {len(head)}")
    with_classes = head[-1:] == [CLASS]
    columns = head[:-1] if with_classes else head
    try:
        x = np.array([row[: len(columns)] for row in body], np.float32)
    except ValueError as error:
        raise DataError(f"{path} holds what is no number: {error}") from error
    if not with_classes:
        return Points(x, tuple(columns))
    first_seen = dict.fromkeys(row[-1] for row in body)  # of a table that others have written
    known = order if isinstance(order, list) and set(first_seen) <= set(map(str, order)) else []
    classes = tuple(map(str, known or first_seen))
    places = {label: i for i, label in enumerate(classes)}
    labels = np.array([places[row[-1]] for row in body], np.int64)
    return Points(x, tuple(columns), labels, classes)


def delete(name: str) -> None:
    """Delete a data set for good; models of it stay. Raises DataError where there is none."""
    path = _known(name)
    try:
        path.unlink()
    except OSError as error:
        raise DataError(f"the data set '{name}' was not deleted: {reason(error)}") from error


def _class(points: Points, i: int) -> str:
    assert points.labels is not None
    return points.classes[int(points.labels[i])]


def _folder() -> Path:
    return own_root() / "data"


def _path(name: str) -> Path:
    return _folder() / f"{name}.csv"


def _known(name: str) -> Path:
    if not is_part(name) or not _path(name).is_file():
        raise DataError(
            f"there is no data set '{shortened(name)}' of your own; there are: {listed(names())}"
        )
    return _path(name)


def _is_name(text: str) -> bool:
    return 0 < len(text.strip()) == len(text) <= 100 and text.isprintable()


def _check(good: bool, fault: str) -> None:
    if not good:
        raise DataError(f"the data set has {fault}")
