"""Heat maps side by side on one colour scale, drawn with numpy and Pillow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Floats: TypeAlias = NDArray[np.float64]
_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

_GAP, _LINE, _BAR = 12, 18, 14
_PAPER, _INK, _FAINT = "#FFFFFF", "#1B1F27", "#5D6675"
_PATH = (
    (0.13, 0.01, -0.06),
    (0.32, 0.06, -0.12),
    (0.5, 0.14, -0.02),
    (0.68, 0.12, 0.09),
    (0.84, 0.03, 0.13),
    (0.97, -0.02, 0.07),
)
"""Knots of the colour scale in OKLab: dark blue over magenta and orange to pale yellow."""
_PLAIN = {"≤": "<=", "≈": "~", "–": "-", "×": "x"}


@dataclass(frozen=True)
class Panel:
    """One heat map: densities (H, W), the first row on top, with what is written over it."""

    title: str
    caption: str
    values: Floats


def colours(count: int = 256) -> NDArray[np.uint8]:
    """`count` colours (count, 3) that look evenly spaced: equal steps in OKLab (Ottosson 2020)."""
    knots = np.array(_PATH)
    fine = np.linspace(0, len(knots) - 1, 4096)
    path = np.stack([np.interp(fine, np.arange(len(knots)), knots[:, i]) for i in range(3)], 1)
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    even = np.linspace(0, length[-1], count)
    lab = np.stack([np.interp(even, length, path[:, i]) for i in range(3)], 1)
    return (255 * _srgb(lab)).round().astype(np.uint8)


def draw(panels: Sequence[Panel], highest: float, *, columns: int = 4) -> Image.Image:
    """All panels on the colour scale 0 … `highest`, which is printed below them.

    Colours follow the square root of the density, so that faint bridges between modes show.
    """
    high, wide = panels[0].values.shape
    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    head = 2 * _LINE + 4
    size = (columns * (wide + _GAP) + _GAP, rows * (high + head + _GAP) + _GAP + _BAR + 2 * _LINE)
    image = Image.new("RGB", size, _PAPER)
    pen, table = ImageDraw.Draw(image), colours()
    for place, panel in enumerate(panels):
        row, column = divmod(place, columns)
        left, top = _GAP + column * (wide + _GAP), _GAP + row * (high + head + _GAP)
        _write(pen, (left, top), panel.title, 14, _INK)
        _write(pen, (left, top + _LINE), panel.caption, 12, _FAINT)
        image.paste(_heat(panel.values, highest, table), (left, top + head))
    _scale(image, pen, highest, table)
    return image


def _heat(values: Floats, highest: float, table: NDArray[np.uint8]) -> Image.Image:
    share = np.sqrt(np.clip(values / highest, 0, 1))
    return Image.fromarray(table[(share * (len(table) - 1)).round().astype(int)])


def _scale(
    image: Image.Image, pen: ImageDraw.ImageDraw, highest: float, table: NDArray[np.uint8]
) -> None:
    """The colour scale along the foot with its values."""
    wide = min(360, image.width - 2 * _GAP)
    top = image.height - _GAP - _LINE - _BAR
    ramp = np.linspace(0, 1, wide) ** 2 * highest
    image.paste(_heat(np.tile(ramp, (_BAR, 1)), highest, table), (_GAP, top))
    for share in (0.0, 0.25, 1.0):
        text = f"{share * highest:.3g}"
        x = _GAP + math.sqrt(share) * wide - (0 if share == 0 else 14 if share < 1 else 36)
        _write(pen, (round(x), top + _BAR + 2), text, 11, _FAINT)
    _write(pen, (_GAP + wide + _GAP, top - 1), "density, colours by its square root", 11, _FAINT)


def _write(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, ink: str) -> None:
    try:
        font: _Font = ImageFont.truetype("DejaVuSans.ttf", size)
    except OSError:  # Pillow's own font knows Latin alone
        font = ImageFont.load_default(size)
        for sign, plain in _PLAIN.items():
            text = text.replace(sign, plain)
    pen.text(at, text, fill=ink, font=font)


def _srgb(lab: Floats) -> Floats:
    """OKLab (n, 3) as sRGB in [0, 1], cut off at the gamut: Ottosson 2020."""
    roots = lab @ np.array(
        [
            [1, 1, 1],
            [0.3963377774, -0.1055613458, -0.0894841775],
            [0.2158037573, -0.0638541728, -1.2914855480],
        ]
    )
    linear = roots**3 @ np.array(
        [
            [4.0767416621, -1.2684380046, -0.0041960863],
            [-3.3077115913, 2.6097574011, -0.7034186147],
            [0.2309699292, -0.3413193965, 1.7076147010],
        ]
    )
    linear = np.clip(linear, 0, 1)
    curved: Floats = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return curved
