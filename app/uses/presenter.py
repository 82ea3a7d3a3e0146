"""Presents the tab of uses: a switch of pages, each of which is made when it is first shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from app.exchange.travel import Target
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe, RecipeError
from app.session.settings import Settings
from app.tab.paged import Paged
from app.tab.parts import Parts
from app.uses.page import Page
from app.uses.pages import USES, fitting, refusal
from engines import kinds
from widgets.uses.tab import UsesTab

NOTHING = "Choose a model to see what its density is good for."


class Uses(Paged[Page]):
    """One per window."""

    def __init__(self, tab: UsesTab, parts: Parts, parent: QObject) -> None:
        super().__init__(tab, parts, parent)
        self._tab, self._parts = tab, parts
        self.pages: dict[object, Page] = {}
        """Those that were shown, by what made them."""
        tab.set_pages([(use.name, use.title, use.tip) for use in USES])
        if parts.settings.uses_page in [use.name for use in USES]:
            tab.choose(parts.settings.uses_page)
        tab.page_changed.connect(self.rebuild)
        parts.travel.add(Target("uses", "Outliers", self.receive))

    def made(self) -> Iterable[Page]:
        return self.pages.values()

    @Slot()
    def rebuild(self) -> None:
        """Show the page chosen for the data chosen, once the tab is in view."""
        if not self._tab.isVisible():
            return
        cards = self._parts.session.chosen()
        reason = refusal(cards[0].kind) if cards else NOTHING
        if reason:
            self._rest()
            self._tab.show_reason(reason)
            return
        self._tab.allow([use.name for use in fitting(cards[0].kind)], cards[0].kind.things)
        (use,) = [use for use in USES if use.name == self._tab.page()]
        make = kinds.chosen(cards[0].kind, use.makes, f"the page {use.title}")
        if make not in self.pages:
            self.pages[make] = make(self._tab, self._parts)
        self.page = self.pages[make]
        for page in self.pages.values():
            if page is not self.page:
                page.rest()
        self._tab.show_page(self.page.view)
        self.page.rebuild()

    def run(self, *, first: bool) -> None:
        """Do what the page in front does."""
        if (page := self._seen()) is not None:
            page.run(first=first)

    def receive(self, picture: Pixels, title: str) -> None:
        """Ask whether a picture of another tab is an outlier."""
        self._tab.choose("outliers")
        self.rebuild()
        if self.page is not None:
            self.page.receive(picture, title)

    def restore(self, recipe: Recipe) -> None:
        """No recipe is of this tab. Raises RecipeError."""
        raise RecipeError(f"a recipe of the task '{recipe.task}' is of no page of uses")

    def settings(self, settings: Settings) -> Settings:
        """The settings with the controls of its pages, and the page in front."""
        return replace(super().settings(settings), uses_page=self._tab.page())
