"""Recipes that come in: each goes to the tab of its task, those of a figure together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.exchange.intake import sentence
from app.recipes.recipe import Recipe, card_among, replaced
from app.sampling.presenter import Sampling
from app.session.session import Session
from app.window.tabs import Tabs
from engines.facts.tasks import Task
from widgets.window.messages import Cause, Messages, Severity


class Restored(Protocol):
    """What is asked of the window."""

    session: Session
    messages: Messages
    tabs: Tabs


def restore(window: Restored, recipes: Sequence[Recipe]) -> None:
    """Hand recipes to the tab of their task and bring that to the front.

    Of the recipes of a figure a second one of the same model is one more column, and those that
    differ in one knob alone are a sweep. Raises RecipeError.
    """
    window.messages.settle(Cause.RECIPE)
    sampling = window.tabs.presenters[0]
    assert isinstance(sampling, Sampling)
    if len(recipes) > 1 and sampling.restore_sweep(recipes):
        window.tabs.show_task(Task.SAMPLE)
        return
    firsts = {recipe.sha256: recipe for recipe in reversed(recipes)}.values()
    for recipe in reversed(firsts):
        _restore_one(window, recipe)
    more = [recipe for recipe in recipes if not any(recipe is first for first in firsts)]
    if more and more[0].task == Task.SAMPLE:
        sampling.restore_copies(more)


def _restore_one(window: Restored, recipe: Recipe) -> None:
    window.tabs.of_task(recipe.task).restore(recipe)
    window.tabs.show_task(recipe.task)
    if recipe.task == Task.SAMPLE:
        card = card_among(window.session.cards, recipe)
        if note := replaced(recipe, card):
            window.messages.tell(sentence(note), severity=Severity.WARNING, about=Cause.RECIPE)
