"""Numbers as colours: perceptually uniform maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from widgets.look.colours import MAGMA
from widgets.look.images import Picture


def coloured(values: NDArray[np.floating], most: float) -> Picture:
    """Values (H, W) from 0 to `most` in magma, uint8 (H, W, 3); what lies outside is cut off."""
    place = np.nan_to_num(values / most).clip(0, 1)
    picture: Picture = MAGMA[(place * 255).round().astype(np.intp)]
    return picture
