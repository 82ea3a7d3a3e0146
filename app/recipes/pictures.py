"""Tensors of the engines as arrays that a window or a file can show, and back.

The only place where the two meet. numpy and Pillow; torch comes in only to make a tensor.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from widgets.look.colours import CLASS_COLOURS

if TYPE_CHECKING:
    from torch import Tensor

Pixels: TypeAlias = npt.NDArray[np.uint8]
Points: TypeAlias = npt.NDArray[np.float32]
Values: TypeAlias = npt.NDArray[Any]
"""Examples (n, …) of any kind, or one of them."""
Colour: TypeAlias = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
INK: Colour = (90, 98, 112)

_FINE = 4


def to_pixels(x: Tensor) -> Pixels:
    """Pictures (n, C, H, W) in [-1, 1] as contiguous RGB (n, H, W, 3), grey repeated.

    Of two channels the first is shown as grey, of more than three the first three. Level
    v = round((x + 1) · 127.5), clipped; not-a-number becomes black.
    """
    if x.ndim != 4 or not x.shape[1]:
        raise ValueError(f"pictures must be (n, C, H, W), got {tuple(x.shape)}")
    x = x[:, : 3 if x.shape[1] >= 3 else 1]
    levels = ((x.detach().float() + 1) * 127.5).nan_to_num(0.0).round().clamp(0, 255)
    array: Pixels = levels.cpu().numpy().astype(np.uint8).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(array.repeat(3 // array.shape[3], axis=3))


def to_tensor(pixels: Pixels, channels: int = 3) -> Tensor:
    """RGB (n, H, W, 3) as float32 (n, channels, H, W) in [-1, 1], the inverse of `to_pixels`.

    Raises ValueError when one channel is asked of pictures that are not grey.
    """
    import torch  # only whoever has a model open comes here

    if channels == 1 and not (pixels == pixels[..., :1]).all():
        raise ValueError("these pictures are in colour; the model takes grey ones")
    array = pixels[..., :channels].transpose(0, 3, 1, 2)
    return torch.tensor(array, dtype=torch.float32) / 127.5 - 1


def to_points(x: Tensor) -> Points:
    """Points (n, D) in data units as contiguous float32."""
    if x.ndim != 2:
        raise ValueError(f"points must be (n, D), got {tuple(x.shape)}")
    array: Points = x.detach().float().cpu().numpy()
    return np.ascontiguousarray(array)


def square_columns(count: int) -> int:
    """Columns that make a sheet of `count` pictures nearly square."""
    return math.isqrt(max(0, count - 1)) + 1


def sheet(
    pictures: Pixels, columns: int | None = None, *, gap: int = 2, background: Colour = WHITE
) -> Pixels:
    """Pictures (n, H, W, 3) in rows of `columns`, `gap` pixels apart: (H', W', 3)."""
    n, height, width, _ = pictures.shape
    if n == 0:
        raise ValueError("a sheet needs at least one picture")
    columns = min(n, columns or square_columns(n))
    rows = -(-n // columns)
    cells = np.empty((rows * columns, height + gap, width + gap, 3), np.uint8)
    cells[:] = background
    cells[:n, :height, :width] = pictures
    cells = cells.reshape(rows, columns, height + gap, width + gap, 3).swapaxes(1, 2)
    whole = cells.reshape(rows * (height + gap), columns * (width + gap), 3)
    return np.ascontiguousarray(whole[: rows * (height + gap) - gap, : whole.shape[1] - gap])


def scatter_sheet(
    points: Points, classes: list[int] | None = None, *, size: int = 640, radius: float = 2.0
) -> Pixels:
    """Points (n, 2) as dots on white, both axes to one scale, y upwards: (size, size, 3).

    Points that are not finite are left out.
    """
    from PIL import Image, ImageDraw

    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"a scatter needs points (n, 2), got {points.shape}")
    image = Image.new("RGB", (size * _FINE, size * _FINE), WHITE)
    draw = ImageDraw.Draw(image)
    shown = np.isfinite(points).all(1)
    colours = [
        INK if classes is None else CLASS_COLOURS[c % len(CLASS_COLOURS)]
        for c in (classes if classes is not None else range(len(points)))
    ]
    reach = radius * _FINE
    for (x, y), i in zip(_placed(points[shown], size), np.flatnonzero(shown), strict=True):
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colours[i])
    # drawn large and averaged: Pillow's own ellipses have hard edges
    return np.array(image.reduce(_FINE))


def _placed(points: Points, size: int) -> npt.NDArray[np.float64]:
    """Finite points at pixels of the fine drawing, with a margin of 5 %."""
    if not len(points):
        return np.empty((0, 2))
    low, high = points.min(0).astype(float), points.max(0).astype(float)
    centre, span = (low + high) / 2, float((high - low).max()) or 1.0
    unit = (points - centre) / span * [1, -1]
    at: npt.NDArray[np.float64] = (0.5 + 0.9 * unit) * size * _FINE
    return at
