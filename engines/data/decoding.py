"""Picture files opened with suspicion: of a sane size, one still picture, or refused in words.

Imports no torch.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from PIL import Image

T = TypeVar("T")

FORMATS = ("PNG", "JPEG", "MPO", "BMP", "WEBP", "GIF", "TIFF", "PPM")
LARGEST = 6000
"""The longest side that is read, in pixels: a small file can hold a huge picture."""


_MOST_READS = 1 << 17
"""Pieces that a file is read in: a picture of 64 MiB takes fewer, a storm of empty ones more."""


class Refused(ValueError):
    """A file is not taken; the message says what it is or has, and what to do, after its name."""


class _Counted(io.BytesIO):
    """Bytes that are given out in so many pieces and no more: Pillow knows no end of its own."""

    left = _MOST_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise Refused("consists of too many parts; choose another picture.")
        return super().read(size)


def decoded(
    raw: bytes,
    reads: Callable[[Image.Image], T],
    formats: Sequence[str] = FORMATS,
    largest: int = LARGEST,
) -> T:
    """What `reads` makes of the one still picture that these bytes hold.

    Raises Refused for all that is none, whatever Pillow makes of it. MPO, a JPEG with further
    pictures behind it as cameras write it, counts as its first picture.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # the reader of JPEG decides by itself whether a file is an MPO
            opened = Image.open(_Counted(raw), formats=[f for f in formats if f != "MPO"])
            with opened as image:
                _check(image, largest)
                return reads(image)
    except Refused:
        raise
    except UnidentifiedImageError as error:
        raise Refused("cannot be read as a picture; choose a PNG, JPEG or WebP.") from error
    except Image.DecompressionBombError as error:
        raise Refused(f"is too large; choose one of at most {largest} a side.") from error
    except Exception as error:
        # what Pillow raises for damaged files has no end: TypeError, KeyError, struct.error …
        raise Refused("is damaged; choose another picture.") from error


def _check(image: Image.Image, largest: int) -> None:
    width, height = image.size
    if max(width, height) > largest:
        raise Refused(f"has {width} × {height} pixels; choose one of at most {largest} a side.")
    if min(width, height) < 1:
        raise Refused("has no pixels; choose another picture.")
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise Refused("is animated or has several pages; choose a still one.")
