"""Pictures from elsewhere, read with suspicion, brought to the size and colours of a model.

Imports no torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from engines.data.decoding import Refused, decoded
from engines.data.levels import whole_levels
from engines.naming import shortened

if TYPE_CHECKING:
    from PIL import Image

Pixels: TypeAlias = npt.NDArray[np.uint8]

MAX_FILE = 64 * 1024 * 1024
_KEPT = 1024
_INK = 0.15
"""What is brighter than the ground by so much of the range is ink."""


class Fit(Enum):
    """How a picture of another shape comes to the model's."""

    CROP = "Crop to fill"
    PAD = "Show all, padded"
    STRETCH = "Stretch"


@dataclass(frozen=True, eq=False)
class Foreign:
    """A picture as read, uint8 RGB (H, W, 3), at most 1024 pixels a side, and its name.

    `size` is the (H, W) that its file has, upright; `notes` are sentences about what was decided
    where the file did not say it.
    """

    pixels: Pixels
    name: str
    size: tuple[int, int]
    notes: tuple[str, ...] = ()


def read(raw: bytes, name: str) -> Foreign:
    """Read the bytes of a picture file; its levels are those of `engines.data.levels`.

    Raises ValueError with one sentence for anything that is no still picture of a sane size.
    """
    name = shortened(name, 60)
    if len(raw) > MAX_FILE:
        raise ValueError(f"{name} is larger than {MAX_FILE >> 20} MiB; choose a smaller picture.")
    try:
        pixels, size, notes = decoded(raw, _kept)
    except Refused as error:
        raise ValueError(f"{name} {error}") from error
    return Foreign(pixels, name, size, tuple(f"{name} {note}." for note in notes))


def _kept(image: Image.Image) -> tuple[Pixels, tuple[int, int], tuple[str, ...]]:
    """Reduced pixels, the (H, W) of the file and what was decided; what is clear becomes black."""
    from PIL import Image

    whole, notes = whole_levels(image)
    size, upright = (whole.height, whole.width), reduced(whole)
    black = Image.new("RGBA", upright.size, (0, 0, 0, 255))
    return np.array(Image.alpha_composite(black, upright).convert("RGB")), size, notes


def reduced(image: Image.Image) -> Image.Image:
    """An image of at most 1024 pixels a side; it is changed."""
    from PIL import Image

    image.thumbnail((_KEPT, _KEPT), Image.Resampling.BOX)
    return image


def fits(pixels: Pixels, shape: tuple[int, ...]) -> bool:
    """Whether a model of pictures (C, H, W) can take these pixels as they are."""
    grey = shape[0] == 3 or bool((pixels == pixels[..., :1]).all())
    return pixels.shape[:2] == shape[1:] and grey


def fitted(
    pixels: Pixels, shape: tuple[int, ...], how: Fit = Fit.CROP, *, invert: bool = False
) -> Pixels:
    """RGB (H, W, 3) as a model of pictures (C, H', W') sees it: RGB (H', W', 3), grey for C = 1."""
    from PIL import Image, ImageOps

    if fits(pixels, shape) and not invert:
        return pixels
    image = Image.fromarray(pixels)
    channels, height, width = shape
    if channels == 1:
        image = image.convert("L")
    if invert:
        image = ImageOps.invert(image)
    size, method = (width, height), Image.Resampling.LANCZOS
    if how is Fit.CROP:
        image = ImageOps.fit(image, size, method)
    elif how is Fit.PAD:
        image = ImageOps.pad(image, size, method)
    else:
        image = image.resize(size, method)
    return np.array(image.convert("RGB"))


def centred(pixels: Pixels, *, invert: bool = False) -> Pixels:
    """A bright digit on black, RGB (H, W, 3), as those of MNIST: in a box of 20 pixels, with its
    centre of mass in the middle of 28 × 28 (LeCun, Cortes & Burges, "The MNIST database").

    The size of the digit decides, so a mask of the photo's own size cannot be brought the same way.
    """
    from PIL import Image

    levels = np.asarray(Image.fromarray(pixels).convert("L"))
    levels = 255 - levels if invert else levels
    ground = np.median(np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]]))
    rows, columns = np.nonzero(levels > ground + _INK * (int(levels.max()) - ground))
    made = Image.new("L", (28, 28))
    if not len(rows):
        return np.asarray(made.convert("RGB"))
    left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    digit = Image.fromarray(np.clip(levels.astype(int) - int(ground), 0, 255).astype(np.uint8))
    digit = digit.crop((int(left), int(top), int(right), int(bottom)))
    scale = 20 / max(digit.size)
    wide, high = (max(1, round(side * scale)) for side in digit.size)
    digit = digit.resize((wide, high), Image.Resampling.LANCZOS)
    mass = np.asarray(digit, np.float64)
    across, down = (mass.sum(axis) @ (np.arange(mass.shape[1 - axis]) + 0.5) for axis in (0, 1))
    x, y = (round(14 - float(at) / max(mass.sum(), 1e-9)) for at in (across, down))
    made.paste(digit, (min(max(x, 0), 28 - wide), min(max(y, 0), 28 - high)))
    return np.asarray(made.convert("RGB"))


def all_fitted(pictures: Iterable[Pixels], shape: tuple[int, ...]) -> Pixels:
    """Several as one array (n, H, W, 3)."""
    return np.stack([fitted(picture, shape) for picture in pictures])


def bright_ground(pixels: Pixels) -> bool:
    """Whether the border is bright, as of ink on paper; models know digits on black."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool(border.mean() > 127)
