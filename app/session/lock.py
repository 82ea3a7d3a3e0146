"""Files that are locked as long as a process lives. No Qt.

The system lets go of a lock when its process ends, however it ends: no number of a process can be
taken for that of another one.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_AGAIN = 0.02  # seconds


class LockError(Exception):
    """The file cannot be locked."""


class LockedError(LockError):
    """Another process holds the lock."""


class Lock:
    """A file that this process has locked. Raises LockedError where another one has it, LockError
    where it cannot be locked at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("a+b")
        except OSError as error:
            raise LockError(str(error)) from error
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            busy = error.errno in (errno.EACCES, errno.EAGAIN)
            raise (LockedError if busy else LockError)(str(error)) from error
        if not self._is_there():
            self._file.close()
            raise LockedError("the file was removed meanwhile")

    def _is_there(self) -> bool:
        """Whether the file locked is the one of that name: another may have removed it before."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return False

    def release(self, *, remove: bool = False) -> None:
        """Let go of the file, and remove it if asked."""
        if remove and os.name != "nt":
            # while it is still locked: nobody else can have begun to use it
            with suppress(OSError):
                self.path.unlink()
        self._file.close()
        if remove and os.name == "nt":
            with suppress(OSError):
                self.path.unlink()


@contextmanager
def held(path: Path, *, patience: float) -> Iterator[None]:
    """Hold a lock. Raises LockedError where another process has it for longer than `patience`
    seconds, LockError where it cannot be locked at all."""
    until = time.monotonic() + patience
    while True:
        try:
            lock = Lock(path)
            break
        except LockedError:
            if time.monotonic() > until:
                raise
            time.sleep(_AGAIN)
    try:
        yield
    finally:
        lock.release()


def _lock(file: BinaryIO) -> None:
    """Lock the file for this process alone. Raises OSError."""
    if sys.platform == "win32":
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
