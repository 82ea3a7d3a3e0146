"""What a tab has for each kind of data: a table with one line a kind.

A kind without a line cannot be shown in the tab, which says so in one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.kinds import view_of
from engines.kinds import Kind, Points, UnfitKindError

T = TypeVar("T")


@dataclass(frozen=True)
class Entry(Generic[T]):
    """`make` makes what the tab needs, and imports it only then.

    `refusal(kind)` says in a sentence why this very kind cannot be shown, "" where it can.
    """

    make: Callable[..., T]
    refusal: Callable[[Any], str] = lambda kind: ""


class ByKind(dict[type[Any], Entry[T]]):
    """The entries of a tab, by the type of a kind; `who` is the tab in its sentences."""

    def __init__(self, who: str, entries: Mapping[type[Any], Entry[T]]) -> None:
        super().__init__(entries)
        self._who = who

    def entry(self, kind: Kind) -> Entry[T]:
        """The entry of a kind. Raises UnfitKindError with a sentence where there is none."""
        view_of(kind)  # what cannot be shown anywhere cannot be shown here
        for of, entry in self.items():
            if isinstance(kind, of):
                if why := entry.refusal(kind):
                    raise UnfitKindError(why)
                return entry
        can = " and ".join(of.things for of in self)
        raise UnfitKindError(f"{self._who} has nothing for {kind.things}, only for {can}")

    def refusal(self, kind: Kind) -> str:
        """Why the tab cannot show a kind, a sentence; "" where it can."""
        try:
            self.entry(kind)
        except UnfitKindError as error:
            said = str(error)
            return f"{said[:1].upper()}{said[1:].removesuffix('.')}."
        return ""


def only_planes(kind: Points) -> str:
    """The refusal of points that lie in no plane."""
    return "" if kind.plane else "Only points of a plane can be drawn."
