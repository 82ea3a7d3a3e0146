"""Presents the density tab: a page for each kind of data, such as maps of the plane for points.

A page is imported when it is first shown: plots take a quarter of the time to the first paint.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.density.page import Page, PageEntry
from app.density.pages import PAGES
from app.exchange.figures import Drawn
from app.exchange.travel import Target
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe, card_among
from app.tab.by_kind import Made
from app.tab.continuing import Standing
from app.tab.paged import Paged
from app.tab.parts import Parts
from app.tab.restoring import check_seed
from engines.facts.tasks import Task
from engines.kinds import Kind
from widgets.density.tab import DensityTab

NOTHING = "Choose a model to see its density."


class Density(Paged[Page]):
    """One per window: nothing is mapped that nobody sees."""

    def __init__(self, tab: DensityTab, parts: Parts, parent: QObject) -> None:
        super().__init__(tab, parts, parent)
        self._tab, self._parts = tab, parts
        self._pages = Made(PAGES, tab, parts)
        self._pending: tuple[Kind, Any] | None = None
        parts.travel.add(Target(Task.DENSITY, Task.DENSITY.tab, self.receive))

    def made(self) -> Iterable[Page]:
        return self._pages

    @Slot()
    def rebuild(self) -> None:
        """Show the page for the data chosen, once the tab is in view."""
        if not self._tab.isVisible():
            return
        self._show()
        for page in self._pages:
            if not page.view.isVisible():
                page.rest()

    def _show(self) -> None:
        cards, reason = PAGES.taken(self._parts.session.chosen(), NOTHING)
        self.page = self._pages.of(cards[0].kind) if cards else None
        if self.page is None:
            self._tab.show_reason(reason)
            return
        self._tab.show_page(self.page.view)
        self.page.rebuild()
        self._restore_pending()

    def figure(self) -> Drawn | None:
        """What the page in front shows."""
        return self.page.figure() if self.page is not None else None

    def run(self, *, first: bool) -> None:
        """Map what is in view once more."""
        self.rebuild()

    def receive(self, picture: Pixels, title: str) -> None:
        """Look at a picture of another tab."""
        self.rebuild()
        if self.page is not None:
            self.page.receive(picture, title)

    def restore(self, recipe: Recipe) -> None:
        """Show the view in a recipe. Raises RecipeError, and changes nothing, if it cannot."""
        session = self._parts.session
        kind = card_among(session.cards, recipe).kind
        entry = PAGES.checked(kind)
        assert isinstance(entry, PageEntry), "the entries of this tab read recipes"
        view = entry.read(recipe, session.cards)
        check_seed(recipe)
        session.set_seed(recipe.seed)
        session.choose(session.cards[view.models[0]].data, view.models)
        self._pending = kind, view
        self._restore_pending()

    recall = restore  # maps are made live: nothing is queued

    def standing(self) -> Standing | None:
        """What the page in view shows."""
        return self.page.standing() if self.page is not None and self._pending is None else None

    def _restore_pending(self) -> None:
        if self._pending is None or self.page is None or not self._tab.isVisible():
            return
        kind, view = self._pending
        if self._pages.of(kind) is self.page:
            self._pending = None
            self.page.restore(view)
