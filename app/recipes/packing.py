"""Pictures and masks as text inside a recipe: PNGs in base64, read with no trust."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from app.recipes.pictures import Pixels
from app.recipes.recipe import RecipeError
from engines.data.decoding import decoded

Mask = npt.NDArray[np.bool_]


_LARGEST = 2048


def mask_png(mask: Mask) -> bytes:
    """A mask (H, W) as a 1-bit PNG: white is unknown."""
    from PIL import Image  # late: the window reads recipes before its first paint

    image = Image.fromarray(np.where(mask, np.uint8(255), np.uint8(0)))
    with io.BytesIO() as file:
        image.convert("1", dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        return file.getvalue()


def picture_text(picture: npt.NDArray[np.uint8]) -> str:
    """A picture (H, W) or (H, W, 3) as a PNG in base64."""
    from PIL import Image

    with io.BytesIO() as file:
        Image.fromarray(np.ascontiguousarray(picture)).save(file, "PNG", optimize=True)
        return base64.b64encode(file.getvalue()).decode()


def pixels_of(extra: Mapping[str, Any], field: str) -> Pixels:
    """A small PNG out of a recipe, trusting nothing: RGB (H, W, 3)."""
    try:
        raw = base64.b64decode(extra[field], validate=True)
        return decoded(raw, lambda image: np.array(image.convert("RGB")), ("PNG",), _LARGEST)
    except (TypeError, ValueError) as error:  # Refused and the errors of base64 are ValueErrors
        raise RecipeError(f"the recipe's {field} is damaged") from error
