"""Files of pictures and masks that the command line names; what was decided goes to stderr."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app.command.output import say
from app.recipes.files import read_bytes
from engines.data.fitting import MAX_FILE, Foreign, read
from engines.naming import shortened

T = TypeVar("T")


def foreign_of(path: Path) -> Foreign:
    """The picture in a file. Raises ValueError with one sentence that names it."""
    found = content_of(path, read)
    for note in found.notes:
        say(note)
    return found


def content_of(path: Path, reads: Callable[[bytes, str], T]) -> T:
    """What `reads` makes of the bytes and the name of a file. Raises ValueError as above."""
    name = shortened(path.name, 60)
    try:
        return reads(read_bytes(path, MAX_FILE), path.name)
    except ValueError as error:
        words = str(error).removesuffix(".")
        named = words if words.startswith(name) else f"{shortened(str(path))} {words}"
        raise ValueError(named) from error
