"""Where a picture lies in a view: zoom, pan and fit, all in device pixels. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from widgets.mask.strokes import Box, Point, Shape

LARGEST = 64.0
"""Device pixels a picture's pixel can have at most."""

_STEP = 1.25
_KEPT_IN_VIEW = 48


@dataclass(frozen=True)
class Placement:
    """`scale` device pixels per picture pixel, a whole number from 1 on, so that pixels are crisp.

    (left, top) is the picture's corner, in whole device pixels.
    """

    shape: Shape
    view: tuple[int, int]
    """Width and height of the view."""
    scale: float = 1.0
    left: int = 0
    top: int = 0

    def size(self) -> tuple[int, int]:
        """Width and height of the picture as shown."""
        rows, columns = self.shape
        return max(round(columns * self.scale), 1), max(round(rows * self.scale), 1)

    def to_picture(self, x: float, y: float) -> Point:
        return (x - self.left) / self.scale, (y - self.top) / self.scale

    def to_view(self, point: Point) -> tuple[float, float]:
        return self.left + point[0] * self.scale, self.top + point[1] * self.scale

    def fitted(self) -> Placement:
        """The whole picture in the middle, as large as whole pixels allow."""
        scale = self.fit_scale()
        width, height = replace(self, scale=scale).size()
        left, top = (self.view[0] - width) // 2, (self.view[1] - height) // 2
        return replace(self, scale=scale, left=left, top=top)

    def fit_scale(self) -> float:
        rows, columns = self.shape
        room = min(self.view[0] / max(columns, 1), self.view[1] / max(rows, 1), LARGEST)
        return float(math.floor(room)) if room >= 1 else max(room, 1 / max(rows, columns, 1))

    def next_scale(self, notches: int) -> float:
        """The scale so many notches of the wheel further in (or out, if negative)."""
        scale, least = self.scale, min(self.fit_scale(), 1.0)
        for _ in range(abs(notches)):
            if notches > 0:
                larger = scale * _STEP
                scale = max(round(larger), scale + 1) if scale >= 1 else min(larger, 1.0)
            elif scale > 1:
                scale = max(min(round(scale / _STEP), scale - 1), 1.0)
            else:
                scale /= _STEP
        return float(min(max(scale, least), LARGEST))

    def zoomed(self, scale: float, x: float, y: float) -> Placement:
        """Another scale, with the picture pixel under the view's pixel (x, y) kept there."""
        x, y = math.floor(x), math.floor(y)
        across, down = self.to_picture(x, y)
        # rounding down stays within the pixel, whatever the scale; the tiny term heals k/3 · 3 < k
        left, top = x - math.floor(across * scale + 1e-6), y - math.floor(down * scale + 1e-6)
        return replace(self, scale=scale, left=left, top=top).kept()

    def panned(self, dx: float, dy: float) -> Placement:
        return replace(self, left=round(self.left + dx), top=round(self.top + dy)).kept()

    def kept(self) -> Placement:
        """The same with at least a corner of the picture in view."""
        (width, height), (wide, high) = self.size(), self.view
        return replace(
            self,
            left=min(max(self.left, _KEPT_IN_VIEW - width), max(wide - _KEPT_IN_VIEW, 0)),
            top=min(max(self.top, _KEPT_IN_VIEW - height), max(high - _KEPT_IN_VIEW, 0)),
        )

    def exposed(self, x: int, y: int, width: int, height: int) -> Box:
        """The picture's pixels that lie at least partly in this rectangle of the view."""
        left, top = self.to_picture(x, y)
        right, bottom = self.to_picture(x + width, y + height)
        found = math.floor(top), math.floor(left), math.ceil(bottom), math.ceil(right)
        return Box(*found).within(self.shape)

    def covered(self, box: Box) -> tuple[float, float, float, float]:
        """A box of the picture as x, y, width, height in the view."""
        x, y = self.to_view((box.left, box.top))
        rows, columns = box.shape()
        return x, y, columns * self.scale, rows * self.scale
