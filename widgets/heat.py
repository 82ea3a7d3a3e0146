"""Numbers as colours: perceptually uniform maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from widgets.album import Picture

# magma (Smith and van der Walt 2015, public domain), every sixteenth of its colours
_MAGMA = (
    (0, 0, 4), (9, 7, 33), (28, 16, 70), (53, 16, 106), (80, 18, 123), (105, 28, 129),
    (130, 37, 129), (155, 46, 127), (182, 54, 121), (207, 64, 111), (229, 80, 99), (244, 105, 92),
    (251, 135, 97), (254, 165, 113), (254, 194, 135), (253, 224, 161), (252, 253, 191),
)  # fmt: skip


def _table() -> NDArray[np.uint8]:
    stops, places = np.array(_MAGMA, float), np.linspace(0, 1, len(_MAGMA))
    fine = np.linspace(0, 1, 256)
    channels = [np.interp(fine, places, stops[:, c]) for c in range(3)]
    return np.stack(channels, 1).round().astype(np.uint8)


MAGMA = _table()
"""Colours (256, 3) from dark to bright."""


def coloured(values: NDArray[np.floating], most: float) -> Picture:
    """Values (H, W) from 0 to `most` in magma, uint8 (H, W, 3); what lies outside is cut off."""
    place = np.nan_to_num(values / most).clip(0, 1)
    picture: Picture = MAGMA[(place * 255).round().astype(np.intp)]
    return picture
