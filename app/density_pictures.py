"""Presents the density tab for pictures: one picture, and pages that look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Slot

from app.density_dimensions import Dimensions
from app.density_numbers import Numbers
from app.density_pixels import PixelPage
from app.density_samples import SamplesPage
from app.density_source import PictureSource
from app.density_through import PlanePage
from app.parts import Parts
from widgets.picture_pages import PicturePages


class Page(Protocol):
    """What is asked of a page."""

    def refresh(self) -> None:
        """Look anew."""


class Pictures(QObject):
    """Only the page in front works."""

    def __init__(self, view: PicturePages, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self.view, self._session = view, parts.session
        self._data = ""
        self.source = PictureSource(
            view, parts.session, parts.channels, parts.export, parts.messages
        )
        self.numbers = Numbers(view, self.source, parts)
        self.pixels = PixelPage(view, self.source, parts)
        self.plane = PlanePage(view, self.source, parts)
        self.samples = SamplesPage(view, self.source, parts)
        self.dimensions = Dimensions(view)
        self._pages: dict[str, Page] = {
            "numbers": self.numbers, "pixels": self.pixels, "plane": self.plane,
            "samples": self.samples, "dimensions": self.dimensions,
        }  # fmt: skip
        self.source.changed.connect(self.refresh)
        view.page_changed.connect(self.refresh)
        view.class_changed.connect(self.refresh)

    @Slot()
    def rebuild(self) -> None:
        """Look with the models chosen."""
        cards = self._session.chosen()
        if not self.view.isVisible() or not cards:
            return
        if self._session.data != self._data:
            self._data = self._session.data
            self.view.set_classes(cards[0].labels)
        self.source.show(cards[0])
        self.refresh()

    @Slot()
    def refresh(self, _: object = None) -> None:
        """Let the page in front look anew."""
        if self.view.isVisible():
            self._pages[self.view.page()].refresh()

    def adopt(self, source: Path | bytes) -> bool:
        """Look at a picture from outside."""
        self.source.open(source)
        return True
