"""Masks that others made: PNG files, read with suspicion; what is white is unknown.

Imports no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from engines.data.decoding import Refused, decoded
from engines.data.fitting import MAX_FILE, Fit, reduced
from engines.naming import shortened

if TYPE_CHECKING:
    from PIL import Image

Mask: TypeAlias = npt.NDArray[np.bool_]
Sums: TypeAlias = npt.NDArray[np.int32]

_PNG = b"\x89PNG\r\n\x1a\n"
_OTHERS = (
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"\xff\xd8\xff", "a JPEG"),
    (b"RIFF", "a WebP"),
)


@dataclass(frozen=True, eq=False)
class Reading:
    """A mask (H, W), True = unknown, and what was decided where the file did not say.

    Not `exact`: values between black and white, or of a half transparent layer, were cut in half.
    """

    mask: Mask
    exact: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Photo:
    """The size (H, W) of a picture as it came, and how it was brought to the model's shape."""

    size: tuple[int, int]
    how: Fit = Fit.CROP


def read(raw: bytes, name: str) -> Reading:
    """Read the bytes of a PNG as a mask: at least half grey is unknown.

    A layer with transparent parts is a mask by its alpha, unless what is opaque is black and white
    itself. Raises ValueError with one sentence for what is no PNG, damaged, animated, too large, or
    marks nothing.
    """
    name = shortened(name, 60)
    if not raw.startswith(_PNG):
        kind = next((words for start, words in _OTHERS if raw.startswith(start)), "no picture")
        raise ValueError(f"{name} is {kind}; a mask is a PNG: save it as one and open that.")
    if len(raw) > MAX_FILE:
        raise ValueError(f"{name} is larger than {MAX_FILE >> 20} MiB; choose a smaller mask.")
    try:
        levels, alpha, top = decoded(raw, _levels, ("PNG",))
    except Refused as error:
        words = str(error).replace("another picture", "another mask")
        raise ValueError(f"{name} {words}") from error
    reading = _meant(levels, alpha, top, name)
    if not reading.exact:
        note = f"{name} has more than black and white: it was cut at half."
        return Reading(reading.mask, exact=False, notes=(note, *reading.notes))
    return reading


def sized(
    reading: Reading, name: str, size: tuple[int, ...], photo: Photo | None = None
) -> Reading:
    """The mask in the size (H, W) of the model: as it is, or of the photo's own size and fitted.

    Raises ValueError with one sentence where it has neither size, or nothing is left of it.
    """
    name = shortened(name, 60)
    given = reading.mask.shape
    if given == tuple(size):
        return reading
    if photo is None or given != photo.size:
        sizes = [_said(size)]
        if photo is not None and photo.size != tuple(size):
            sizes.append(f"as its file {_said(photo.size)}")
        has = f"a mask of this picture has {' or '.join(sizes)}"
        raise ValueError(f"{name} has {_said(given)} pixels; {has}.")
    mask = _fitted(reading.mask, size, photo.how)
    if not mask.any():
        raise ValueError(
            f"{name} marks nothing: it covers less than half of every pixel once it is "
            f"{_said(size)}; paint a larger hole."
        )
    note = f"{name} has the size of the photo: it was fitted with it."
    return Reading(mask, reading.exact, (*reading.notes, note))


def _meant(levels: Sums, alpha: Sums, top: int, name: str) -> Reading:
    """What a picture marks, by its alpha or its levels. Raises ValueError where that is nothing."""
    opaque = 2 * alpha >= 255
    if not opaque.any():
        raise ValueError(f"{name} is transparent everywhere: it marks nothing; paint the hole.")
    found = levels[opaque]
    plain = bool(((found == 0) | (found == top)).all())
    if not opaque.all() and not (plain and found.any() and not found.all()):
        note = f"{name} is a layer: its opaque part is unknown, what is transparent is known."
        return Reading(opaque, bool(((alpha == 0) | (alpha == 255)).all()), (note,))
    mask = opaque & (2 * levels >= top)
    if not mask.any():
        raise ValueError(
            f"{name} marks nothing: its largest value is {found.max() // 3:,} of {top // 3:,}, and "
            "white is unknown; paint the hole white."
        )
    return Reading(mask, plain and bool(((alpha == 0) | (alpha == 255)).all()))


def _levels(image: Image.Image) -> tuple[Sums, Sums, int]:
    """Sums of three levels (H, W), alpha (H, W) of 0 … 255, and the sum that is white."""
    if image.mode.startswith("I"):
        levels = 3 * np.asarray(image).astype(np.int32)
        return levels, np.full_like(levels, 255), 3 * 0xFFFF
    pixels = np.asarray(image.convert("RGBA"))
    return pixels[..., :3].sum(axis=2, dtype=np.int32), pixels[..., 3].astype(np.int32), 3 * 0xFF


def _fitted(mask: Mask, size: tuple[int, ...], how: Fit) -> Mask:
    """A mask brought to (H, W) as a picture is; a pixel half covered is unknown."""
    from PIL import Image, ImageOps

    image = reduced(Image.fromarray(np.where(mask, np.uint8(255), np.uint8(0))))
    wanted, method = (size[1], size[0]), Image.Resampling.BOX
    if how is Fit.CROP:
        image = ImageOps.fit(image, wanted, method)
    elif how is Fit.PAD:
        image = ImageOps.pad(image, wanted, method)
    else:
        image = image.resize(wanted, method)
    found: Mask = np.asarray(image) >= 128
    return found


def _said(size: tuple[int, ...]) -> str:
    return f"{size[1]} × {size[0]}"
