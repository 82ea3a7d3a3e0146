"""What a tab asks of models with several attributes: a menu for each, kept for each data set."""

from __future__ import annotations

from engines.model import Card, Given
from widgets.controls.attribute_menus import AttributeMenus


class Conditions:
    """The values chosen in a tab's menus of attributes; one attribute "class" has its own menu."""

    def __init__(self, menus: AttributeMenus) -> None:
        self._menus = menus
        self._data = ""
        self._kept: dict[str, Given] = {}

    def offer(self, card: Card) -> None:
        """Show the menus for models like this one, as they stood for its data set."""
        self._keep()
        self._data = card.data
        several = () if card.labels else card.attributes
        self._menus.set_attributes(
            [(each.name, each.values) for each in several], self._kept.get(card.data, {})
        )

    def _keep(self) -> None:
        if self._data:
            self._kept[self._data] = self._menus.given()

    def put(self, card: Card, given: Given) -> None:
        """Choose these values for a data set."""
        self._keep()
        self._kept[card.data] = dict(given)
        if card.data == self._data:
            self._data = ""  # what stands in the menus is not to be kept
            self.offer(card)

    def of(self, card: Card) -> Given:
        """The values for one model: it may know fewer attributes than another of its data."""
        known = {each.name: each.values for each in card.attributes} if not card.labels else {}
        chosen = self._menus.given()
        return {name: value for name, value in chosen.items() if value in known.get(name, ())}
