"""Presents the density tab: maps of the plane for points, pages of their own for pictures.

Either is imported when it is first shown: plots take a quarter of the time to the first paint.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.exchange.travel import Target
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe, RecipeError
from app.session.settings import Settings
from app.tab.parts import Parts
from app.tasks.look_recipe import Look, is_look, look_of
from app.tasks.mapping import Fields
from app.tasks.mapping_recipe import View, view_of
from widgets.density.tab import DensityTab
from widgets.window.seed import LARGEST

if TYPE_CHECKING:
    from app.density.pictures.page import Pictures
    from app.density.plane.page import Plane

NOTHING = "Choose a model to see where it puts its mass."


class Density(QObject):
    """One per window. Rests while its tab is out of view: nothing is mapped that nobody sees."""

    def __init__(self, tab: DensityTab, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._tab, self._parts = tab, parts
        self.fields = Fields(parts.session.open)
        self.plane: Plane | None = None
        self.pictures: Pictures | None = None
        self._pending: View | Look | None = None
        for signal in (parts.session.data_changed, parts.session.models_changed):
            signal.connect(self.rebuild)
        tab.entered.connect(self.rebuild)
        tab.left.connect(self._rest)
        parts.travel.add(Target("density", "Density", self.receive))

    @Slot()
    def rebuild(self) -> None:
        """Show the page for the data chosen, once the tab is in view."""
        if not self._tab.isVisible():
            return
        self._show()
        for page in (self.plane, self.pictures):
            if page is not None and not page.view.isVisible():
                page.rest()

    def _show(self) -> None:
        cards = self._parts.session.chosen()
        if not cards:
            self._tab.show_reason(NOTHING)
        elif cards[0].is_picture:
            if self.pictures is None:
                from app.density.pictures.page import Pictures

                self.pictures = Pictures(self._tab.pictures(), self._parts, self)
            self._tab.show_page(self.pictures.view)
            self.pictures.rebuild()
            self._restore_pending()
        else:
            if self.plane is None:
                from app.density.plane.page import Plane

                self.plane = Plane(self._tab.plane(), self._parts, self.fields, self)
            self._tab.show_page(self.plane.view)
            self.plane.rebuild()
            self._restore_pending()

    def run(self, *, first: bool) -> None:
        """Map what is in view once more."""
        self.rebuild()

    def stop(self) -> None:
        """Stop the maps that are on their way."""
        for page in (self.plane, self.pictures):
            if page is not None:
                page.stop()

    @Slot()
    def _rest(self) -> None:
        for page in (self.plane, self.pictures):
            if page is not None:
                page.rest()

    def save(self) -> None:
        """Save what is in view."""
        for page in (self.plane, self.pictures):
            if page is not None and page.view.isVisible():
                page.save()

    def adopt(self, source: Path | bytes) -> bool:
        """Look at a picture without a recipe, where pictures are looked at."""
        return (
            self.pictures is not None
            and self.pictures.view.isVisible()
            and (self.pictures.adopt(source))
        )

    def receive(self, picture: Pixels, title: str) -> None:
        """Look at a picture of another tab."""
        self.rebuild()
        if self.pictures is not None:
            self.pictures.receive(picture, title)

    def restore(self, recipe: Recipe) -> None:
        """Show the view in a recipe. Raises RecipeError, and changes nothing, if it cannot."""
        session = self._parts.session
        view = (look_of if is_look(recipe) else view_of)(recipe, session.cards)
        if recipe.seed > LARGEST:
            raise RecipeError(
                f"the recipe has the seed {recipe.seed}; the window ends at {LARGEST}"
            )
        session.set_seed(recipe.seed)
        session.choose(session.cards[view.models[0]].data, view.models)
        self._pending = view
        self._restore_pending()

    def _restore_pending(self) -> None:
        view, page = self._pending, self.pictures if self._shows_pictures() else self.plane
        if view is None or page is None or not self._tab.isVisible():
            return
        if isinstance(view, Look) != (page is self.pictures):
            return
        self._pending = None
        page.restore(view)  # type: ignore[arg-type]  # of this page, as was just seen

    def _shows_pictures(self) -> bool:
        cards = self._parts.session.chosen()
        return bool(cards) and cards[0].is_picture

    def settings(self, settings: Settings) -> Settings:
        """The settings with this tab's controls in them; of pages not yet made they stay."""
        for page in (self.plane, self.pictures):
            if page is not None:
                settings = page.settings(settings)
        return settings
