"""Colour maps and scales: numbers to colours with numpy alone, for windows and for files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# magma (Smith and van der Walt 2015, public domain), every sixteenth of its colours
_MAGMA = (
    (0, 0, 4),
    (9, 7, 33),
    (28, 16, 70),
    (53, 16, 106),
    (80, 18, 123),
    (105, 28, 129),
    (130, 37, 129),
    (155, 46, 127),
    (182, 54, 121),
    (207, 64, 111),
    (229, 80, 99),
    (244, 105, 92),
    (251, 135, 97),
    (254, 165, 113),
    (254, 194, 135),
    (253, 224, 161),
    (252, 253, 191),
)


def _table(colours: Sequence[tuple[int, int, int]]) -> NDArray[np.uint8]:
    stops, places = np.array(colours, float), np.linspace(0, 1, len(colours))
    fine = np.linspace(0, 1, 256)
    channels = [np.interp(fine, places, stops[:, c]) for c in range(3)]
    return np.stack(channels, 1).round().astype(np.uint8)


CLASS_COLOURS: tuple[tuple[int, int, int], ...] = (
    (68, 119, 170),
    (238, 102, 119),
    (34, 136, 51),
    (204, 187, 68),
    (102, 204, 238),
    (170, 51, 119),
    (153, 153, 153),
    (238, 119, 51),
)
"""Paul Tol's "bright" scheme (2021), colour-blind safe, and one orange for an eighth class."""
MAGMA = _table(_MAGMA)
"""Colours (256, 3) from dark to bright."""
_BAND = 32


# RdBu (Brewer 2003, ColorBrewer, Apache 2.0): blue where the second is larger, red the first
_RDBU = (
    (5, 48, 97),
    (33, 102, 172),
    (67, 147, 195),
    (146, 197, 222),
    (209, 229, 240),
    (247, 247, 247),
    (253, 219, 199),
    (244, 165, 130),
    (214, 96, 77),
    (178, 24, 43),
    (103, 0, 31),
)


@dataclass(frozen=True)
class Scale:
    """Which values get which colours: from `low` to `high` evenly, in magma or diverging.

    `exponential` colours e^value instead, between e^low and e^high: densities from log-densities.
    """

    low: float
    high: float
    diverging: bool = False
    exponential: bool = False

    def share(self, value: float) -> float:
        """Where a value is between the ends, 0 … 1."""
        low, high = self.low, self.high
        if self.exponential:
            value, low, high = float(np.exp(value)), float(np.exp(low)), float(np.exp(high))
        return min(1.0, max(0.0, (value - low) / max(high - low, 1e-12)))

    def table(self) -> NDArray[np.uint8]:
        """The colours (256, 3) from low to high."""
        return DIVERGING if self.diverging else MAGMA

    def places(self, values: NDArray[np.floating]) -> NDArray[np.uint8]:
        """Where values (H, W) are in the table; what lies outside is cut off, nan is the lowest."""
        found = np.empty(values.shape, np.uint8)
        # in bands that a processor's cache holds: five times as fast as all at once
        for start in range(0, len(values), _BAND):
            band = slice(start, start + _BAND)
            self._place(values[band], found[band])
        return found

    def _place(self, values: NDArray[np.floating], found: NDArray[np.uint8]) -> None:
        low, high = self.low, self.high
        if self.exponential:
            with np.errstate(over="ignore"):
                values, low, high = np.exp(values), np.exp(low), np.exp(high)
        place = (values - np.float32(low)) * np.float32(255 / max(high - low, 1e-12))
        np.fmax(place, 0, out=place)  # nan, too
        np.fmin(place, 255, out=place)
        found[:] = place

    def colours(self, values: NDArray[np.floating]) -> NDArray[np.uint8]:
        """Values (H, W) as uint8 (H, W, 3)."""
        return self.table()[self.places(values)]


DIVERGING = _table(_RDBU)
"""Colours (256, 3) from blue over white to red."""
