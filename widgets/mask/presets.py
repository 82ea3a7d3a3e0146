"""Masks at one click: pure functions of the picture's shape (H, W). True means unknown."""

from __future__ import annotations

from enum import Enum

import numpy as np

from widgets.mask.strokes import Mask, Shape


class Preset(Enum):
    """The ready-made masks, by the words in the menu."""

    LEFT = "Left half"
    RIGHT = "Right half"
    TOP = "Top half"
    BOTTOM = "Bottom half"
    CENTRE = "Centre square"
    BORDER = "Outer border"
    CHECKERBOARD = "Checkerboard"


def make(preset: Preset, shape: Shape) -> Mask:
    """A preset as a bool array of this shape."""
    rows, columns = shape
    mask = np.zeros(shape, np.bool_)
    short = min(shape)
    match preset:
        # opposite halves are complements: of an odd side the middle goes right and down
        case Preset.LEFT:
            mask[:, : columns // 2] = True
        case Preset.RIGHT:
            mask[:, columns // 2 :] = True
        case Preset.TOP:
            mask[: rows // 2] = True
        case Preset.BOTTOM:
            mask[rows // 2 :] = True
        case Preset.CENTRE:  # its side is half the short side of the picture
            side = max(short // 2, 1)
            top, left = (rows - side) // 2, (columns - side) // 2
            mask[top : top + side, left : left + side] = True
        case Preset.BORDER:  # a quarter of the short side all around
            edge = max(short // 4, 1)
            mask[:] = True
            mask[edge : rows - edge, edge : columns - edge] = False
        case Preset.CHECKERBOARD:  # eight squares along the short side, more or less
            cell = max(round(short / 8), 1)
            mask[:] = np.add.outer(np.arange(rows) // cell, np.arange(columns) // cell) % 2 == 0
    return mask


def scattered(share: float, seed: int, shape: Shape) -> Mask:
    """Exactly round(share · H · W) pixels, drawn without replacement; a seed gives one mask.

    Raises ValueError for a share outside 0 … 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share {share} is not in 0 … 1")
    mask = np.zeros(shape, np.bool_)
    order = np.random.default_rng(seed).permutation(mask.size)
    mask.flat[order[: round(share * mask.size)]] = True
    return mask
