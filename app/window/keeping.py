"""What the window keeps on disk while a person works: settings, what it does, finished results.

A window without a folder keeps nothing, one without a path of settings remembers nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QWidget

from app.exchange.export import Export
from app.exchange.intake import Intake
from app.exchange.travel import Travel
from app.history.history import History
from app.history.keeper import Keeper
from app.history.out import Out
from app.recipes.files import SaveError
from app.session import saving
from app.session import settings as remembered
from app.session.session import Session
from app.session.settings import Settings
from app.session.writer import Writer
from app.window.continuing import Continuation
from app.window.tabs import Tabs
from app.work.jobs import Jobs
from app.work.newest import Newest
from widgets.window.messages import Cause, Messages, Severity

log = logging.getLogger(__name__)

EVERY_MS = 1000
"""How often the window looks whether anything has changed: what a hand did is on disk within twice
this time."""
CLOSING_SECONDS = 5.0
SETTINGS = "settings"


class Kept(Protocol):
    """What is asked of the window."""

    session: Session
    jobs: Jobs
    messages: Messages
    export: Export
    intake: Intake
    travel: Travel
    tabs: Tabs

    def settings(self) -> Settings: ...


class Keeping(QObject):
    """Saves in the background what has changed since the last look, and owns the history."""

    def __init__(
        self,
        window: Kept,
        widget: QWidget,
        settings: Settings,
        path: Path | None,
        folder: Path | None,
    ) -> None:
        super().__init__(widget)
        self._window, self._messages = window, window.messages
        self._path, self._folder = path, folder
        self._saved = settings
        self._troubled = False
        """Whether a warning stands that something could not be saved."""
        self._keep, self._megabytes = settings.keep_history, settings.history_megabytes
        self._warnings = Newest(self)
        self._warnings.told.connect(self._warn)
        self._changes = Newest(self)
        self._writer = Writer(self._failed) if path or folder else None
        self._keeper: Keeper | None = None
        self.history: History | None = None
        self._continuation: Continuation | None = None
        if folder is not None:
            self._open_history(folder, window, widget)
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)

    def _open_history(self, folder: Path, window: Kept, widget: QWidget) -> None:
        keeper = self._keeper = Keeper(
            folder / "history.db",
            limit=self._megabytes << 20,
            off=not self._keep,
            told=self._warnings.tell,
            changed=lambda: self._changes.tell(None),
        )
        window.session.open.keep = keeper
        out = Out(window.export, window.travel, window.messages, window.session)
        self.history = History(
            keeper,
            self._changes,
            window.session,
            out,
            window.intake.follow,
            window.messages,
            widget,
        )
        self.history.megabytes = self._megabytes
        self.history.keep_changed.connect(self._set_keep)
        self.history.room_changed.connect(self._set_room)

    def begin(self) -> None:
        """The window has begun: what was there the last time is restored or offered."""
        if self._path is not None:
            self._check(self._path)
        if self._folder is not None and self._writer is not None:
            self._continuation = Continuation(
                self._folder / "sessions", self._window, self._writer, self
            )
            self._continuation.begin(keep=self._keep)
        if self._writer is not None:
            self._timer.start()

    def _check(self, path: Path) -> None:
        """Say at once where nothing can be remembered: at the end it would be too late."""
        try:
            saving.save(self._saved, self._saved, path)
        except SaveError as error:
            self._warn(remembered.refusal(error, path))

    def settings(self, settings: Settings) -> Settings:
        """The settings with the switches of the history in them."""
        return replace(settings, keep_history=self._keep, history_megabytes=self._megabytes)

    @Slot()
    def look(self) -> None:
        """Have written what has changed."""
        if self._writer is None:
            return
        now, path = self._window.settings(), self._path
        if path is not None and now != self._saved:
            before, self._saved = self._saved, now
            self._writer.put(SETTINGS, self._saving(before, now, path))
        if self._continuation is not None:
            self._continuation.look()

    def _saving(self, before: Settings, now: Settings, path: Path) -> Callable[[], object]:
        def save() -> None:
            saving.save(before, now, path)
            if self._troubled:
                self._warnings.tell(None)  # this time it could be written

        return save

    def show_history(self) -> None:
        """Open the panel of finished results."""
        if self.history is not None:
            self.history.show()

    @Slot(bool)
    def _set_keep(self, keep: bool) -> None:
        self._keep = keep
        if self._continuation is not None:
            self._continuation.set_keep(keep)

    @Slot(int)
    def _set_room(self, megabytes: int) -> None:
        self._megabytes = megabytes

    def _failed(self, file: str, error: SaveError) -> None:
        """On the thread that writes."""
        log.warning("the %s were not saved: %s", file, error)
        if file == SETTINGS:
            self._warnings.tell(remembered.refusal(error, self._path or Path()))
        else:
            self._warnings.tell(f"After a sudden end nothing could be continued: {error}")

    @Slot(object)
    def _warn(self, sentence: str | None) -> None:
        self._troubled = sentence is not None
        if sentence is None:
            self._messages.settle(Cause.KEEPING)
        else:
            self._messages.tell(sentence, severity=Severity.WARNING, about=Cause.KEEPING)

    def close(self, timeout: float = CLOSING_SECONDS) -> bool:
        """Write what waits, end all threads; whether they had ended after so many seconds.

        A last `look` comes before.
        """
        self._timer.stop()
        for news in (self._warnings, self._changes):
            news.close()
        if self._continuation is not None:
            self._continuation.end()
        ended = self._writer is None or self._writer.close(timeout)
        if self._continuation is not None:
            self._continuation.close()
        if self.history is not None:
            ended = self.history.close(timeout) and ended
        if self._keeper is not None:
            ended = self._keeper.close(timeout) and ended
        return ended
