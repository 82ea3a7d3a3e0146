"""What a window was doing, on disk as it changes: a window that was killed can be continued.

Each window has a file of its own, locked as long as it lives, so that only what the dead left
behind is taken. No Qt.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.recipes import files
from app.session.lock import Lock, LockedError, LockError

FORMAT = 1
_MAX_BYTES = 64 << 20
_DAYS = 30
"""After which what the dead left behind is removed."""
_MOST_JOBS = 1000
_PATIENCE = 1.0  # seconds; another window may look whether this one lives


@dataclass(frozen=True)
class Job:
    """A job that had not ended: its task, how the queue put it, its recipe as JSON."""

    task: str
    title: str
    detail: str
    recipe: str


@dataclass(frozen=True)
class Left:
    """What a window was doing: the task of the tab in `front`, recipes of what stood in each tab by
    their tasks, in words what that was, and the jobs in their order.

    `ended` says whether the window was closed by a person.
    """

    front: str = ""
    tabs: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    jobs: tuple[Job, ...] = ()
    ended: bool = False

    @property
    def empty(self) -> bool:
        return not self.jobs and not self.tabs

    def sentence(self) -> str:
        """ "3 jobs, in-painting of Test picture 18"; "" for nothing."""
        count = len(self.jobs)
        jobs = [f"{count} job{'s' * (count != 1)}"] if count else []
        # of the tabs that in front says most; others are there as well
        titles = [self.titles[self.front]] if self.front in self.titles else []
        titles = titles or list(self.titles.values())[:1]
        return ", ".join((*jobs, *titles))

    def to_json(self) -> str:
        table = {
            "format": FORMAT,
            "front": self.front,
            "tabs": dict(self.tabs),
            "titles": dict(self.titles),
            "jobs": [vars(job) for job in self.jobs],
            "ended": self.ended,
        }
        return json.dumps(table, ensure_ascii=False)


def read(raw: bytes) -> Left:
    """What `Left.to_json` wrote, trusting nothing. Raises ValueError."""
    table = json.loads(raw)
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        raise ValueError("is of another version")
    jobs = table.get("jobs")
    if not isinstance(jobs, list) or len(jobs) > _MOST_JOBS:
        raise ValueError("holds no list of jobs")
    return Left(
        str(table.get("front", "")),
        _texts(table.get("tabs")),
        _texts(table.get("titles")),
        tuple(Job(**{name: _text(job, name) for name in Job.__annotations__}) for job in jobs),
        table.get("ended") is True,
    )


def _texts(table: Any) -> dict[str, str]:
    return files.typed(table, Mapping[str, str])  # type: ignore[no-any-return]


def _text(job: Any, name: str) -> str:
    if not isinstance(job, dict) or not isinstance(job.get(name), str):
        raise ValueError("holds a damaged job")
    found: str = job[name]
    return found


class Found:
    """What a dead window left behind; no other window takes it while this one has it."""

    def __init__(self, left: Left, path: Path, lock: Lock) -> None:
        self.left, self._path, self._lock = left, path, lock

    def drop(self) -> None:
        """It has been continued, or nobody wants it."""
        with suppress(OSError):
            self._path.unlink()
        self._lock.release(remove=True)

    def leave(self) -> None:
        """The next window may take it."""
        self._lock.release()


class Recovery:
    """The file of this window, in a folder that all windows share."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        """Raises LockError where nothing can be locked in the folder."""
        self._folder, self._now = folder, now
        self._path = folder / f"{secrets.token_hex(8)}.json"
        self._lock = _lock_of(self._path)

    def write(self, left: Left) -> None:
        """Keep what this window does. Raises SaveError."""
        files.write_atomically(self._path, left.to_json().encode())

    def forget(self) -> None:
        """Nothing of this window is kept."""
        with suppress(OSError):
            self._path.unlink()

    def close(self) -> None:
        """This window ends: its file is the next one's, where there is any."""
        self._lock.release(remove=not self._path.exists())

    def take(self) -> Found | None:
        """What the window that died last left behind, None where there is nothing.

        What nobody could want is removed: a state without jobs that is not the newest, what is
        damaged, what is very old.
        """
        self._remove_locks()
        found: Found | None = None
        for path in self._others():
            try:
                lock = Lock(path.with_suffix(".lock"))
            except LockError:
                continue  # its window lives
            each = Found(_read(path) or Left(), path, lock)
            old = self._now() - _saved(path) > _DAYS * 86_400
            if each.left.empty or old or (found is not None and not each.left.jobs):
                each.drop()
            elif found is None:
                found = each
            else:
                each.leave()
        return found

    def _remove_locks(self) -> None:
        """Remove the locks of dead windows that have left nothing behind."""
        for path in self._folder.glob("*.lock"):
            if path != self._lock.path and not path.with_suffix(".json").exists():
                with suppress(LockError):
                    Lock(path).release(remove=True)

    def _others(self) -> list[Path]:
        """The files of other windows, the newest first."""
        with suppress(OSError):
            paths = [path for path in self._folder.glob("*.json") if path != self._path]
            return sorted(paths, key=_saved, reverse=True)
        return []


def _lock_of(path: Path) -> Lock:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return Lock(path.with_suffix(".lock"))
        except LockedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def _saved(path: Path) -> float:
    """When a file was written, in seconds since 1970; 0 for one that is gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _read(path: Path) -> Left | None:
    try:
        return read(files.read_bytes(path, _MAX_BYTES))
    except (ValueError, RecursionError):
        return None
