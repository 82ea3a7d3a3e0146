"""The models, classes and texts that the command line names; UsageError for a wrong name. No Qt."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from app.command.output import UsageError
from app.recipes.condition import Condition, condition_of
from app.recipes.model_names import is_foreign
from app.recipes.recipe import Recipe, RecipeError, card_of
from app.session import settings
from engines import naming
from engines.checkpoints.catalog import CheckpointError, names
from engines.model import Card, Given, Model, Prompt
from engines.opening import find, is_outside, locate, missing, open_model


def card_named(name: str, root: Path) -> Card:
    """The card of a model: of the catalogue, a card's or folder's by its path, the hub's by id.

    Raises UsageError when there is no such model, CheckpointError when its card is broken.
    """
    if name.endswith(".toml") and os.path.isfile(name):
        return find(name, root)
    known = set(names(root))
    if is_outside(name, root):
        return locate(name, root)
    if name not in known:
        raise UsageError(missing(name, sorted(known)))
    return find(name, root)


def card_for(recipe: Recipe, model: str | None, root: Path) -> Card:
    """The card of a recipe's model: what a person names, else of its name, else by its weights.

    By their weights cards are found that the window knows. Raises RecipeError or UsageError.
    """
    if model is not None:
        return card_named(model, root)
    if not is_foreign(recipe.model) or os.path.isfile(recipe.model):
        return card_of(recipe, root)
    for place in settings.load().recents:
        if place.endswith(".toml"):
            with suppress(CheckpointError):
                card = find(place, root)
                if card.sha256 == recipe.sha256:
                    return card
    raise RecipeError(
        f"there is no model '{naming.shortened(recipe.model)}' here: it came from outside, "
        f"weights {recipe.sha256[:12]}…; name its file, too: sample CARD.toml or FOLDER "
        "--from PICTURE"
    )


def condition_named(label: str | None, given: Given, card: Card) -> Condition:
    """What is asked by --label, or by --given with names of attributes. Raises UsageError."""
    if label is not None and given:
        raise UsageError("--label is short for --given class=…; leave one of them out")
    if label is not None:
        return Condition(class_named(label, card))
    try:
        return condition_of(card, given)
    except ValueError as error:
        raise UsageError(str(error)) from error


def one_condition(label: str | None, given: Given, card: Card, what: str) -> Condition:
    """The same where classes cannot be dealt out, and why not in words. Raises UsageError."""
    condition = condition_named(label, given, card)
    if isinstance(condition.label, tuple):
        raise UsageError(f"--label each takes the classes in turn; {what}")
    return condition


def class_named(text: str, card: Card) -> int | tuple[int, ...]:
    """A class by its name, else by its index, or all of them for "each". Raises UsageError."""
    if not card.labels:
        names = [f"--given {each.name}={each.values[0]}" for each in card.attributes]
        remedy = f"say {' or '.join(names)}" if names else "leave --label out"
        raise UsageError(f"{card.name} has no classes; {remedy}")
    if text == "each":
        return tuple(range(len(card.labels)))
    if text in card.labels:
        return card.labels.index(text)
    if text.isdecimal() and int(text) < len(card.labels):
        return int(text)
    offer = naming.offered(text, ("each", *card.labels), "it has")
    raise UsageError(f"{card.name} has no class '{text}'; {offer}")


def prompted(model: Model, prompt: str, negative: str) -> Model:
    """The model of p(x | prompt). Raises UsageError where a model that reads none is given one."""
    if not prompt and not negative:
        return model
    if model.prompted is None:
        raise UsageError(
            f"{model.card.name} takes no text prompt; leave --prompt and --negative out"
        )
    return model.prompted(Prompt(prompt, negative))


def opened(card: Card, device: str | None, root: Path) -> Model:
    """The model, loaded and set up as in the window: the same threads give the same last bit."""
    from engines.checkpoints import devices

    try:
        chosen = devices.choose(device)
    except ValueError as error:
        raise UsageError(str(error)) from error
    devices.prepare_thread()
    return open_model(card, chosen, root)
