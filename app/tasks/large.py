"""Recipes of very many pictures: they come from others, so a person is asked before. No Qt."""

from __future__ import annotations

from app.kinds import view_of
from app.recipes.recipe import Recipe
from engines.facts.tasks import Task
from engines.model import Card, batch_of
from widgets.look.eta import spell


def is_large(recipe: Recipe, card: Card) -> bool:
    """Whether to ask before the recipe is followed: as its kind says, of samples."""
    unasked = view_of(card).unasked
    return recipe.task == Task.SAMPLE and unasked is not None and recipe.count > unasked


def narrowed(recipe: Recipe, card: Card) -> Recipe:
    """The same recipe with no more pictures beside the one it shows than its bits need."""
    if recipe.index is None or not is_large(recipe, card):
        return recipe
    return recipe.picture(recipe.index, batch_of(card))


def question(recipe: Recipe, each: float) -> str:
    """How much is asked for, where one picture takes `each` seconds."""
    return (
        f"the recipe asks for {recipe.count:,} pictures of {recipe.model}; at the pace of the "
        f"first ones they take {spell(each * recipe.count)}"
    )
