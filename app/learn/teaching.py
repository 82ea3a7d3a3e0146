"""The learners' one background job, seen from the window: what is asked, and what is told."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from app.learn.studio import News, Studio
from app.work.channels import Background, Channels

TITLE = "Learning"


class Teaching(QObject):
    """`told` carries News that differ from the last; `rested` when there is nothing more to do."""

    told = Signal(object)
    rested = Signal()

    def __init__(self, channels: Channels, parent: QObject) -> None:
        super().__init__(parent)
        self.studio = Studio()
        self.news = News((), (), None, False)
        self._ticket: int | None = None
        self._background: Background = channels.background("learn")
        self._background.stepped.connect(self._hear)
        self._background.done.connect(self._end)
        self._background.failed.connect(self._stop)
        self._background.stopped.connect(self._stop)

    def busy(self) -> bool:
        """Whether the job runs, or rests out of view."""
        return self._ticket is not None

    def ask(self, act: Callable[[], object], *, at_once: bool = True) -> None:
        """Have something done on the lane between two steps; else with what is asked next."""
        self.studio.ask(act)
        if at_once:
            self.begin()

    def begin(self) -> None:
        """Do what was asked for."""
        if self._ticket is None:
            self._ticket = self._background.submit(TITLE, self.studio.job)

    def hold(self) -> None:
        """Rest while the tab is out of view."""
        self._background.hold()

    def go_on(self) -> None:
        """The tab is in view again."""
        self._background.go_on()

    @Slot(int, object)
    def _hear(self, _: int, news: News) -> None:
        if news is not self.news:
            self.news = news
            self.told.emit(news)

    @Slot(int, object)
    def _end(self, ticket: int, news: News) -> None:
        self._hear(ticket, news)
        self._stop(ticket)

    @Slot(int)
    @Slot(int, object)
    def _stop(self, _: int, __: object = None) -> None:
        """It has ended, or was stopped from outside the tab."""
        self._ticket = None
        if self.studio.waits():
            self.begin()
        else:
            self.rested.emit()
