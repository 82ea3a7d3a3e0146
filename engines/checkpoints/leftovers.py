"""What a run that was killed left behind. Imports nothing heavy: every start looks for it.

A file is written beside its target before it takes its place, and pictures that are dragged out of
the window lie in a temporary folder. Whoever ends the program by force leaves these.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

BESIDE = ".genscope-"
"""How the name of a half-written file begins; 16 hexadecimal digits follow."""
TEMPORARY = "genscope-"
"""How the name of a temporary folder begins."""
_FILE = re.compile(re.escape(BESIDE) + r"[0-9a-f]{16}")
_FOLDER = re.compile(re.escape(TEMPORARY) + r"[a-z0-9_]{8}")  # as tempfile names them
_OURS = re.compile(r".+\.png|film\.mp4|" + _FILE.pattern)
_DAY = 86_400.0
FILE_AGE, FOLDER_AGE = _DAY, 7 * _DAY
"""Seconds after which nobody is at work: writing takes seconds, a window may be open for days."""


def clean(folders: Iterable[Path], temporary: Path | None = None) -> None:
    """Remove old half-written files in these folders, and old temporary folders of ours.

    Only what bears our names, belongs to this user, is no link and has not changed for a day (a
    folder: a week). What cannot be removed stays, without a word.
    """
    for folder in folders:
        for path in _old(folder, _FILE, stat.S_ISREG, FILE_AGE):
            _remove(path)
    for path in _old(temporary or Path(tempfile.gettempdir()), _FOLDER, stat.S_ISDIR, FOLDER_AGE):
        for inside in _old(path, _OURS, stat.S_ISREG, FOLDER_AGE):
            _remove(inside)
        with suppress(OSError):
            path.rmdir()  # it stays where anything else lies in it


def _old(
    folder: Path, name: re.Pattern[str], kind: Callable[[int], bool], age: float
) -> list[Path]:
    """What lies in a folder under such names, of this kind, this user's and untouched for long."""
    found = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not name.fullmatch(entry.name):
                continue
            about = entry.stat(follow_symlinks=False)
            is_mine = not hasattr(os, "getuid") or about.st_uid == os.getuid()
            if kind(about.st_mode) and is_mine and time.time() - about.st_mtime > age:
                found.append(Path(entry.path))
    return found


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
