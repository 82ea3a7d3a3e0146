"""What a tab of several pages asks of each of them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.recipes.pictures import Pixels
from app.session.settings import Settings


class Page(QObject):
    """Works while `view` is in view. A subclass answers what raises NotImplementedError here."""

    view: QWidget

    def rebuild(self) -> None:
        """Look with the models chosen."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop what is on its way."""

    def rest(self) -> None:
        """Out of view: what nobody sees waits."""

    def save(self) -> None:
        """Save what is in view."""

    def adopt(self, source: Path | bytes) -> bool:
        """Take a picture file; False where the page has no use for it."""
        return False

    def receive(self, picture: Pixels, title: str) -> None:
        """Take a picture of another tab, where the page has a use for it."""

    def settings(self, settings: Settings) -> Settings:
        """The settings with the controls of the page in them."""
        return settings
