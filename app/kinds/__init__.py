"""What each kind of data looks like in files and in the window. No Qt.

To bring a kind: write its view and put it into VIEWS, or offer it as a plug-in in the entry point
group `genscope.views`, under the name of the kind. Each tab has a registry of its own besides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.kinds.pictures import PictureView
from app.kinds.points import PointView
from app.kinds.view import Examples, Format, Hole, KindView, Option, Read
from engines import kinds
from engines.kinds import Kind, Pictures, Points, UnfitKindError
from engines.model import Card

__all__ = [
    "VIEWS",
    "Examples",
    "Format",
    "Hole",
    "KindView",
    "Option",
    "Read",
    "options_of",
    "view_of",
]

GROUP = "genscope.views"

VIEWS: dict[type[Any], Callable[[Any], KindView]] = {Pictures: PictureView, Points: PointView}
"""By the type of a kind, what makes its view of a kind."""


def options_of(command: str) -> list[tuple[Option, ...]]:
    """The options that kinds bring to a command, those of one kind together.

    A plug-in's views are loaded for them, so only the command that runs asks.
    """
    from importlib.metadata import entry_points  # late: a start needs none

    makers = [*VIEWS.values(), *(found.load() for found in entry_points(group=GROUP))]
    groups = [
        tuple(each for each in getattr(make, "options", ()) if each.command == command)
        for make in makers
    ]
    return [group for group in groups if group]


def view_of(what: Card | Kind) -> KindView:
    """The view of a kind, or of that of a card. Raises UnfitKindError where there is none."""
    kind: Kind = what.kind if isinstance(what, Card) else what
    try:
        return kinds.chosen(kind, VIEWS, "this version of Genscope")(kind)
    except UnfitKindError:
        from importlib.metadata import entry_points  # late: a start needs none

        brought = entry_points(group=GROUP, name=kind.name)
        if not brought:
            raise
        make: Callable[[Kind], KindView] = next(iter(brought)).load()
        return make(kind)
