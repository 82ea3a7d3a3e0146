"""A folder of pictures as the examples of a data set: read with suspicion, a few at a time.

What cannot be read is left out and named; a folder within the folder is a class.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from heapq import merge
from pathlib import Path
from typing import TypeAlias

import numpy as np

from engines.data.examples import Pictures
from engines.data.fitting import MAX_FILE, Pixels, fitted, read
from engines.model import Steps, finish
from engines.naming import shortened

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
MOST, MOST_BYTES, MOST_LISTED, MOST_SAID = 1000, 64 << 20, 100_000, 10
"""Pictures that are read, bytes they may take, files that are looked at, sentences about them."""
_RUN = 500
"""Files that are looked at, or sorted, in one step."""

_Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Found:
    """The pictures of a folder, how many were left out and were not looked at, and why.

    `refused` and `notes` are sentences: of the first ten files left out, and of the first ten
    whose levels their file did not say.
    """

    pictures: Pictures
    refused: tuple[str, ...]
    left_out: int
    unread: int
    notes: tuple[str, ...] = ()


def listing(folder: Path) -> Generator[None, None, tuple[Iterator[Path], int]]:
    """The picture files of a folder and of the folders in it, and how many there are.

    They come in the order people count. Yields every few milliseconds of work; the files are
    sorted as they are asked for. Links that lead out of the folder are passed over. Raises
    ValueError when it cannot be read.
    """
    try:
        home = folder.resolve(strict=True)
        runs: list[list[_Key]] = [[]]
        count = 0
        for looked, entry in enumerate(_within(home), 1):
            if looked % _RUN == 0:
                yield
            if looked > MOST_LISTED:
                break
            suffix = os.path.splitext(entry.name)[1].lower()
            if suffix in SUFFIXES and _lies_in(entry, home):
                if len(runs[-1]) == _RUN:
                    runs[-1].sort()
                    yield
                    runs.append([])
                runs[-1].append((_natural(entry.path), entry.path))
                count += 1
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "its name is no path"
        said = f"{shortened(str(folder))} cannot be read: {reason.lower()}"
        raise ValueError(said) from error
    runs[-1].sort()
    return (Path(path) for _, path in merge(*runs)), count


def listed(folder: Path) -> list[Path]:
    """`listing` in one go."""
    return list(finish(listing(folder))[0])


def read_folder(folder: Path, shape: tuple[int, ...]) -> Generator[tuple[int, int], None, Found]:
    """Read pictures for models of pictures (C, H, W); yields how many of how many are done.

    Those of another shape are cropped and scaled. Raises ValueError with one sentence where there
    is none that can be read.
    """
    name = shortened(str(folder))
    look = Steps(listing(folder))
    for _ in look:
        yield 0, 0
    paths, count = look.result
    if not count:
        raise ValueError(f"there are no pictures in {name}")
    most = min(MOST, max(1, MOST_BYTES // (3 * math.prod(shape[1:]))))
    kept: list[tuple[Path, Pixels]] = []
    refused: list[str] = []
    notes: list[str] = []
    left_out = 0
    for path in paths:
        try:
            pixels, said = _picture(path, shape)
            kept.append((path, pixels))
            notes += said[: MOST_SAID - len(notes)]
        except ValueError as error:
            left_out += 1
            refused += [str(error)] * (len(refused) < MOST_SAID)
        yield len(kept) + left_out, min(count, most)
        if len(kept) == most:
            break
    if not kept:
        raise ValueError(f"none of the {count:,} pictures in {name} can be read: {refused[0]}")
    unread = count - len(kept) - left_out
    pictures = _examples(kept, folder.resolve())
    return Found(pictures, tuple(refused), left_out, unread, tuple(notes))


def _examples(kept: list[tuple[Path, Pixels]], home: Path) -> Pictures:
    """Pictures by their files; the folder that a file lies in is its class."""
    held = [path.parent.name if path.parent != home else "" for path, _ in kept]
    classes = tuple(dict.fromkeys(held)) if any(held) else ()
    return Pictures(
        np.stack([pixels for _, pixels in kept]),
        classes,
        tuple(classes.index(each) if classes else 0 for each in held),
        tuple(range(len(kept))),
        tuple(str(path.relative_to(home)) for path, _ in kept),
    )


def _picture(path: Path, shape: tuple[int, ...]) -> tuple[Pixels, tuple[str, ...]]:
    """A picture in the model's shape, and what was decided. Raises ValueError with a sentence."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ValueError(f"{shortened(path.name)} cannot be read") from error
    foreign = read(raw, path.name)
    return fitted(foreign.pixels, shape), foreign.notes


def _within(home: Path) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder, and then in the folders in it that are neither hidden nor links."""
    folders = []
    for entry in _entries(home):
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            folders.append(entry.path)
        yield entry
    for path in folders:
        yield from _entries(Path(path))


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from entries


def _lies_in(entry: os.DirEntry[str], home: Path) -> bool:
    """Whether an entry is a plain file of the folder, links followed."""
    if not entry.is_symlink():
        return entry.is_file(follow_symlinks=False)
    try:
        real = Path(entry.path).resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return real.is_file() and real.is_relative_to(home)


def _natural(path: str) -> str:
    """Key that puts 2.png before 10.png.

    Text, because the collector of garbage passes that over: it would stop a step for longer.
    """
    return re.sub("[0-9]{1,9}", lambda digits: f"\0{digits[0]:0>9}", path)
