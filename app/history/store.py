"""The store of finished results: what is kept, found, marked and thrown away. Plain Python.

A store belongs to the thread that made it; each thread that needs one opens its own.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from app.history import schema

LIMIT = 2 << 30
"""Bytes that all results take together unless a person says otherwise."""
BIN_DAYS = 30
"""How long a deleted result can be had back."""
PART_DAYS = 7
"""How long what a cut-off run had finished waits for that run."""
_DAY = 86_400.0
_MANY = 500  # of variables in one statement


@dataclass(frozen=True)
class Record:
    """A result as it is kept. `key` is the same for results of the same recipe.

    `arrays` is an npz, None for a result so large that it is made again from its recipe. A
    `queued` one comes out of the bin where it lies there; one of a moving hand stays in it.
    """

    key: str
    task: str
    model: str
    data: str
    title: str
    detail: str
    words: str
    recipe: str
    thumbnail: bytes
    arrays: bytes | None
    queued: bool = True
    made: float | None = None


@dataclass(frozen=True)
class Entry:
    """A line of the list. `made` and `binned` are seconds since 1970, `star` is 0 or 1.

    `thumbnail` is a PNG, empty where there is none.
    """

    id: int
    made: float
    task: str
    model: str
    data: str
    title: str
    detail: str
    star: int
    note: str
    binned: float | None
    thumbnail: bytes


@dataclass(frozen=True)
class Query:
    """Which results: those with every word of `text`, of a task, a model, a data set."""

    text: str = ""
    task: str = ""
    model: str = ""
    data: str = ""
    starred: bool = False
    binned: bool = False


class Store:
    """An open history. Raises schema.HistoryError when it cannot be used."""

    def __init__(
        self, path: Path, *, limit: int = LIMIT, now: Callable[[], float] = time.time
    ) -> None:
        self.path, self.limit, self._now = path, limit, now
        self._db = schema.connect(path)
        self._db.create_function("fold", 1, str.casefold, deterministic=True)

    def close(self) -> None:
        """Let go of the file; a second time does nothing."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # what comes in

    def add(self, record: Record) -> bool:
        """Keep a result, the newest of its recipe; whether there was room for it."""
        made = self._now() if record.made is None else record.made
        arrays = record.arrays
        size = len(record.recipe) + len(record.thumbnail) + (len(arrays) if arrays else 0)
        values = (
            record.key,
            made,
            record.task,
            record.model,
            record.data,
            record.title,
            record.detail,
            size,
            record.words.casefold(),
        )
        with self._changing():
            (number,) = self._db.execute(
                "INSERT INTO results (key, made, task, model, data, title, detail, bytes, words)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                " made = excluded.made, bytes = excluded.bytes, title = excluded.title,"
                " detail = excluded.detail, words = excluded.words,"
                f" binned = {'NULL' if record.queued else 'binned'} RETURNING id",
                values,
            ).fetchone()
            self._db.execute(
                "INSERT OR REPLACE INTO contents (id, thumbnail, recipe, arrays)"
                " VALUES (?, ?, ?, ?)",
                (number, record.thumbnail, record.recipe, record.arrays),
            )
            self._db.execute("DELETE FROM parts WHERE key = ?", (record.key,))
            gone = self._make_room()
        return number not in gone

    def _make_room(self) -> set[int]:
        """Remove the oldest results without a star until the rest fits; which went."""
        over = self.size() - self.limit
        gone: set[int] = set()
        if over > 0:
            # what waits in the bin goes first
            oldest = self._db.execute(
                "SELECT id, bytes FROM results WHERE star = 0"
                " ORDER BY binned IS NULL, made, id LIMIT ?",
                (10_000,),
            )
            for number, size in oldest.fetchall():
                if over <= 0:
                    break
                gone.add(number)
                over -= size
            self._remove(gone)
        return gone

    def size(self) -> int:
        """Bytes of all results, those in the bin too, and of what cut-off runs had finished."""
        results = self._one("SELECT coalesce(sum(bytes), 0) FROM results")
        return results + self._one("SELECT coalesce(sum(bytes), 0) FROM parts")

    # what is there

    def find(self, query: Query = Query()) -> list[int]:
        """The ids of the results asked for, the newest first."""
        where, values = ["binned IS " + ("NOT NULL" if query.binned else "NULL")], list[object]()
        for column in ("task", "model", "data"):
            if wanted := getattr(query, column):
                where.append(f"{column} = ?")
                values.append(wanted)
        if query.starred:
            where.append("star = 1")
        for word in query.text.casefold().split():
            where.append(
                "(words LIKE ? ESCAPE '\\' OR (note != '' AND fold(note) LIKE ? ESCAPE '\\'))"
            )
            values += 2 * [f"%{_literal(word)}%"]
        rows = self._db.execute(
            f"SELECT id FROM results WHERE {' AND '.join(where)} ORDER BY made DESC, id DESC",
            values,
        )
        return [number for (number,) in rows.fetchall()]

    def count(self) -> int:
        """How many results there are, those in the bin left out."""
        return self._one("SELECT count(*) FROM results WHERE binned IS NULL")

    def entries(self, ids: Sequence[int]) -> list[Entry]:
        """The lines of these results, in their order; those that are gone are left out."""
        found: dict[int, Entry] = {}
        for part in _parts(ids):
            rows = self._db.execute(
                "SELECT r.id, made, task, model, data, title, detail, star, note, binned, thumbnail"
                f" FROM results r JOIN contents c USING (id) WHERE r.id IN ({_marks(part)})",
                part,
            )
            for row in rows.fetchall():
                found[row[0]] = Entry(*row)
        return [found[number] for number in ids if number in found]

    def recipe(self, number: int) -> str | None:
        """The recipe of a result as JSON; None where it is gone."""
        row = self._db.execute("SELECT recipe FROM contents WHERE id = ?", (number,)).fetchone()
        return row[0] if row else None

    def arrays(self, number: int) -> bytes | None:
        """The npz of a result; None where it is gone, or too large to be kept."""
        row = self._db.execute("SELECT arrays FROM contents WHERE id = ?", (number,)).fetchone()
        return row[0] if row else None

    def models(self) -> list[tuple[str, str]]:
        """The data sets and models that results are of, in the order of their names."""
        rows = self._db.execute("SELECT DISTINCT data, model FROM results ORDER BY data, model")
        return [(data, model) for data, model in rows.fetchall()]

    # what a person does with them

    def star(self, ids: Sequence[int], starred: bool) -> None:
        """Keep results from being removed for others, or no longer."""
        self._for_all("UPDATE results SET star = ? WHERE id IN ({})", ids, int(starred))

    def note(self, number: int, text: str) -> None:
        """Write a note to a result."""
        with self._changing():
            self._db.execute("UPDATE results SET note = ? WHERE id = ?", (text, number))

    def throw(self, ids: Sequence[int]) -> None:
        """Put results in the bin."""
        self._for_all("UPDATE results SET binned = ? WHERE id IN ({})", ids, self._now())

    def take_back(self, ids: Sequence[int]) -> None:
        """Take results out of the bin."""
        self._for_all("UPDATE results SET binned = NULL WHERE id IN ({})", ids)

    def erase(self, ids: Sequence[int]) -> None:
        """Remove results for good."""
        with self._changing():
            self._remove(ids)
        self._db.execute("PRAGMA incremental_vacuum").fetchall()
        self._empty_log()

    def erase_all(self) -> None:
        """Remove everything for good, starred results too, and give the disk back."""
        with self._changing():
            self._db.execute("DELETE FROM results")
            self._db.execute("DELETE FROM parts")
        with suppress(sqlite3.OperationalError):  # another window reads: it is done at the next
            self._db.execute("VACUUM")
        self._empty_log()

    def _empty_log(self) -> None:
        """What was erased must not stay behind in the log of writes either."""
        with suppress(sqlite3.OperationalError):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def tidy(self) -> None:
        """Empty the bin of what has lain there its time, and forget runs that nobody went on."""
        old, stale = self._now() - BIN_DAYS * _DAY, self._now() - PART_DAYS * _DAY
        with self._changing():
            self._db.execute("DELETE FROM results WHERE binned < ?", (old,))
            self._db.execute("DELETE FROM parts WHERE made < ?", (stale,))
            self._make_room()

    # runs that may be cut off

    def grow(self, key: str, start: int, count: int, arrays: bytes) -> None:
        """Keep examples `start` … of a run that goes on; arrays is an npz of `count` of them."""
        with self._changing():
            self._db.execute(
                "INSERT OR REPLACE INTO parts (key, start, count, made, bytes, arrays)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (key, start, count, self._now(), len(arrays), arrays),
            )

    def begun(self, key: str) -> list[bytes]:
        """The parts of a run from its first example on without a gap, each an npz."""
        rows = self._db.execute(
            "SELECT start, count, arrays FROM parts WHERE key = ? ORDER BY start", (key,)
        )
        found: list[bytes] = []
        place = 0
        for start, count, arrays in rows.fetchall():
            if start != place:
                break
            found.append(arrays)
            place += count
        return found

    # one statement or several

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """All or nothing, and alone among the windows."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    def _for_all(self, statement: str, ids: Sequence[int], *values: object) -> None:
        with self._changing():
            for part in _parts(ids):
                self._db.execute(statement.format(_marks(part)), (*values, *part))

    def _remove(self, ids: Iterable[int]) -> None:
        for part in _parts(list(ids)):
            self._db.execute(f"DELETE FROM results WHERE id IN ({_marks(part)})", part)

    def _one(self, statement: str) -> int:
        return int(self._db.execute(statement).fetchone()[0])


def _parts(ids: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """As many at a time as a statement takes."""
    for start in range(0, len(ids), _MANY):
        yield tuple(ids[start : start + _MANY])


def _marks(ids: Sequence[int]) -> str:
    return ", ".join("?" * len(ids))


def _literal(word: str) -> str:
    """A word as LIKE takes it, its signs standing for themselves."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
