"""What a tab asks of models with several attributes: a menu for each, kept for each data set."""

from __future__ import annotations

from collections.abc import Sequence

from app.recipes.condition import known_to
from engines.model import Card, Given
from widgets.controls.attribute_menus import AttributeMenus


class Conditions:
    """The values chosen in a tab's menus of attributes; one attribute "class" has its own menu."""

    def __init__(self, menus: AttributeMenus) -> None:
        self._menus = menus
        self._cards: Sequence[Card] = ()
        self._kept: dict[str, Given] = {}

    def offer(self, cards: Sequence[Card]) -> bool:
        """Show the menus for these models of one data set, as they stood for it.

        Whether there is to be a menu of classes, too, or these stand in its place.
        """
        self._keep()
        self._show(cards)
        return bool(cards[0].labels) or not self._menus.menus

    def _show(self, cards: Sequence[Card]) -> None:
        self._cards = cards
        # of one model, so that a recipe of several can be named by one that knows all that is asked
        several = next((c.attributes for c in cards if c.attributes and not c.labels), ())
        self._menus.set_attributes(
            [(each.name, each.values) for each in several], self._kept.get(cards[0].data, {})
        )

    def _keep(self) -> None:
        if self._cards:
            self._kept[self._cards[0].data] = self._menus.given()

    def put(self, card: Card, given: Given) -> None:
        """Choose these values for a data set."""
        self._keep()
        self._kept[card.data] = dict(given)
        if self._cards and card.data == self._cards[0].data:
            self._show(self._cards)

    def of(self, card: Card) -> Given:
        """The values for one model: it may know fewer attributes than another of its data."""
        return {} if card.labels else known_to(card, self._menus.given())
