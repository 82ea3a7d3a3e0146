"""What presenters of tabs with pages share: only the page in front works."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Slot

from app.session.settings import Settings
from app.tab.continuing import Continuing
from app.tab.figures import Drawing
from app.tab.page import Page
from app.tab.parts import Parts
from widgets.controls.paged_tab import PagedTab

P = TypeVar("P", bound=Page)


class Paged(QObject, Continuing, Drawing, Generic[P]):
    """Rests while its tab is out of view. A subclass makes its pages and shows one of them."""

    def __init__(self, tab: PagedTab, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self.page: P | None = None
        """The page in front."""
        for signal in (parts.session.data_changed, parts.session.models_changed, tab.entered):
            signal.connect(self.rebuild)
        tab.left.connect(self._rest)

    def made(self) -> Iterable[P]:
        """The pages that were shown by now."""
        raise NotImplementedError

    @Slot()
    def rebuild(self) -> None:
        """Show the page for what is chosen, once the tab is in view."""
        raise NotImplementedError

    def _seen(self) -> P | None:
        return self.page if self.page is not None and self.page.view.isVisible() else None

    @Slot()
    def _rest(self) -> None:
        for page in self.made():
            page.rest()

    def stop(self) -> None:
        """Stop what is on its way."""
        for page in self.made():
            page.stop()

    def save(self) -> None:
        """Save what is in view."""
        if (page := self._seen()) is not None:
            page.save()

    def adopt(self, source: Path | bytes) -> bool:
        """Take a picture file without a recipe, where the page in view has a use for it."""
        page = self._seen()
        return page is not None and page.adopt(source)

    def settings(self, settings: Settings) -> Settings:
        """The settings with the controls of the pages in them; of pages not yet made they stay."""
        for page in self.made():
            settings = page.settings(settings)
        return settings
