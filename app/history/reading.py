"""What the panel reads of the history, as jobs of a thread of its own. No Qt."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.history import record
from app.history.store import Entry, Query, Store
from app.kinds import view_of
from app.recipes.pictures import Pixels, Values
from app.recipes.recipe import Recipe, RecipeError
from app.work.lane import Job
from engines.model import Card

_MOST = 400
"""Examples that are shown of one result."""


@dataclass(frozen=True)
class Found:
    """What a query found, of what there are results at all, and how much they take."""

    query: Query
    ids: tuple[int, ...]
    models: tuple[tuple[str, str], ...]
    count: int
    size: int


@dataclass(frozen=True, eq=False)
class Looked:
    """A result in full. `recipe` is None for one that is damaged or of a newer version.

    `pictures` (n, H, W, 3) are its examples, or what shows them all; None where they are not kept,
    or the model is gone. `single` says that each of them is an example of its own.
    """

    id: int
    recipe: Recipe | None
    text: str
    values: Values | None = None
    pictures: Pixels | None = None
    single: bool = False


class Reader:
    """A store for the thread that reads, which opens it and keeps it open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store: Store | None = None
        self._file = 0

    def store(self) -> Store:
        """The store; opened anew where its file has been set aside. Raises HistoryError."""
        with suppress(OSError):
            if self._store is not None and self._path.stat().st_ino == self._file:
                return self._store
        self.close()
        self._store = Store(self._path)
        self._file = self._path.stat().st_ino
        return self._store

    def close(self) -> None:
        """Let go of the file: on the thread that reads, or when that has ended."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def finding(self, query: Query) -> Job:
        """A job that yields Found."""

        def job() -> Generator[Found, None, None]:
            store = self.store()
            ids = tuple(store.find(query))
            everything = len(ids) if query == Query() else store.count()
            yield Found(query, ids, tuple(store.models()), everything, store.size())

        return job

    def fetching(self, ids: tuple[int, ...]) -> Job:
        """A job that yields the entries of these results."""

        def job() -> Generator[tuple[Entry, ...], None, None]:
            yield tuple(self.store().entries(ids))

        return job

    def looking(self, number: int, card: Card | None) -> Job:
        """A job that yields a result in full; nothing where it is gone."""

        def job() -> Generator[Looked, None, None]:
            if (looked := look(self.store(), number, card)) is not None:
                yield looked

        return job


def look(store: Store, number: int, card: Card | None) -> Looked | None:
    """A result in full; None where it is gone. `card` is that of its model, None where it is."""
    text, raw = store.recipe(number), store.arrays(number)
    if text is None:
        return None
    try:
        recipe = Recipe.from_json(text)
    except RecipeError:
        return Looked(number, None, text)
    if raw is None or card is None:
        return Looked(number, recipe, text)
    try:
        values, picture = record.unpacked(raw), record.unpacked(raw, "picture")
    except ValueError:
        return Looked(number, recipe, text)
    if picture.ndim == 3:
        return Looked(number, recipe, text, values, picture[None])
    view = view_of(card)
    if len(values) and view.picture(values[0]) is not None:
        found = [view.picture(value) for value in values[:_MOST]]
        pictures = np.stack([each for each in found if each is not None])
        return Looked(number, recipe, text, values, pictures, single=True)
    whole = record.shown(card, recipe, values, 640)
    return Looked(number, recipe, text, values, None if whole is None else whole[None])


def counted(results: int) -> str:
    """ "1 result", "2,000 results"."""
    return f"{results:,} result{'s' * (results != 1)}"


def when(made: float, now: float | None = None) -> str:
    """A moment for people: "today 12:31", "yesterday 9:05", "3 May 14:00", "3 May 2025"."""
    today = time.localtime(time.time() if now is None else now)
    then = time.localtime(made)
    clock = f"{then.tm_hour}:{then.tm_min:02}"
    if then[:3] == today[:3]:
        return f"today {clock}"
    day_before = time.localtime(time.mktime((*today[:3], 12, 0, 0, 0, 0, -1)) - 86_400)
    if then[:3] == day_before[:3]:
        return f"yesterday {clock}"
    date = f"{then.tm_mday} {_MONTHS[then.tm_mon - 1]}"
    return f"{date} {clock}" if then.tm_year == today.tm_year else f"{date} {then.tm_year}"


# whatever the locale
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
