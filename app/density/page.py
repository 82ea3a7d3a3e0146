"""What the density tab asks of a page that looks at the models of one kind of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe
from app.session.settings import Settings
from app.tab.by_kind import Entry
from engines.model import Card


class Page(QObject):
    """Works while `view` is in view. A subclass answers what raises NotImplementedError here."""

    view: QWidget

    def rebuild(self) -> None:
        """Look with the models chosen."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop what is on its way."""

    def rest(self) -> None:
        """The tab is out of view: what nobody sees waits."""

    def save(self) -> None:
        """Save what is in view."""

    def adopt(self, source: Path | bytes) -> bool:
        """Look at a picture without a recipe; False where the page has no use for it."""
        return False

    def receive(self, picture: Pixels, title: str) -> None:
        """Look at a picture of another tab, where the page has a use for it."""

    def restore(self, view: Any) -> None:
        """Show what the `read` of its entry found; its models are chosen already."""
        raise NotImplementedError

    def settings(self, settings: Settings) -> Settings:
        """The settings with the controls of the page in them."""
        return settings


def _nothing(recipe: Recipe, cards: Mapping[str, Card]) -> Any:
    raise ValueError(f"no page shows a recipe of {recipe.model}")


@dataclass(frozen=True)
class PageEntry(Entry[Page]):
    """`make` of the tab and its parts. `read(recipe, cards)` is the view in a recipe, with the
    names of its `models`; it raises RecipeError for one that these cards cannot show.
    """

    read: Callable[[Recipe, Mapping[str, Card]], Any] = _nothing
