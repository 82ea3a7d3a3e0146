"""Numbers that can be coordinates of the plane. Imports nothing heavy, as the parser needs it."""

from __future__ import annotations

import math

FARTHEST = 1e18
"""The largest coordinate: its square still fits into single precision, in which models compute."""


def coordinate(value: float | str) -> float:
    """A number that can be a coordinate. Raises ValueError for text, NaN and what is too large."""
    try:
        number = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        number = math.inf
    if not abs(number) <= FARTHEST:
        raise ValueError(f"a coordinate lies in -{FARTHEST:g} … {FARTHEST:g}, got {number:g}")
    return number
