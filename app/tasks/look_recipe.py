"""What a page of the density tab that looks at a picture is made again from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.recipes.condition import leading
from app.recipes.model_names import names_here, names_of, other_weights, renamed
from app.recipes.packing import picture_text, pixels_of
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe, RecipeError
from app.tasks.mapping_recipe import TASK, check_condition
from engines.checkpoints.catalog import DATA_TITLES
from engines.kinds import Pictures
from engines.model import Card, Given

PAGES = ("numbers", "pixels", "plane", "samples", "dimensions")
NOISES, COUNTS, MAPPED = range(8), range(32, 5001), ("latent", "picture")
_FIELDS = {"models", "page", "pictures", "title", "noise", "chosen", "mapped", "count"}
_LONGEST_TITLE = 200


@dataclass(frozen=True, eq=False)
class Look:
    """One page. `pictures` are the one looked at, and behind it the other corners of a plane.

    `chosen` is the model of a plane or of samples, "" elsewhere.
    """

    models: tuple[str, ...]
    page: str
    pictures: tuple[Pixels, ...]
    title: str = ""
    label: int | None = None
    noise: int = 3
    chosen: str = ""
    mapped: str = "latent"
    count: int = 256
    given: Given = field(default_factory=dict)


def is_look(recipe: Recipe) -> bool:
    """Whether a recipe of the density tab is of a picture's page."""
    return recipe.task == TASK and "page" in recipe.extra


def recipe_of(look: Look, cards: Mapping[str, Card], seed: int) -> Recipe:
    """The recipe of a page; all its models are kept with their weights."""
    shown = [cards[name] for name in look.models]
    first, names = leading(shown, look.given), names_of(shown)
    return Recipe(
        task=TASK,
        model=names[first.name],
        sha256=first.sha256,
        seed=seed,
        label=look.label,
        given=dict(look.given),
        extra=renamed(
            {
                "models": {name: cards[name].sha256 for name in look.models},
                "page": look.page,
                "pictures": [_text(picture) for picture in look.pictures],
                "title": look.title,
                "noise": look.noise,
                "chosen": look.chosen,
                "mapped": look.mapped,
                "count": look.count,
            },
            names,
        ),
    )


def look_of(recipe: Recipe, cards: Mapping[str, Card]) -> Look:
    """The page in a recipe. Raises RecipeError for one that this catalogue cannot show."""
    extra = renamed(recipe.extra, names_here(recipe.extra.get("models"), cards))
    if set(extra) != _FIELDS or not isinstance(extra["models"], dict) or not extra["models"]:
        raise RecipeError("the recipe lacks parts of the page that it shows")
    models = tuple(extra["models"])
    _check_models(models, extra["models"], cards)
    first = cards[models[0]]
    pictures = extra["pictures"]
    if not isinstance(pictures, list) or not 1 <= len(pictures) <= 3:
        raise RecipeError("the recipe's pictures are damaged")
    found = tuple(pixels_of({"picture": each}, "picture") for each in pictures)
    if any(picture.shape[:2] != tuple(first.shape[1:]) for picture in found):
        raise RecipeError(f"the recipe's pictures are not of the size of {first.name}")
    look = Look(
        models,
        extra["page"],
        found,
        str(extra["title"])[:_LONGEST_TITLE],
        recipe.label if isinstance(recipe.label, int) else None,
        extra["noise"],
        extra["chosen"],
        extra["mapped"],
        extra["count"],
        recipe.given,
    )
    _check(look, [cards[name] for name in models])
    return look


def _check_models(models: tuple[str, ...], hashes: Any, cards: Mapping[str, Card]) -> None:
    for name in models:
        card = cards.get(name)
        if card is None or not isinstance(card.kind, Pictures):
            raise RecipeError(f"the recipe asks for {name}, which is not a model of pictures here")
        if card.sha256 != hashes[name]:
            raise RecipeError(other_weights(name, "this page"))
    sets = {cards[name].data for name in models}
    if len(sets) != 1:
        titles = ", ".join(sorted(DATA_TITLES.get(data, data) for data in sets))
        raise RecipeError(f"the recipe mixes models of several data sets: {titles}")


def _check(look: Look, cards: Sequence[Card]) -> None:
    numbers = ((look.noise, NOISES, "noise level"), (look.count, COUNTS, "number of samples"))
    for value, allowed, what in numbers:
        if type(value) is not int or value not in allowed:
            raise RecipeError(f"the recipe's {what} is not {allowed[0]} … {allowed[-1]}")
    for name, choices, what in (
        (look.page, PAGES, "page"),
        (look.mapped, MAPPED, "density on a plane"),
        (look.chosen, ("", *look.models), "model of the page"),
    ):
        if name not in choices:
            raise RecipeError(f"the recipe's {what} is unknown")
    check_condition(look.label, look.given, cards)


def _text(picture: Pixels) -> str:
    return picture_text(picture[..., 0] if (picture == picture[..., :1]).all() else picture)
