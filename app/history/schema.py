"""The file of the history: its tables, its version, and what becomes of a file that is damaged.

SQLite with a write-ahead log, so that several windows read and write at once. Plain Python.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

VERSION = 1
_APPLICATION = 0x67736831  # "gsh1": the file is ours
_BUSY_SECONDS = 5.0
"""How long a window waits for another one that writes."""

_TABLES = """
CREATE TABLE results (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    made REAL NOT NULL,
    task TEXT NOT NULL,
    model TEXT NOT NULL,
    data TEXT NOT NULL,
    title TEXT NOT NULL,
    detail TEXT NOT NULL,
    star INTEGER NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT '',
    binned REAL,
    bytes INTEGER NOT NULL,
    words TEXT NOT NULL
);
CREATE INDEX results_by_time ON results (binned, made, id);
CREATE INDEX results_by_size ON results (star, made, bytes);
CREATE INDEX results_by_model ON results (data, model);
CREATE TABLE contents (
    id INTEGER PRIMARY KEY REFERENCES results (id) ON DELETE CASCADE,
    thumbnail BLOB NOT NULL,
    recipe TEXT NOT NULL,
    arrays BLOB
);
CREATE TABLE parts (
    key TEXT NOT NULL,
    start INTEGER NOT NULL,
    count INTEGER NOT NULL,
    made REAL NOT NULL,
    bytes INTEGER NOT NULL,
    arrays BLOB NOT NULL,
    PRIMARY KEY (key, start)
);
"""

_NEWER = (
    "The history was written by a newer Genscope: update Genscope to see it. Results are not kept "
    "until then."
)


class HistoryError(Exception):
    """The history cannot be used; the message is one sentence for a person."""


class Damaged(HistoryError):
    """What the file holds cannot be read any more."""


def connect(path: Path) -> sqlite3.Connection:
    """The history in a file, made there if need be; for one thread at a time.

    Raises Damaged for a file that is none, HistoryError for one of a newer version, or a folder
    that cannot be written.
    """
    connection: sqlite3.Connection | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        _prepare(connection)
    except (sqlite3.Error, OSError, HistoryError) as error:
        if connection is not None:
            connection.close()
        raise refusal(error, path) from error
    return connection


def refusal(error: Exception, path: Path) -> HistoryError:
    """What an error of SQLite or of the system means for a person."""
    if isinstance(error, HistoryError):
        return error
    if is_damage(error):
        return Damaged(f"The history is damaged ({path}).")
    return HistoryError(f"The history cannot be used: {str(error).lower()} ({path}).")


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file itself is at fault, not the disk or another window."""
    if isinstance(error, sqlite3.OperationalError):
        # a table that another hand has removed; but not "locked", "full", "unable to open"
        return "no such" in str(error)
    return isinstance(error, sqlite3.DatabaseError)


def _prepare(connection: sqlite3.Connection) -> None:
    if _number(connection, "user_version") > VERSION:  # before anything in it is changed
        raise HistoryError(_NEWER)
    for setting in (
        "auto_vacuum = INCREMENTAL",  # before the first table: what is erased frees the disk
        "journal_mode = WAL",
        "synchronous = NORMAL",  # a process that dies loses nothing; of a power cut, seconds
        "foreign_keys = ON",
        "secure_delete = ON",  # people paste private pictures: what is erased is overwritten
        "journal_size_limit = 16777216",
    ):
        connection.execute(f"PRAGMA {setting}").fetchall()
    if _number(connection, "user_version") == VERSION:
        connection.execute("SELECT max(id) FROM results").fetchall()
        return
    connection.execute("BEGIN IMMEDIATE")  # two windows may open a new history at once
    try:
        _migrate(connection)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring an older file to this version, step by step; a new one is of version 0."""
    version = _number(connection, "user_version")
    if version == 0:
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise Damaged("The file of the history is another program's.")
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def set_aside(path: Path, now: Callable[[], float] = time.time) -> str:
    """Move a damaged history out of the way; the sentence that says so.

    Raises HistoryError where it cannot be moved.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now()))
    aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    try:
        for suffix in ("-wal", "-shm", ""):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.replace(aside.with_name(aside.name + suffix))
    except OSError as error:
        raise HistoryError(
            f"The history is damaged and cannot be moved away: {str(error).lower()} ({path})."
        ) from error
    return f"The history was damaged: it is kept as {aside.name}, and a new one begins."
