"""What a page of the density tab that looks at a picture is made again from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.recipes.model_names import names_here, renamed
from app.recipes.packing import picture_text, pixels_of
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe, RecipeError
from app.tasks.shown_models import TASK, check_condition, check_models, recipe_with
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
    return recipe_with(
        look.models,
        cards,
        seed,
        {
            "page": look.page,
            "pictures": [_text(picture) for picture in look.pictures],
            "title": look.title,
            "noise": look.noise,
            "chosen": look.chosen,
            "mapped": look.mapped,
            "count": look.count,
        },
        label=look.label,
        given=look.given,
    )


def look_of(recipe: Recipe, cards: Mapping[str, Card]) -> Look:
    """The page in a recipe. Raises RecipeError for one that this catalogue cannot show."""
    extra = renamed(recipe.extra, names_here(recipe.extra.get("models"), cards))
    if set(extra) != _FIELDS or not isinstance(extra["models"], dict) or not extra["models"]:
        raise RecipeError("the recipe lacks parts of the page that it shows")
    models, pictured = tuple(extra["models"]), "a model of pictures"
    shown = check_models(
        extra["models"], cards, lambda c: isinstance(c.kind, Pictures), pictured, "this page"
    )
    first = shown[0]
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
    _check(look, shown)
    return look


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
