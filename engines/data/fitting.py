"""Pictures from elsewhere, read with suspicion, brought to the size and colours of a model.

Imports no torch.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL import Image

Pixels: TypeAlias = npt.NDArray[np.uint8]

MAX_FILE = 64 * 1024 * 1024
LARGEST = 6000
"""The longest side that is read, in pixels: a small file can hold a huge picture."""

_KEPT = 1024
_FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF", "PPM")


class Fit(Enum):
    """How a picture of another shape comes to the model's."""

    CROP = "Crop to fill"
    PAD = "Show all, padded"
    STRETCH = "Stretch"


@dataclass(frozen=True, eq=False)
class Foreign:
    """A picture as read, uint8 RGB (H, W, 3), at most 1024 pixels a side, and its name.

    `size` is the (H, W) that its file has, upright.
    """

    pixels: Pixels
    name: str
    size: tuple[int, int]


def read(raw: bytes, name: str) -> Foreign:
    """Read the bytes of a picture file; what is transparent becomes black.

    Raises ValueError with one sentence for anything that is no still picture of a sane size.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(raw) > MAX_FILE:
        raise ValueError(f"{name} is larger than {MAX_FILE >> 20} MiB; choose a smaller picture.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(raw), formats=_FORMATS)
        with image:
            _check_size(image.size, name)
            if getattr(image, "n_frames", 1) > 1:
                raise ValueError(f"{name} is animated or has several pages; choose a still one.")
            whole = _eight_bits(ImageOps.exif_transpose(image)).convert("RGBA")
            size, upright = (whole.height, whole.width), reduced(whole)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        why = "is too large" if "bomb" in str(error) else "is no picture that Genscope can read"
        raise ValueError(f"{name} {why}; choose a PNG or JPEG.") from error
    except (OSError, SyntaxError, EOFError) as error:
        raise ValueError(f"{name} is damaged; choose another picture.") from error
    black = Image.new("RGBA", upright.size, (0, 0, 0, 255))
    return Foreign(np.array(Image.alpha_composite(black, upright).convert("RGB")), name, size)


def reduced(image: Image.Image) -> Image.Image:
    """An image of at most 1024 pixels a side; it is changed."""
    from PIL import Image

    image.thumbnail((_KEPT, _KEPT), Image.Resampling.BOX)
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Sixteen bits a pixel are cut to eight, as Pillow's own conversion does not."""
    from PIL import Image

    if not image.mode.startswith("I"):
        return image
    levels = np.asarray(image).astype(np.int64) >> 8
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def _check_size(size: tuple[int, int], name: str) -> None:
    if max(size) > LARGEST:
        width, height = size
        raise ValueError(
            f"{name} has {width} × {height} pixels; choose one of at most {LARGEST} a side."
        )


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


def bright_ground(pixels: Pixels) -> bool:
    """Whether the border is bright, as of ink on paper; models know digits on black."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool(border.mean() > 127)
