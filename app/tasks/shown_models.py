"""What recipes of the density tab share: several models of one data set, and a condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.recipes.condition import known_to, leading
from app.recipes.model_names import names_of, other_weights, renamed
from app.recipes.recipe import Recipe, RecipeError
from engines.checkpoints.catalog import DATA_TITLES
from engines.facts.tasks import Task
from engines.model import Card, Given

TASK = Task.DENSITY


def recipe_with(
    models: Sequence[str],
    cards: Mapping[str, Card],
    seed: int,
    extra: Mapping[str, Any],
    *,
    label: int | None,
    given: Given,
) -> Recipe:
    """A recipe of models, all kept with their weights, and of what else it shows."""
    shown = [cards[name] for name in models]
    first, names = leading(shown, given), names_of(shown)
    weights = {card.name: card.sha256 for card in shown}
    return Recipe(
        task=TASK,
        model=names[first.name],
        sha256=first.sha256,
        seed=seed,
        label=label,
        given=dict(given),
        extra=renamed({"models": weights, **extra}, names),
    )


def check_models(
    weights: Mapping[str, str],
    cards: Mapping[str, Card],
    fits: Callable[[Card], bool],
    what: str,
    made: str,
) -> list[Card]:
    """The cards of these models, by their weights. Raises RecipeError for one that is no `what`
    here, for other weights than those that made "this page", and for several data sets."""
    found = []
    for name, sha256 in weights.items():
        card = cards.get(name)
        if card is None or not fits(card):
            raise RecipeError(f"the recipe asks for {name}, which is not {what} here")
        if card.sha256 != sha256:
            raise RecipeError(other_weights(name, made))
        found.append(card)
    sets = {card.data for card in found}
    if len(sets) != 1:
        titles = ", ".join(sorted(DATA_TITLES.get(data, data) for data in sets))
        raise RecipeError(f"the recipe mixes models of several data sets: {titles or 'none'}")
    return found


def check_condition(label: int | None, given: Given, cards: Sequence[Card]) -> None:
    """Raise RecipeError for a class that the first model, or values that no model, has."""
    if label is not None and label >= len(cards[0].labels):
        raise RecipeError(f"the recipe asks for class {label}, which the models do not have")
    for name, value in given.items():
        if not any(known_to(card, {name: value}) for card in cards):
            raise RecipeError(f"the recipe asks for {name} '{value}', which the models do not have")
