"""Rectangles of the plane and their pixels. Torch-free: the window speaks of areas, too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.maps.coordinate import coordinate

Axis = NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """x0 < x < x1 and y0 < y < y1, in data units. Raises ValueError for one that is empty."""

    x0: float
    x1: float
    y0: float
    y1: float

    def __post_init__(self) -> None:
        if not (self.x0 < self.x1 and self.y0 < self.y1):
            raise ValueError(f"an area needs x0 < x1 and y0 < y1, got {self.box}")
        for number in self.box:
            coordinate(number)

    @property
    def size(self) -> tuple[float, float]:
        return self.x1 - self.x0, self.y1 - self.y0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, x1, y0, y1."""
        return self.x0, self.x1, self.y0, self.y1

    def axes(self, wide: int, high: int) -> tuple[Axis, Axis]:
        """Midpoints of the pixels: x (wide,) and, from the lowest up, y (high,)."""
        across, up = (np.arange(n) + 0.5 for n in (wide, high))
        return (
            self.x0 + (self.x1 - self.x0) * across / wide,
            self.y0 + (self.y1 - self.y0) * up / high,
        )

    def pixels(self, side: int) -> tuple[int, int]:
        """Pixels across and up whose longer side has `side`: nearly square ones."""
        across, up = self.size
        longer = max(across, up)
        return max(1, round(side * across / longer)), max(1, round(side * up / longer))

    def cell(self, wide: int, high: int) -> float:
        """The area of one pixel."""
        across, up = self.size
        return across * up / (wide * high)

    def grown(self, share: float) -> Area:
        """Wider on each side by a share of the size."""
        dx, dy = (share * length for length in self.size)
        return Area(self.x0 - dx, self.x1 + dx, self.y0 - dy, self.y1 + dy)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self.x0 <= x < self.x1 and self.y0 <= y < self.y1

    def of_shape(self, wide: float, high: float) -> Area:
        """The smallest area around this one with the same centre and this ratio of sides."""
        across, up = self.size
        scale = max(across / wide, up / high)
        dx, dy = (scale * wide - across) / 2, (scale * high - up) / 2
        return Area(self.x0 - dx, self.x1 + dx, self.y0 - dy, self.y1 + dy)
