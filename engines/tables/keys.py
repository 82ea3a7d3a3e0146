"""An order of rows and columns that depends on what they hold, never on how they lie in the file.

A row is known by its id, else by a hash of its cells; equal rows are counted. All that is fitted or
drawn works on rows sorted by key and columns sorted by name, so that shuffling a table changes
nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.tables.data import DataTable

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sorting:
    """`rows` (n,) and `columns` (D,): which row or column of a table comes first, second, …"""

    keys: tuple[str, ...]
    rows: Places
    columns: Places


def keys(table: DataTable) -> tuple[str, ...]:
    """The key of each row: its id, else a hash of its cells with a counter among equal rows."""
    if table.id is not None:
        return table.id.cells
    by_name = _by_name(table)
    x = np.ascontiguousarray(table.x[:, by_name] + 0.0)  # no −0
    x[np.isnan(x)] = np.nan  # one bit pattern
    others = sorted(table.others, key=lambda other: other.name)
    found, seen = [], Counter[str]()
    for row, bits in enumerate(x):
        mark = hashlib.blake2b(bits.tobytes(), digest_size=16)
        for other in others:
            mark.update(b"\0" + other.cells[row].encode())
        key = mark.hexdigest()
        found.append(f"{key}-{seen[key]}")
        seen[key] += 1
    return tuple(found)


def sorting(table: DataTable) -> Sorting:
    """Rows by key, columns by name."""
    found = keys(table)
    rows = sorted(range(len(found)), key=found.__getitem__)
    return Sorting(found, np.array(rows, np.int64), _by_name(table))


def _by_name(table: DataTable) -> Places:
    names = [column.name for column in table.columns]
    return np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)
