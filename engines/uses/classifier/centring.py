"""Ink to a digit as those of MNIST are: scaled into 20 × 20, its centre of mass in the middle.

LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.A: the
digit is scaled to fit a box of 20 pixels with its proportions, anti-aliased, and moved so that its
centre of mass is that of the 28 × 28 field. Imports no torch.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ink: TypeAlias = npt.NDArray[np.uint8]

BOX, FIELD = 20, 28


def centred(ink: Ink, *, field: int = FIELD, box: int = BOX) -> Ink:
    """White ink on black (H, W) uint8 as a digit (field, field); black where there is no ink."""
    from PIL import Image

    rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
    out = np.zeros((field, field), np.uint8)
    if not len(rows):
        return out
    part = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = box / max(part.shape)
    size = tuple(max(1, round(side * scale)) for side in part.shape[::-1])
    small = np.asarray(Image.fromarray(part).resize(size, Image.Resampling.BOX), np.uint8)
    if not small.any():  # a hair of ink that the scaling lost
        return out
    top, left = (_first(small, axis, field) for axis in (0, 1))
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out


def _first(small: Ink, axis: int, field: int) -> int:
    """Where a digit begins along an axis, its centre of mass in the middle, all of it inside."""
    mass = small.astype(np.float64).sum(1 - axis)
    centre = float((mass * np.arange(len(mass))).sum() / mass.sum())
    # of 28 pixels the one with the index 14, as all digits of MNIST have it
    return int(min(max(round(field // 2 - centre), 0), field - small.shape[axis]))
