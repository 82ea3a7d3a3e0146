"""A folder of pictures as the examples of a data set: read with suspicion, a few at a time.

What cannot be read is left out and named; a folder within the folder is a class.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from engines.data.examples import Pictures
from engines.data.fitting import MAX_FILE, Pixels, fitted, read

SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm",
)  # fmt: skip
MOST, MOST_BYTES, MOST_LISTED = 1000, 64 << 20, 100_000
"""Pictures that are read, bytes they may take, and files that are looked at."""


@dataclass(frozen=True, eq=False)
class Found:
    """The pictures of a folder, why others were left out, and how many were not looked at."""

    pictures: Pictures
    refused: tuple[str, ...]
    unread: int


def listed(folder: Path) -> list[Path]:
    """The picture files of a folder and of the folders in it, in the order people count.

    Links that lead out of the folder are passed over. Raises ValueError when it cannot be read.
    """
    try:
        home = folder.resolve(strict=True)
        inside = [entry for entry in islice(_entries(home), MOST_LISTED) if _is_folder(entry)]
        places = [home, *(Path(entry.path) for entry in inside)]
        files = [Path(e.path) for place in places for e in islice(_entries(place), MOST_LISTED)]
        good = [path for path in files if path.suffix.lower() in SUFFIXES and _lies_in(path, home)]
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(f"{folder} cannot be read: {reason.lower()}") from error
    return sorted(good[:MOST_LISTED], key=lambda path: _natural(path.relative_to(home)))


def read_folder(folder: Path, shape: tuple[int, ...]) -> Generator[tuple[int, int], None, Found]:
    """Read pictures for models of pictures (C, H, W); yields how many of how many are done.

    Those of another shape are cropped and scaled. Raises ValueError with one sentence where there
    is none that can be read.
    """
    paths = listed(folder)
    if not paths:
        raise ValueError(f"there are no pictures in {folder}")
    most = min(MOST, max(1, MOST_BYTES // (3 * math.prod(shape[1:]))))
    home = folder.resolve()
    levels: list[Pixels] = []
    kept: list[Path] = []
    refused: list[str] = []
    for path in paths:
        if len(levels) == most:
            break
        try:
            levels.append(_picture(path, shape))
            kept.append(path)
        except ValueError as error:
            refused.append(str(error))
        yield len(levels) + len(refused), min(len(paths), most)
    if not levels:
        raise ValueError(f"none of the {len(paths)} pictures in {folder} can be read: {refused[0]}")
    held = [path.parent.name if path.parent != home else "" for path in kept]
    classes = tuple(dict.fromkeys(held)) if any(held) else ()
    pictures = Pictures(
        np.stack(levels), classes, tuple(classes.index(c) if classes else 0 for c in held),
        tuple(range(len(kept))), tuple(str(path.relative_to(home)) for path in kept),
    )  # fmt: skip
    return Found(pictures, tuple(refused), len(paths) - len(kept) - len(refused))


def _picture(path: Path, shape: tuple[int, ...]) -> Pixels:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read") from error
    return fitted(read(raw, path.name).pixels, shape)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from entries


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder that is neither hidden nor a link."""
    return entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")


def _lies_in(path: Path, home: Path) -> bool:
    """Whether a path is a plain file of the folder, links followed."""
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return real.is_file() and real.is_relative_to(home)


def _natural(path: Path) -> tuple[tuple[int, int | str], ...]:
    """Key that puts 2.png before 10.png."""
    parts = re.split(r"([0-9]{1,9})", str(path))
    return tuple((0, int(p)) if p.isascii() and p.isdecimal() else (1, p) for p in parts)
