"""From the numbers of a picture file, whatever its mode, to 256 levels of red, green and blue.

The one rule for all pictures that come from outside; docs/outside.md has it as a table.
Imports no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engines.data.decoding import Refused

if TYPE_CHECKING:
    from PIL import Image

_DEPTHS = (1, 2, 4, 8, 10, 12, 14, 16)
"""Bits of a grey level that scanners, sensors and PNG know."""
_QUARTER = 64
"""Where the largest value is less than this of 255, another white is meant than the file says."""


def whole_levels(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """A picture as RGBA of eight bits, upright, and what was decided where its file did not say.

    The notes stand after the name of the file. Raises Refused where its white cannot be known.
    """
    from PIL import ImageOps

    notes = ["has further pictures behind the first; that one is taken"] * (image.format == "MPO")
    deep = _is_deep(image)
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        whole, note = _of_integers(upright)
    elif upright.mode == "F":
        whole, note = _of_floats(upright)
    elif upright.mode == "LAB":
        whole, note = _of_lab(upright), ""
    else:
        whole, note = _of_eight_bits(upright), ""
        if deep:
            _check_deep(whole)
    notes += [note] * bool(note)
    if np.asarray(whole.getchannel("A")).min() < 255:
        notes.append("has transparent parts, which become black")
    return whole, tuple(notes)


def _is_deep(image: Image.Image) -> bool:
    """Whether Pillow keeps the upper eight bits alone of sixteen bits a colour."""
    tiles = getattr(image, "tile", ())
    return image.mode[:1] != "I" and any(";16" in str(tile[3]) for tile in tiles)


def _check_deep(whole: Image.Image) -> None:
    # the lower bits are gone: what they held cannot be stretched
    if np.asarray(whole.convert("RGB")).max() < _QUARTER:
        raise Refused(
            "uses few of its 16 bits a colour, so that its white cannot be known; save it with 8 "
            "bits a colour."
        )


def _of_eight_bits(image: Image.Image) -> Image.Image:
    """Grey, palettes, RGB, CMYK, YCbCr, HSV, with or without alpha: as Pillow has them."""
    if image.mode in ("La", "RGBa"):
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    return image if image.mode == "RGBA" else image.convert("RGBA")


def _of_integers(image: Image.Image) -> tuple[Image.Image, str]:
    """Grey of more than eight bits: white is the largest value of the fewest bits that hold it."""
    values = np.asarray(image)
    low, top = int(values.min()), int(values.max())
    if low < 0 or top > 0xFFFF:
        raise Refused(
            f"has values from {low:,} to {top:,}, so that its white cannot be known; save it with "
            "8 or 16 bits a pixel."
        )
    bits = next(depth for depth in _DEPTHS if top < 1 << depth) if top else 16
    white = (1 << bits) - 1
    table = np.minimum((np.arange(1 << 16) * 255 + white // 2) // white, 255).astype(np.uint8)
    note = f"has values of at most {top:,}: {white:,} of {bits} bits is taken as white"
    return _of_grey(table[values.astype(np.uint16)], _clear(image, values)), note * (bits < 16)


def _of_floats(image: Image.Image) -> tuple[Image.Image, str]:
    """Grey of real numbers: 0 … 1, or 0 … 255, which is said."""
    values = np.asarray(image)
    low, top = float(values.min()), float(values.max())
    if not np.isfinite(values).all():
        raise Refused("has values that are not finite; save it with 8 bits a pixel.")
    if low < 0 or 1 < top < _QUARTER or top > 255:
        raise Refused(
            f"has values from {low:.4g} to {top:.4g}, so that its white cannot be known; save it "
            "with 8 bits a pixel."
        )
    scale, note = (255.0, "") if top <= 1 else (1.0, "has values beyond 1: 255 is taken as white")
    return _of_grey((values * scale + 0.5).astype(np.uint8)), note


def _of_lab(image: Image.Image) -> Image.Image:
    """CIE L*a*b* under D50, as sRGB."""
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    seen = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    assert seen is not None  # as it is when nothing is to be changed in place
    return seen.convert("RGBA")


def _of_grey(
    levels: npt.NDArray[np.uint8], clear: npt.NDArray[np.bool_] | None = None
) -> Image.Image:
    from PIL import Image

    whole = Image.fromarray(levels).convert("RGBA")
    if clear is not None:
        whole.putalpha(Image.fromarray(np.where(clear, np.uint8(0), np.uint8(255))))
    return whole


def _clear(image: Image.Image, values: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_] | None:
    """Where a picture of integers is transparent: at the one value that its PNG names."""
    value = image.info.get("transparency")
    return values == value if isinstance(value, int) else None
