"""What runs is said in the bar, and stopped from there; what was said goes with its cause."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Slot

from app.models.titles import channel_title
from app.session.session import Session
from app.window.tabs import Tabs
from app.work.channels import Channels
from app.work.jobs import Jobs
from app.work.live import Live
from widgets.queue.job_bar import JobBar
from widgets.window.messages import Cause, Messages


class Runs(Protocol):
    """What is asked of the window."""

    session: Session
    channels: Channels
    jobs: Jobs
    bar: JobBar
    messages: Messages
    tabs: Tabs


class Running(QObject):
    """Joins the lane, its bar, the messages and the tab in front."""

    def __init__(self, window: Runs, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        session, channels, bar = window.session, window.channels, window.bar
        self._live = Live(channels, bar, lambda name: channel_title(name, session.cards), self)
        channels.background_changed.connect(bar.set_background)
        channels.background_failed.connect(window.jobs.tell_failure)
        bar.stop_background_wanted.connect(channels.stop_background)
        bar.stop_live_wanted.connect(self.stop)
        session.data_changed.connect(self._settle)

    @Slot()
    def stop(self) -> None:
        """Stop what the tab in front does; where nothing works, the newest message goes."""
        window = self._window
        if not (window.channels.live() or window.jobs.unfinished()):
            window.messages.dismiss()
        window.tabs.front().stop()
        window.channels.stop_live()

    @Slot()
    def _settle(self) -> None:
        """What was refused for the data set before concerns nobody any more."""
        self._window.messages.settle(Cause.OPENING, Cause.RECIPE)
