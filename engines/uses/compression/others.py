"""What other lossless codecs take for the same pictures: each by itself, and all of them stacked.

Picture formats write a header for every file, of 60 to 200 bytes here, which flatters whoever has
none; the rows "without header" hold the bare stream. Stacked, a compressor learns across pictures.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from engines import extras

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""Pictures (n, H, W), or (n, H, W, 3) with colours."""
_LZMA = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
_WIDEST = 16_383
"""Pixels on a side of a WebP."""


@dataclass(frozen=True)
class Row:
    """What one codec takes: bytes of all pictures one by one, and stacked; None where it has no
    such way."""

    name: str
    each: int | None
    stacked: int | None


@dataclass(frozen=True)
class _Codec:
    """Its name, the bytes it makes of one picture (H, W) or (H, W, 3) or of bytes, and of which."""

    name: str
    encode: Callable[[Any], bytes]
    of_bytes: bool


def _codecs() -> tuple[_Codec, ...]:
    """Every codec at its best effort. Raises MissingExtra."""
    imagecodecs = extras.module("density", "imagecodecs")
    return (
        _Codec("PNG", lambda x: imagecodecs.png_encode(x, level=9), False),
        _Codec("PNG without header", lambda x: _idat(imagecodecs.png_encode(x, level=9)), False),
        _Codec("WebP, lossless", lambda x: _webp(imagecodecs, x), False),
        _Codec(
            "JPEG-XL, lossless",
            lambda x: imagecodecs.jpegxl_encode(x, lossless=True, effort=9),
            False,
        ),
        _Codec("zlib", lambda raw: zlib.compress(raw, 9), True),
        _Codec("deflate without header", lambda raw: zlib.compress(raw, 9, -15), True),
        _Codec("bz2", lambda raw: bz2.compress(raw, 9), True),
        _Codec("LZMA (xz)", lambda raw: lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME), True),
        _Codec("LZMA without header", _raw_lzma, True),
        _Codec("Zstandard", lambda raw: imagecodecs.zstd_encode(raw, level=22), True),
    )


def rows(pictures: Pixels) -> Generator[Row, None, None]:
    """A row for each codec, as they come. Raises MissingExtra."""
    sheet = _sheet(pictures)
    for codec in _codecs():
        each = sum(len(codec.encode(x.tobytes() if codec.of_bytes else x)) for x in pictures)
        whole = pictures.tobytes() if codec.of_bytes else sheet
        yield Row(codec.name, each, len(codec.encode(whole)))


def fewest_bits(picture: Pixels) -> int:
    """The fewest bits of PNG, WebP and JPEG-XL of one picture. Raises MissingExtra."""
    formats = [codec for codec in _codecs() if not codec.of_bytes and "header" not in codec.name]
    return 8 * min(len(codec.encode(np.ascontiguousarray(picture))) for codec in formats)


def _sheet(pictures: Pixels) -> Pixels:
    """All pictures in one: below each other, in as many columns as a format's height asks."""
    n, height = pictures.shape[:2]
    columns = -(-n * height // _WIDEST)
    lacking = -n % columns
    filled = np.concatenate([pictures, np.zeros((lacking, *pictures.shape[1:]), np.uint8)])
    parts = np.split(filled, columns)
    return np.ascontiguousarray(np.concatenate([_tall(part) for part in parts], 1))


def _tall(part: Pixels) -> Pixels:
    return part.reshape(-1, *part.shape[2:])


def _webp(imagecodecs: Any, x: Pixels) -> bytes:
    """WebP knows colours alone: grey ones take no more for it."""
    colours = x if x.ndim == 3 else np.repeat(x[..., None], 3, 2)
    raw: bytes = imagecodecs.webp_encode(np.ascontiguousarray(colours), lossless=True, method=6)
    return raw


def _idat(png: bytes) -> bytes:
    """The compressed stream of a PNG: what stands in its IDAT chunks."""
    place, out = 8, []
    while place + 12 <= len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        if png[place + 4 : place + 8] == b"IDAT":
            out.append(png[place + 8 : place + 8 + length])
        place += 12 + length
    return b"".join(out)


def _raw_lzma(raw: bytes) -> bytes:
    return lzma.compress(raw, format=lzma.FORMAT_RAW, filters=_LZMA)
