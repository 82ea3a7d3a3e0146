"""What the density tab asks of a page that looks at the models of one kind of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.exchange.figures import Drawn
from app.recipes.recipe import Recipe
from app.tab import page as tab_page
from app.tab.by_kind import Entry
from app.tab.continuing import Standing
from engines.model import Card


class Page(tab_page.Page):
    """Works while `view` is in view. A subclass answers what raises NotImplementedError here."""

    def restore(self, view: Any) -> None:
        """Show what the `read` of its entry found; its models are chosen already."""
        raise NotImplementedError

    def figure(self) -> Drawn | None:
        """What is on show as a figure; None where there is nothing."""
        return None

    def standing(self) -> Standing | None:
        """What a hand has set here; None for nothing."""
        return None


def _nothing(recipe: Recipe, cards: Mapping[str, Card]) -> Any:
    raise ValueError(f"no page shows a recipe of {recipe.model}")


@dataclass(frozen=True)
class PageEntry(Entry[Page]):
    """`make` of the tab and its parts. `read(recipe, cards)` is the view in a recipe, with the
    names of its `models`; it raises RecipeError for one that these cards cannot show.
    """

    read: Callable[[Recipe, Mapping[str, Card]], Any] = _nothing
