"""Files written whole or not at all. Imports nothing heavy, for the window uses it too."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engines.checkpoints.leftovers import BESIDE


def write_atomically(path: Path, raw: bytes) -> None:
    """Write beside the target and rename: a reader sees the old file or the whole new one.

    Makes the folder if need be; a link stays a link. Raises OSError and leaves the old file as it
    was on failure.
    """
    with replacing(path) as file:
        file.write(raw)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """As `write_atomically`, for what is written piece by piece: the file to write into.

    It takes the target's place when the block ends, and is removed where that fails.
    """
    target = Path(os.path.realpath(path))
    beside = target.with_name(f"{BESIDE}{secrets.token_hex(8)}")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with beside.open("xb") as file:
            yield file
            # else a loss of power may leave the new name on an empty file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
