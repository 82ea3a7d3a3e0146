"""The columns of the sampling tab: one for every model, and more of it with knobs of their own.

A column is called by its model's name, its copies "mnist/vae #2", "mnist/vae #3" …
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from engines.model import Card

Knobs: TypeAlias = dict[str, dict[str, float]]
"""Those that are turned, by column."""
MOST = 6
"""Columns of one model."""
_COPY = re.compile(r"(.+) #([2-9]\d*)")


def model_of(column: str) -> str:
    """The name of the model of a column."""
    found = _COPY.fullmatch(column)
    return found[1] if found else column


def number_of(column: str) -> int:
    """1 for the first column of a model."""
    found = _COPY.fullmatch(column)
    return int(found[2]) if found else 1


class Copies:
    """How many columns each model has, where it is more than one."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def remember(self, counts: Mapping[str, int]) -> None:
        """Take up the counts of the last time."""
        self.counts = {name: min(count, MOST) for name, count in counts.items() if count > 1}

    def columns(self, cards: Iterable[Card]) -> Iterator[tuple[str, Card]]:
        """A column after the other, with its card."""
        for card in cards:
            yield card.name, card
            for number in range(2, self.counts.get(card.name, 1) + 1):
                yield f"{card.name} #{number}", card

    def add(self, column: str, knobs: Knobs) -> str | None:
        """One more column of this one's model, with its knobs: its name, None where there are
        enough."""
        name = model_of(column)
        count = self.counts.get(name, 1) + 1
        if count > MOST:
            return None
        self.counts[name], copy = count, f"{name} #{count}"
        knobs[copy] = dict(knobs.get(column, {}))
        return copy

    def drop(self, column: str, knobs: Knobs) -> set[str]:
        """Let go of a column; the knobs of those behind it move up.

        Returns the columns that are others now; none where its model has no other column.
        """
        name, count = model_of(column), self.counts.get(model_of(column), 1)
        if count == 1:
            return set()
        names = [name, *(f"{name} #{number}" for number in range(2, count + 1))]
        self.counts[name] = count - 1
        if count == 2:
            del self.counts[name]
        moved = names[names.index(column) :]
        turned = [knobs.pop(each, {}) for each in moved]
        knobs.update(zip(moved, turned[1:], strict=False))
        return set(moved)
