"""The bits of single pictures in lossless codecs: how complex a picture is, whatever the model.

Serrà et al. 2020, "Input complexity and out-of-distribution detection with likelihood-based
generative models": L(x) is the length of the shortest file. The least over several codecs takes
out what one of them spends on its header.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, features

from engines import extras
from engines.model import Step

Levels = npt.NDArray[np.uint8]
_EVERY = 16


@dataclass(frozen=True)
class Coder:
    """One codec: its bytes of levels (H, W) or (H, W, 3), and which version of it this is."""

    name: str
    version: str
    encode: Callable[[Levels], bytes]


def _png(levels: Levels) -> bytes:
    return _pillow(levels, "PNG", optimize=True)


def _webp(levels: Levels) -> bytes:
    return _pillow(levels, "WebP", lossless=True, quality=99, method=6)


def _pillow(levels: Levels, form: str, **options: object) -> bytes:
    with io.BytesIO() as file:
        Image.fromarray(levels).save(file, form, **options)
        return file.getvalue()


def coders() -> tuple[Coder, ...]:
    """PNG, WebP and JPEG-XL, as far as they are here."""
    found = [Coder("PNG", f"zlib {features.version('zlib')}", _png)]
    if features.check("webp"):
        found.append(Coder("WebP", str(features.version("webp")), _webp))
    if extras.missing("density") is None:
        codecs = extras.module("density", "imagecodecs")

        def jpegxl(levels: Levels) -> bytes:
            raw: bytes = codecs.jpegxl_encode(levels, lossless=True, effort=7, usecontainer=False)
            return raw

        found.append(Coder("JPEG-XL", f"imagecodecs {codecs.__version__}", jpegxl))
    return tuple(found)


def lacking() -> str:
    """Why L(x) is not the least of all three, in a sentence; "" where it is."""
    missing = extras.missing("density")
    if missing is None:
        return ""
    return f"the shortest code is that of PNG and WebP alone: {missing}"


def edition(used: tuple[Coder, ...]) -> str:
    """Which codecs measure, in which versions: lengths of other editions are no comparison."""
    return ", ".join(f"{coder.name} {coder.version}" for coder in used)


def bits(levels: Levels, used: tuple[Coder, ...]) -> Mapping[str, float]:
    """The bits of one picture (H, W, C) by codec."""
    one = levels[..., 0] if levels.shape[2] == 1 else levels
    plain = np.ascontiguousarray(one)
    return {coder.name: 8.0 * len(coder.encode(plain)) for coder in used}


def shortest(
    pictures: Levels, used: tuple[Coder, ...]
) -> Generator[Step, None, npt.NDArray[np.float64]]:
    """L(x) of pictures (n, H, W, C): (n,) bits."""
    found = np.empty(len(pictures))
    for i, picture in enumerate(pictures):
        found[i] = min(bits(picture, used).values())
        if (i + 1) % _EVERY == 0 or i + 1 == len(pictures):
            yield Step(i + 1, len(pictures))
    return found
