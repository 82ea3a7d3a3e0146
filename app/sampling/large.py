"""Recipes of very many pictures in the window: the first ones at once, the others on a click."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.exchange.intake import sentence
from app.recipes.recipe import Recipe, request_of
from app.tasks.large import is_large, question
from app.tasks.sampling import Frame
from engines.model import Card
from widgets.window.messages import Action, Messages, Severity


class LargeRecipes(QObject):
    """Submits what a recipe asks for beyond the live draw; asks first where that is very much."""

    def __init__(
        self, messages: Messages, submit: Callable[[Recipe], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._messages, self._submit = messages, submit
        self._waiting: dict[str, tuple[Card, Recipe]] = {}

    def take(self, card: Card, recipe: Recipe) -> None:
        """Submit the recipe's pictures, or wait for its first ones to tell how long all take."""
        self._waiting.pop(card.name, None)
        if is_large(recipe, card):
            self._waiting[card.name] = card, recipe
        else:
            self._submit(recipe)

    def hear(self, name: str, frame: Frame | None) -> None:
        """A frame of this model came on show: ask once the first pictures of its recipe are."""
        if name not in self._waiting or frame is None or not frame.complete:
            return
        _, recipe = self._waiting[name]
        shown, wanted = frame.request, request_of(recipe)
        asked = [(r.seed, r.first, r.label, dict(r.given)) for r in (shown, wanted)]
        if asked[0] != asked[1]:
            return
        del self._waiting[name]
        self._messages.tell(
            sentence(question(recipe, frame.seconds / shown.count)),
            severity=Severity.WARNING,
            action=Action(
                "Generate all",
                "Generate all of them as a job in the queue; the cross dismisses this.",
                lambda: self._submit(recipe),
            ),
        )
