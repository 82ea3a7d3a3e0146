"""What samples are asked to be: a class, or values of attributes, as recipes and requests say it.

A class has the short form of its index, as ever; all else goes by names, which do not change where
a later model has more values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engines.model import CLASS, Card, Given

Label = int | tuple[int, ...] | None


@dataclass(frozen=True)
class Condition:
    """A class index, several dealt out by picture index, or `given` values; neither is p(x)."""

    label: Label = None
    given: Given = field(default_factory=dict)

    @property
    def one(self) -> int | None:
        """The one class asked of all; None where there is none, or several in turn."""
        return self.label if isinstance(self.label, int) else None

    def of(self, card: Card) -> Condition:
        """What of it one model knows: of several attributes a class is none."""
        several = card.attributes and not card.labels
        return Condition(None if several else self.label, known_to(card, self.given))


def condition_of(card: Card, given: Given) -> Condition:
    """The condition of values by their attributes' names: a class by its index, all else by name.

    Raises ValueError for an attribute or a value that the model does not have.
    """
    codes = card.codes(given)
    if card.labels and CLASS in given:
        return Condition(codes[0])
    return Condition(None, dict(given))


def known_to(card: Card, given: Given) -> Given:
    """What of some values one model knows: others of its data may have more attributes."""
    known = {each.name: each.values for each in card.attributes}
    return {name: value for name, value in given.items() if value in known.get(name, ())}


def leading(cards: Sequence[Card], given: Given) -> Card:
    """The model that a recipe of several is named by: the first that knows all that is given."""
    return next((card for card in cards if known_to(card, given) == given), cards[0])


def given_of(card: Card, condition: Condition) -> Given:
    """The values asked of all, by their attributes' names: what menus of attributes show."""
    if condition.one is not None and condition.one < len(card.labels):
        return {CLASS: card.labels[condition.one]}
    return condition.given


def rows_of(card: Card | None, given: Given) -> list[tuple[str, str]]:
    """Title and value of each attribute, in the model's order; "any" for one that is left open."""
    names = [each.name for each in card.attributes] if card else list(given)
    return [(name[:1].upper() + name[1:], given.get(name, "any")) for name in names]
