"""Which kinds of data have a page in the density tab: one line a kind.

To bring a kind: write an `app.density.page.Page` and put what makes it of the tab and its parts,
and what reads its recipes, into PAGES.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.density.page import Page, PageEntry
from app.tab.by_kind import ByKind, only_planes
from engines.kinds import Pictures, Points

if TYPE_CHECKING:
    from app.recipes.recipe import Recipe
    from app.tab.parts import Parts
    from engines.model import Card
    from widgets.density.tab import DensityTab


def _pictures(tab: DensityTab, parts: Parts) -> Page:
    from app.density.pictures import page
    from widgets.density.picture_pages import PicturePages

    return page.Pictures(PicturePages(tab), parts, tab)


def _look(recipe: Recipe, cards: Mapping[str, Card]) -> Any:
    from app.tasks.look_recipe import look_of

    return look_of(recipe, cards)


def _plane(tab: DensityTab, parts: Parts) -> Page:
    from app.density.plane.page import Plane
    from app.tasks.mapping import Fields
    from widgets.density.plane_view import PlaneView

    return Plane(PlaneView(tab), parts, Fields(parts.session.open), tab)


def _maps(recipe: Recipe, cards: Mapping[str, Card]) -> Any:
    from app.tasks.mapping_recipe import view_of

    return view_of(recipe, cards)


PAGES: ByKind[Page] = ByKind(
    "the density tab",
    {
        Pictures: PageEntry(_pictures, read=_look),
        Points: PageEntry(_plane, only_planes, read=_maps),
    },
)
