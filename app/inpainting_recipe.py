"""What a filled hole is made again from: the picture, the mask and the method, inside its recipe.

The picture travels as a PNG in base64, the mask as a PNG of one bit a pixel: white is unknown.
"""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from app.filling import MOST_DRAWS, FillRequest
from app.pictures import Pixels
from app.recipes import Recipe, RecipeError, prompt_of
from engines.model import Card

TASK = "inpaint"
Mask = npt.NDArray[np.bool_]

_FIELDS = {"method", "picture", "mask"}
_LARGEST = 2048


def recipe_of(card: Card, request: FillRequest, *, columns: int | None = None) -> Recipe:
    """The recipe of all draws of a request that names its method and every knob."""
    picture = request.picture[..., 0] if card.shape[0] == 1 else request.picture
    return Recipe(
        task=TASK, model=card.name, sha256=card.sha256, seed=request.seed, count=request.count,
        columns=columns, label=request.label, knobs=dict(request.knobs),
        prompt=request.prompt.text, negative=request.prompt.negative,
        extra={
            "method": request.method,
            "picture": _text(picture),
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


def mask_png(mask: Mask) -> bytes:
    """A mask (H, W) as a 1-bit PNG: white is unknown."""
    from PIL import Image  # late: the window reads recipes before its first paint

    image = Image.fromarray(np.where(mask, np.uint8(255), np.uint8(0)))
    with io.BytesIO() as file:
        image.convert("1", dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        return file.getvalue()


def _text(picture: npt.NDArray[np.uint8]) -> str:
    from PIL import Image

    with io.BytesIO() as file:
        Image.fromarray(picture).save(file, "PNG", optimize=True)
        return base64.b64encode(file.getvalue()).decode()


def pixels_of(extra: Mapping[str, Any], field: str) -> Pixels:
    """A small PNG out of a recipe, trusting nothing: RGB (H, W, 3)."""
    from PIL import Image

    try:
        raw = base64.b64decode(extra[field], validate=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=("PNG",)) as image:
                if max(image.size) > _LARGEST:
                    raise ValueError(f"{image.size} is too large")
                return np.array(image.convert("RGB"))
    except (TypeError, ValueError, OSError, SyntaxError, binascii.Error, Warning) as error:
        raise RecipeError(f"the recipe's {field} is damaged") from error
