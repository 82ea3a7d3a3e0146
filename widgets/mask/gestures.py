"""What a drag of each tool does to a mask. Points are in picture pixels; no Qt.

A gesture lives from press to release: `move` returns the box of pixels that changed, `outline`
the shape to draw meanwhile, `finish` where the mask changed in the end, None if nowhere.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Protocol

import numpy as np

from widgets.mask.sheet import Sheet
from widgets.mask.strokes import (
    NOWHERE,
    Box,
    Point,
    capsule,
    polygon,
    rectangle,
    region,
    snapped,
    whole,
)

_SHORTEST = 0.25
"""Picture pixels between two points of a lasso."""


class Tool(Enum):
    """What the left button does, by the name on screen."""

    BRUSH = "Brush"
    ERASER = "Eraser"
    LASSO = "Lasso"
    RECTANGLE = "Rectangle"
    FILL = "Flood fill"

    def has_size(self) -> bool:
        return self in (Tool.BRUSH, Tool.ERASER)


class Gesture(Protocol):
    """One drag."""

    def move(self, point: Point, *, steady: bool) -> Box: ...

    def outline(self) -> list[Point]: ...

    def finish(self) -> Box | None: ...

    def cancel(self) -> Box: ...


class Stroke:
    """Brush or eraser: capsules from point to point, so that no speed leaves a gap.

    With an `anchor` the stroke begins with the straight line from there.
    """

    def __init__(
        self,
        sheet: Sheet,
        start: Point,
        diameter: int,
        *,
        unknown: bool,
        anchor: Point | None = None,
    ) -> None:
        self._sheet, self._diameter, self._unknown = sheet, diameter, unknown
        self._last = snapped(anchor or start, diameter)
        sheet.begin()
        self.first = self._extend(start)

    def _extend(self, point: Point) -> Box:
        here = snapped(point, self._diameter)
        box, part = capsule(self._last, here, self._diameter, self._sheet.shape())
        self._last = here
        return self._sheet.paint(box, part, self._unknown)

    def move(self, point: Point, *, steady: bool) -> Box:
        return self._extend(point)

    def outline(self) -> list[Point]:
        return []

    def finish(self) -> Box | None:
        return self._sheet.end()

    def cancel(self) -> Box:
        return self._sheet.cancel()


class Lasso:
    """A free outline, closed by the straight line back to its start."""

    def __init__(self, sheet: Sheet, start: Point, *, unknown: bool) -> None:
        self._sheet, self._unknown = sheet, unknown
        self._points = [start]
        self._loose: Point | None = None

    def move(self, point: Point, *, steady: bool) -> Box:
        """Go on to a point; steady goes there straight, in steps of 45°, until it is let go."""
        last = self._points[-1]
        if steady:
            self._loose = _in_steps(last, point)
            return NOWHERE
        if self._loose is not None:
            self._points.append(self._loose)
            self._loose = None
        elif math.dist(last, point) >= _SHORTEST:
            self._points.append(point)
        return NOWHERE

    def outline(self) -> list[Point]:
        return self._points if self._loose is None else [*self._points, self._loose]

    def finish(self) -> Box | None:
        box, part = polygon(self.outline(), self._sheet.shape())
        return self._sheet.stamp(box, part, self._unknown)

    def cancel(self) -> Box:
        return NOWHERE


class Rectangle:
    """All pixels from the first to the last, both included; steady makes it square."""

    def __init__(self, sheet: Sheet, start: Point, *, unknown: bool) -> None:
        self._sheet, self._unknown = sheet, unknown
        self._start = self._end = start

    def move(self, point: Point, *, steady: bool) -> Box:
        self._end = _square(self._start, point) if steady else point
        return NOWHERE

    def _box(self) -> Box:
        return rectangle(self._start, self._end, self._sheet.shape())

    def outline(self) -> list[Point]:
        top, left, bottom, right = self._box()
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        return [(float(x), float(y)) for x, y in corners]

    def finish(self) -> Box | None:
        box = self._box()
        return self._sheet.stamp(box, np.ones(box.shape(), np.bool_), self._unknown)

    def cancel(self) -> Box:
        return NOWHERE


def fill(sheet: Sheet, point: Point, *, unknown: bool) -> Box | None:
    """Fill the connected region of equal mask around a point: what a closed outline holds.

    By mask, not by colour: what to fill is what a person has drawn, and a data set's pictures are
    too small and too soft for a colour tolerance to mean much. Outside the picture nothing happens.
    """
    column, row = math.floor(point[0]), math.floor(point[1])
    rows, columns = sheet.shape()
    if not (0 <= row < rows and 0 <= column < columns) or sheet.mask[row, column] == unknown:
        return None
    return sheet.stamp(whole(sheet.shape()), region(sheet.mask, row, column), unknown)


def _in_steps(start: Point, end: Point) -> Point:
    """The end turned about the start to the nearest multiple of 45°."""
    across, down = end[0] - start[0], end[1] - start[1]
    angle = round(math.atan2(down, across) / (math.pi / 4)) * (math.pi / 4)
    length = math.hypot(across, down)
    return start[0] + length * math.cos(angle), start[1] + length * math.sin(angle)


def _square(start: Point, end: Point) -> Point:
    """The corner of a square from pixel to pixel that reaches as far as the longer side."""
    steps = [math.floor(e) - math.floor(s) for s, e in zip(start, end, strict=True)]
    side = max(map(abs, steps))
    x, y = (s + math.copysign(side, step) for s, step in zip(start, steps, strict=True))
    return x, y
