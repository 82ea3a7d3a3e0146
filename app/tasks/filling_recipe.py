"""What a filled hole is made again from: the example, the mask and the method, inside its recipe.

A picture travels as a PNG in base64, its mask as a PNG of one bit a pixel: white is unknown.
"""

from __future__ import annotations

from app.kinds import view_of
from app.recipes.model_names import name_of
from app.recipes.packing import mask_of, mask_text
from app.recipes.recipe import Recipe, RecipeError, prompt_of
from app.tasks.filling import MOST_DRAWS, FillRequest
from engines.facts.tasks import Task
from engines.model import Card

TASK = Task.INPAINT

_FIELDS = {"method", "picture", "mask"}


def recipe_of(card: Card, request: FillRequest, *, columns: int | None = None) -> Recipe:
    """The recipe of all draws of a request that names its method and every knob."""
    return Recipe(
        task=TASK,
        model=name_of(card),
        sha256=card.sha256,
        seed=request.seed,
        count=request.count,
        columns=columns,
        label=request.label,
        knobs=dict(request.knobs),
        prompt=request.prompt.text,
        negative=request.prompt.negative,
        given=dict(request.given),
        extra={
            "method": request.method,
            "picture": view_of(card).packed(request.picture),
            "mask": mask_text(request.mask),
        },
    )


def request_of(recipe: Recipe, card: Card) -> FillRequest:
    """What to ask of the model. Raises RecipeError for a payload that fits no such request."""
    extra = recipe.extra
    if recipe.task != TASK or set(extra) != _FIELDS or not isinstance(extra["method"], str):
        raise RecipeError("the recipe lacks the method, the picture or the mask of its hole")
    if recipe.first != 0 or recipe.count > MOST_DRAWS or isinstance(recipe.label, tuple):
        raise RecipeError(f"the recipe is not of 1 … {MOST_DRAWS} samples of one class from 0 on")
    picture = view_of(card).unpacked(extra["picture"], "picture", card.name)
    mask, wanted = mask_of(extra, card.kind.mask_shape), card.kind.mask_shape
    if mask.shape != wanted:
        raise RecipeError(
            f"the recipe's mask has {_size(mask.shape)} pixels; {card.name} fills {_size(wanted)}"
        )
    return FillRequest(
        picture,
        mask,
        recipe.count,
        recipe.seed,
        extra["method"],
        dict(recipe.knobs),
        recipe.label,
        prompt_of(recipe),
        dict(recipe.given),
    )


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} × {shape[0]}"
