"""From pointer paths to pixels: which pixels a brush, a lasso, a rectangle or a bucket covers.

Points are (x, y) in picture pixels, y downwards; the centre of the pixel in row i and column j is
(j + ½, i + ½), and a pixel is inside a shape exactly when its centre is. numpy only, no Qt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Point = tuple[float, float]
Shape = tuple[int, int]
_Reals = NDArray[np.float64]
_Spans = tuple[_Reals, _Reals]


class Box(NamedTuple):
    """Rows top … bottom − 1 and columns left … right − 1."""

    top: int
    left: int
    bottom: int
    right: int

    def empty(self) -> bool:
        return self.top >= self.bottom or self.left >= self.right

    def shape(self) -> Shape:
        return max(self.bottom - self.top, 0), max(self.right - self.left, 0)

    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def united(self, other: Box) -> Box:
        """The smallest box around both; an empty box adds nothing."""
        if self.empty() or other.empty():
            return other if self.empty() else self
        low = min(self.top, other.top), min(self.left, other.left)
        return Box(*low, max(self.bottom, other.bottom), max(self.right, other.right))

    def within(self, shape: Shape) -> Box:
        """The part of the box that a picture of this shape (H, W) has."""
        rows, columns = shape
        top, bottom = (min(max(edge, 0), rows) for edge in (self.top, self.bottom))
        left, right = (min(max(edge, 0), columns) for edge in (self.left, self.right))
        return Box(top, left, bottom, right)


NOWHERE = Box(0, 0, 0, 0)


def whole(shape: Shape) -> Box:
    """The box of a whole picture."""
    return Box(0, 0, *shape)


def changed_box(difference: Mask) -> Box:
    """The smallest box around the True pixels; `NOWHERE` if there are none."""
    rows, columns = (np.flatnonzero(difference.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return NOWHERE
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def changed_bands(before: Mask, after: Mask, box: Box, rows: int = 64) -> list[Box]:
    """Small boxes around all pixels that differ within a box, one for each band of so many rows.

    A crescent at the front of a stroke is far smaller than the box around it.
    """
    difference = before[box.slices()] ^ after[box.slices()]
    found = []
    for top in range(0, len(difference), rows):
        inner = changed_box(difference[top : top + rows])
        if not inner.empty():
            down, right = box.top + top, box.left
            found.append(
                Box(inner.top + down, inner.left + right, inner.bottom + down, inner.right + right)
            )
    return found


def snapped(point: Point, diameter: int) -> Point:
    """Where a brush of whole size sits: odd ones on a pixel's centre, even ones on a corner.

    So a brush of one pixel is the pixel under the pointer, and the same stroke on the same pixels
    always gives the same mask.
    """
    x, y = point
    if diameter % 2:
        return math.floor(x) + 0.5, math.floor(y) + 0.5
    return float(math.floor(x + 0.5)), float(math.floor(y + 0.5))


def capsule(a: Point, b: Point, diameter: float, shape: Shape) -> tuple[Box, Mask]:
    """Pixels whose centre is at most diameter/2 from the segment ab, as a box and a mask of it.

    Exact, ties included, where coordinates are multiples of ½: the shape is convex, so each row
    is one interval, and its ends come out of one correctly rounded root or quotient.
    """
    reach = diameter / 2
    box = Box(
        math.floor(min(a[1], b[1]) - reach),
        math.floor(min(a[0], b[0]) - reach),
        math.ceil(max(a[1], b[1]) + reach),
        math.ceil(max(a[0], b[0]) + reach),
    ).within(shape)
    rows = np.arange(box.top, box.bottom, dtype=np.float64) + 0.5
    left, right = _widest(_disc(a, reach, rows), _disc(b, reach, rows))
    if a != b:
        left, right = _widest((left, right), _band(a, b, reach, rows))
    columns = np.arange(box.left, box.right) + 0.5
    return box, (columns >= left[:, None]) & (columns <= right[:, None])


def footprint(diameter: int) -> list[Point]:
    """The outline of a brush along pixel edges, around the point where it is `snapped`."""
    centre = snapped((diameter / 2, diameter / 2), diameter)
    _, part = capsule(centre, centre, diameter, (diameter + 1, diameter + 1))
    spans = [(i, np.flatnonzero(row)) for i, row in enumerate(part) if row.any()]
    x, y = centre
    right = [(float(s[-1] + 1 - x), i + step - y) for i, s in spans for step in (0, 1)]
    left = [(float(s[0] - x), i + step - y) for i, s in reversed(spans) for step in (1, 0)]
    return right + left


def rectangle(a: Point, b: Point, shape: Shape) -> Box:
    """All pixels from the one under a to the one under b, both included, within the picture."""
    (left, right), (top, bottom) = (
        sorted(map(math.floor, pair)) for pair in zip(a, b, strict=True)
    )
    return Box(top, left, bottom + 1, right + 1).within(shape)


def polygon(points: Sequence[Point], shape: Shape) -> tuple[Box, Mask]:
    """Pixels whose centre a closed path winds around (non-zero rule), as a box and a mask of it.

    A loop that crosses itself leaves no holes. Of a centre exactly on the path, left and upper
    edges are inside, right and lower ones outside: neighbours neither overlap nor leave a gap.
    """
    path = np.array([*points, points[0]], np.float64)
    low, high = np.floor(path.min(axis=0)), np.ceil(path.max(axis=0))
    box = Box(int(low[1]), int(low[0]), int(high[1]), int(high[0])).within(shape)
    rows, columns = box.shape()
    turns = np.zeros((rows, columns + 1), np.int32)
    for (x1, y1), (x2, y2) in zip(path[:-1].tolist(), path[1:].tolist(), strict=True):
        first, last = (math.ceil(y - 0.5) - box.top for y in sorted((y1, y2)))
        crossed = np.arange(max(first, 0), min(last, rows))
        if y1 == y2 or not len(crossed):
            continue
        y = crossed + box.top + 0.5
        x = (x1 * (y2 - y1) + (y - y1) * (x2 - x1)) / (y2 - y1)
        at = np.clip(np.ceil(x - 0.5) - box.left, 0, columns).astype(np.intp)
        turns[crossed, at] += 1 if y2 > y1 else -1
    return box, np.cumsum(turns[:, :columns], axis=1) != 0


def region(mask: Mask, row: int, column: int) -> Mask:
    """The 4-connected pixels (H, W) of equal value around one: what a bucket fills.

    Four neighbours, not eight, so that a diagonal line of one pixel holds the paint. Rows are cut
    into runs, and touching runs take the smallest number among them until none changes.
    """
    same = mask == mask[row, column]
    edges = np.diff(np.pad(same, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (rows, starts), (_, ends) = np.nonzero(edges == 1), np.nonzero(edges == -1)
    above, below = _touching(rows, starts, ends, len(mask))
    numbers = np.arange(len(rows))
    while (numbers[above] != numbers[below]).any():
        least = np.minimum(numbers[above], numbers[below])
        for side in (above, below):
            np.minimum.at(numbers, numbers[side], least)
        while (numbers != numbers[numbers]).any():
            numbers = numbers[numbers]
    seed = np.flatnonzero((rows == row) & (starts <= column) & (column < ends))[0]
    chosen = numbers == numbers[seed]
    marks = np.zeros((len(mask), mask.shape[1] + 1), np.int8)
    marks[rows[chosen], starts[chosen]] += 1
    marks[rows[chosen], ends[chosen]] -= 1
    filled: Mask = np.cumsum(marks, axis=1, dtype=np.int8)[:, :-1].astype(np.bool_)
    return filled


def grown(mask: Mask) -> Mask:
    """The mask and every pixel whose centre is one pixel from a centre in it: four neighbours."""
    out = mask.copy()
    out[1:] |= mask[:-1]
    out[:-1] |= mask[1:]
    out[:, 1:] |= mask[:, :-1]
    out[:, :-1] |= mask[:, 1:]
    return out


def shrunk(mask: Mask) -> Mask:
    """What growing the rest leaves: the edge of the picture itself eats nothing away."""
    return ~grown(~mask)


def _disc(centre: Point, reach: float, rows: _Reals) -> _Spans:
    """Per row the closed interval of x in a disc; (∞, −∞) where it has none."""
    square = reach * reach - (rows - centre[1]) ** 2
    half = np.sqrt(np.maximum(square, 0))
    return (
        np.where(square >= 0, centre[0] - half, np.inf),
        np.where(square >= 0, centre[0] + half, -np.inf),
    )


def _band(a: Point, b: Point, reach: float, rows: _Reals) -> _Spans:
    """Per row the x beside the segment: |d × (p − a)| ≤ reach·|d| and 0 ≤ d·(p − a) ≤ |d|²."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    side = math.sqrt(reach * reach * square)
    down = rows - a[1]
    across = _between(dy, -dx * down, -side, side)
    along = _between(dx, dy * down, 0.0, square)
    left = a[0] + np.maximum(across[0], along[0])
    right = a[0] + np.minimum(across[1], along[1])
    some = left <= right
    return np.where(some, left, np.inf), np.where(some, right, -np.inf)


def _between(slope: float, offset: _Reals, low: float, high: float) -> _Spans:
    """The x with low ≤ slope·x + offset ≤ high."""
    if slope == 0:
        holds = (offset >= low) & (offset <= high)
        return np.where(holds, -np.inf, np.inf), np.where(holds, np.inf, -np.inf)
    ends = (low - offset) / slope, (high - offset) / slope
    return ends if slope > 0 else ends[::-1]


def _widest(one: _Spans, two: _Spans) -> _Spans:
    return np.minimum(one[0], two[0]), np.maximum(one[1], two[1])


def _touching(
    rows: NDArray[np.intp], starts: NDArray[np.intp], ends: NDArray[np.intp], count: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (run, run of the next row) that share a column; runs are sorted by row and start."""
    # a position unique over the picture: the runs below with end > start and start < end
    wide = int(ends.max(initial=0)) + 1
    first = np.searchsorted(rows * wide + ends, (rows + 1) * wide + starts, side="right")
    last = np.searchsorted(rows * wide + starts, (rows + 1) * wide + ends, side="left")
    found = np.where(rows + 1 < count, np.maximum(last - first, 0), 0)
    above = np.repeat(np.arange(len(rows)), found)
    offset = np.arange(len(above)) - np.repeat(np.cumsum(found) - found, found)
    return above, np.repeat(first, found) + offset
