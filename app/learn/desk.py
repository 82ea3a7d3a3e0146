"""What the tab Learn does, once it has been in view: points, learners and time are joined here."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.learn.data import Data
from app.session.settings import Settings
from app.tab.parts import Parts
from widgets.learn.tab import LearnTab


class Desk(QObject):
    """Joins the points, the learners and the one that is chosen."""

    def __init__(self, tab: LearnTab, parts: Parts, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._tab, self._parts = tab, parts
        self.data = Data(tab.data, parts, self)
        tab.dropped.connect(self.open)
        self.data.begin()

    def go_on(self) -> None:
        """The tab is in view again."""

    def rest(self) -> None:
        """The tab is out of view."""

    def run(self) -> None:
        """Let the learners go on."""

    def pause(self) -> None:
        """Let the learners rest."""

    def save(self) -> None:
        """Keep what there is."""
        self.data.save()

    @Slot(object)
    def open(self, path: Path) -> None:
        """Take the points of a file."""
        self.data.open(path)

    def settings(self, settings: Settings) -> Settings:
        """The settings with the tab's controls in them."""
        return settings
