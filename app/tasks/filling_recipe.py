"""What a filled hole is made again from: the picture, the mask and the method, inside its recipe.

The picture travels as a PNG in base64, the mask as a PNG of one bit a pixel: white is unknown.
"""

from __future__ import annotations

import base64

from app.recipes.model_names import name_of
from app.recipes.packing import mask_png, picture_text, pixels_of
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe, RecipeError, prompt_of
from app.tasks.filling import MOST_DRAWS, FillRequest
from engines.model import Card

TASK = "inpaint"

_FIELDS = {"method", "picture", "mask"}


def recipe_of(card: Card, request: FillRequest, *, columns: int | None = None) -> Recipe:
    """The recipe of all draws of a request that names its method and every knob."""
    picture = request.picture[..., 0] if card.shape[0] == 1 else request.picture
    return Recipe(
        task=TASK, model=name_of(card), sha256=card.sha256, seed=request.seed, count=request.count,
        columns=columns, label=request.label, knobs=dict(request.knobs),
        prompt=request.prompt.text, negative=request.prompt.negative,
        extra={
            "method": request.method,
            "picture": picture_text(picture),
            "mask": base64.b64encode(mask_png(request.mask)).decode(),
        },
    )  # fmt: skip


def request_of(recipe: Recipe, card: Card) -> FillRequest:
    """What to ask of the model. Raises RecipeError for a payload that fits no such request."""
    extra = recipe.extra
    if recipe.task != TASK or set(extra) != _FIELDS or not isinstance(extra["method"], str):
        raise RecipeError("the recipe lacks the method, the picture or the mask of its hole")
    if recipe.first != 0 or recipe.count > MOST_DRAWS or isinstance(recipe.label, tuple):
        raise RecipeError(f"the recipe is not of 1 … {MOST_DRAWS} draws of one class from 0 on")
    picture, mask = pixels_of(extra, "picture"), pixels_of(extra, "mask")
    if not picture.shape == mask.shape == (*card.shape[1:], 3):
        raise RecipeError(
            f"the recipe's picture and mask have {_size(picture)} and {_size(mask)} pixels; "
            f"{card.name} fills {card.shape[2]} × {card.shape[1]}"
        )
    if card.shape[0] == 1 and not (picture == picture[..., :1]).all():
        raise RecipeError(f"the recipe's picture has colours; {card.name} takes grey ones")
    return FillRequest(
        picture, mask[..., 0] >= 128, recipe.count, recipe.seed, extra["method"],
        dict(recipe.knobs), recipe.label, prompt_of(recipe),
    )  # fmt: skip


def _size(pixels: Pixels) -> str:
    return f"{pixels.shape[1]} × {pixels.shape[0]}"
