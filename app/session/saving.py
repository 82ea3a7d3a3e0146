"""Settings of windows that run at once: each writes what it has changed itself. No Qt, no torch."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from app.session import settings as remembered
from app.session.lock import LockError, held
from app.session.settings import Settings

_PATIENCE = 2.0
"""Seconds to wait for another window that writes its settings; then this one writes all the same:
it replaces the file as a whole."""


def merged(before: Settings, now: Settings, disk: Settings) -> Settings:
    """What is on disk, with what has changed from `before` to `now`.

    Of tables, such as the knobs of each model, the entries count one by one.
    """
    values: dict[str, Any] = {}
    for f in fields(Settings):
        old, new, theirs = (getattr(each, f.name) for each in (before, now, disk))
        if isinstance(new, Mapping):
            values[f.name] = _table(old, new, theirs)
        else:
            values[f.name] = theirs if new == old else new
    return Settings(**values)


def _table(
    old: Mapping[str, Any], new: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    absent = object()
    found = dict(theirs)
    for key in old.keys() | new.keys():
        mine = new.get(key, absent)
        if mine == old.get(key, absent):
            continue
        if mine is absent:
            found.pop(key, None)
        else:
            found[key] = mine
    return found


def save(before: Settings, now: Settings, path: Path) -> None:
    """Write what has changed since `before`, beside what other windows wrote meanwhile.

    Raises SaveError; the old file stays as it was.
    """
    with suppress(LockError), held(path.with_suffix(".lock"), patience=_PATIENCE):
        _save(before, now, path)
        return
    _save(before, now, path)


def _save(before: Settings, now: Settings, path: Path) -> None:
    # a file that is gone is written as this window knew it
    disk = remembered.load(path) if path.exists() else before
    remembered.save(merged(before, now, disk), path)
