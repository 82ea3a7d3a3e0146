"""What a tab has for each kind of data: a table with one line a kind.

A kind without a line cannot be shown in the tab, which says so in one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.kinds import view_of
from app.recipes.recipe import RecipeError
from engines.kinds import Kind, Points, UnfitKindError
from engines.model import Card

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
        raise UnfitKindError(f"{self._who} does not support {kind.things}, only {can}")

    def checked(self, kind: Kind) -> Entry[T]:
        """The entry for a recipe's kind. Raises RecipeError with a sentence where there is none."""
        try:
            return self.entry(kind)
        except UnfitKindError as error:
            raise RecipeError(str(error)) from error

    def taken(self, cards: Sequence[Card], nothing: str) -> tuple[tuple[Card, ...], str]:
        """Those of the first one's kind, and why there are none: `nothing` where none is given."""
        reason = self.refusal(cards[0].kind) if cards else nothing
        if reason:
            return (), reason
        return tuple(c for c in cards if type(c.kind) is type(cards[0].kind)), ""

    def refusal(self, kind: Kind) -> str:
        """Why the tab cannot show a kind, a sentence; "" where it can."""
        try:
            self.entry(kind)
        except UnfitKindError as error:
            said = str(error)
            return f"{said[:1].upper()}{said[1:].removesuffix('.')}."
        return ""


class Made(Generic[T]):
    """What a tab has made for the kinds that it has shown: once, when it is first asked for.

    `parts` are what its entries make it of; `begin` is told what was made.
    """

    def __init__(
        self, table: ByKind[T], *parts: Any, begin: Callable[[T], None] = lambda made: None
    ) -> None:
        self._table, self._parts, self._begin = table, parts, begin
        self._made: dict[type[Kind], T] = {}

    def __iter__(self) -> Iterator[T]:
        return iter(self._made.values())

    def of(self, kind: Kind) -> T:
        """That of a kind. Raises UnfitKindError with a sentence where there is none."""
        entry = self._table.entry(kind)
        if type(kind) not in self._made:
            made = self._made[type(kind)] = entry.make(*self._parts)
            self._begin(made)
        return self._made[type(kind)]


def only_planes(kind: Points) -> str:
    """The refusal of points that lie in no plane."""
    return "" if kind.plane else "Only 2-D points can be plotted."
