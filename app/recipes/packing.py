"""Pictures and masks as text inside a recipe: PNGs in base64, read with no trust."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe, RecipeError
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


def mask_text(mask: Mask) -> str:
    """A mask as text: a PNG in base64 of one (H, W), else a letter a place; 1 is unknown."""
    if mask.ndim == 2:
        return base64.b64encode(mask_png(mask)).decode()
    return "".join("1" if unknown else "0" for unknown in mask.ravel())


def mask_of(extra: Mapping[str, Any], shape: tuple[int, ...]) -> Mask:
    """What `mask_text` stored, of any shape where it is a picture, trusting nothing."""
    if len(shape) == 2:
        return pixels_of(extra, "mask")[..., 0] >= 128
    text = extra["mask"]
    if not isinstance(text, str) or len(text) != math.prod(shape) or set(text) - {"0", "1"}:
        raise RecipeError("the recipe's mask is damaged")
    return np.array([letter == "1" for letter in text]).reshape(shape)


def picture_text(picture: npt.NDArray[np.uint8]) -> str:
    """A picture (H, W) or (H, W, 3) as a PNG in base64."""
    from PIL import Image

    with io.BytesIO() as file:
        Image.fromarray(np.ascontiguousarray(picture)).save(file, "PNG", optimize=True)
        return base64.b64encode(file.getvalue()).decode()


def pixels_of(extra: Mapping[str, Any], field: str) -> Pixels:
    """A small PNG out of a recipe, trusting nothing: RGB (H, W, 3)."""
    stored = extra[field]
    if isinstance(stored, str) and (found := _READ.get(stored)) is not None:
        return found.copy()
    try:
        return _decoded(stored)
    except (TypeError, ValueError) as error:  # Refused and the errors of base64 are ValueErrors
        raise RecipeError(f"the recipe's {field} is damaged") from error


def _decoded(stored: Any) -> Pixels:
    raw = base64.b64decode(stored, validate=True)
    return decoded(raw, lambda image: np.array(image.convert("RGB")), ("PNG",), _LARGEST)


def read_ahead(recipe: Recipe) -> None:
    """Decode the pictures in a recipe here and now, for `pixels_of` to find; the oldest go.

    For the thread that reads what a window then follows, which itself decodes nothing. Raises
    RecipeError for a damaged one.
    """
    for text in islice(_texts(recipe.extra), _MOST):
        if text in _READ:
            continue
        try:
            _READ[text] = _decoded(text)
        except ValueError as error:
            raise RecipeError("a picture inside the recipe is damaged") from error
    while sum(picture.nbytes for picture in _READ.values()) > _KEPT:
        del _READ[next(iter(_READ))]


_MOST = 16
"""Pictures that a recipe can need; what claims to hold more is refused by whoever follows it."""
_KEPT = 128 << 20
"""Bytes of pictures that wait for a window to follow their recipes."""
_READ: dict[str, Pixels] = {}
_PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n\0").decode()
"""How the text of a PNG begins."""


def _texts(stored: Any) -> Iterator[str]:
    """The pictures in what a recipe stores, at any depth."""
    if isinstance(stored, str):
        if stored.startswith(_PNG):
            yield stored
    elif isinstance(stored, Mapping):
        for each in stored.values():
            yield from _texts(each)
    elif isinstance(stored, list | tuple):
        for each in stored:
            yield from _texts(each)
