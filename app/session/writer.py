"""A thread that writes what has changed: of each file only the newest content. Plain Python."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from app.recipes.files import SaveError

log = logging.getLogger(__name__)

Write = Callable[[], object]


class Writer:
    """Carries out the newest write of each file, on a thread of its own.

    A write may raise SaveError: `failed` hears of which file, on that thread.
    """

    def __init__(self, failed: Callable[[str, SaveError], object]) -> None:
        self._failed = failed
        self._wake = threading.Condition()  # guards what follows
        self._waiting: dict[str, Write] = {}
        self._ends = False
        self._thread = threading.Thread(target=self._work, name="genscope saving", daemon=True)
        self._thread.start()

    def put(self, file: str, write: Write) -> None:
        """Write this soon, in place of what still waits for the same file."""
        with self._wake:
            self._waiting[file] = write
            self._wake.notify()

    def close(self, timeout: float) -> bool:
        """Write what waits, then end; whether it had ended after so many seconds."""
        with self._wake:
            self._ends = True
            self._wake.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._ends)
                if not self._waiting:
                    return
                file = next(iter(self._waiting))
                write = self._waiting.pop(file)
            try:
                write()
            except SaveError as error:
                self._failed(file, error)
            except Exception:
                # what cannot be saved now must not keep the rest from being saved
                log.exception("something was not saved")
