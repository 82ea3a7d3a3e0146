"""Where the tiles of a gallery lie: pure arithmetic in device pixels, without Qt.

Pictures are shown at whole-number scales (or whole-number reductions), so pixels stay crisp.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

SMALLEST = 24
"""Narrowest tile, in device-independent pixels, before a gallery prefers to scroll."""

COMFORTABLE = 64
"""Widest tile of a gallery that scrolls anyway, in device-independent pixels."""

CAPTIONED = 40
"""Narrowest tile that has room for a caption, in device-independent pixels."""

MARGIN = 4
"""Room around all tiles for the selection ring, in device-independent pixels."""


@dataclass(frozen=True)
class Space:
    """The room that a gallery may fill, in device pixels.

    `unit` is the number of device pixels in one device-independent pixel, `caption` the height of
    a caption line (0 = none) and `bar` the width that a scroll bar would take.
    """

    width: int
    height: int
    unit: float = 1.0
    caption: int = 0
    bar: int = 0


@dataclass(frozen=True)
class Tiling:
    """A grid of `count` tiles, row by row; all lengths in device pixels."""

    count: int
    columns: int
    width: int
    height: int
    caption: int = 0
    gap: int = 0
    left: int = 0
    top: int = 0

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def pitch(self) -> tuple[int, int]:
        """Distance from one tile to the next: across, down."""
        return self.width + self.gap, self.height + self.caption + self.gap

    @property
    def extent(self) -> tuple[int, int]:
        """Width and height of the whole grid, without margins."""
        across, down = self.pitch
        return self.columns * across - self.gap, max(self.rows * down - self.gap, 0)

    @property
    def bottom(self) -> int:
        """Where the content ends, with the same margin below as above."""
        return self.extent[1] + 2 * self.top

    def corner(self, index: int) -> tuple[int, int]:
        """Top left corner (x, y) of a tile."""
        row, column = divmod(index, self.columns)
        across, down = self.pitch
        return self.left + column * across, self.top + row * down

    def at(self, x: float, y: float) -> int | None:
        """The tile under a position, None in a gap or outside."""
        across, down = self.pitch
        column, dx = divmod(x - self.left, across)
        row, dy = divmod(y - self.top, down)
        index = int(row * self.columns + column)
        inside = 0 <= column < self.columns and row >= 0 and dx < self.width
        return index if inside and dy < down - self.gap and index < self.count else None

    def below(self, index: int, rows: int) -> int:
        """The tile `rows` further down (up if negative) in the same column, or the last there."""
        row, column = divmod(index, self.columns)
        lowest = (self.count - 1 - column) // self.columns
        return min(max(row + rows, 0), lowest) * self.columns + column

    def visible(self, top: float, bottom: float) -> range:
        """The tiles of all rows that the band from `top` to `bottom` touches."""
        down = self.pitch[1]
        first = max(math.floor((top - self.top) / down), 0)
        last = max(math.ceil((bottom - self.top) / down), 0)
        return range(min(first * self.columns, self.count), min(last * self.columns, self.count))


def arrange(
    count: int,
    picture: tuple[int, int],
    space: Space,
    *,
    hint: int | None = None,
    wanted: int = 0,
) -> Tiling:
    """The grid that shows `count` pictures of (height, width) pixels as large as `space` allows.

    Everything fits without scrolling if tiles can stay at least `SMALLEST` wide; otherwise the
    grid is `space.width - space.bar` wide and taller than the space. `hint` asks for that many
    columns or, where they would be too narrow, a divisor of it; it yields to larger tiles.
    A `wanted` width of tiles, in device pixels, comes before all that: as near as may be, in as
    many columns as there is room for.
    """
    tilings = [_tile(count, size, space) for size in _sizes(picture, space)]
    if count == 0:
        return tilings[-1]
    if wanted:
        tilings = [min(tilings, key=lambda each: abs(each.width - wanted))]
        wide = _wide(tilings[0], space, hint)
        if wide.extent[1] > space.height - 2 * MARGIN * space.unit:
            space = replace(space, width=space.width - space.bar)
            wide = _wide(tilings[0], space, hint)
        return _place(wide, space)
    aligned = ((tiling, hint) for tiling in tilings if hint)
    largest = ((t, wanted) for t in tilings for wanted in (*_divisors(hint), None))
    fitting = (
        grid
        for tiling, wanted in (*aligned, *largest)
        if (grid := _fill(tiling, space, wanted)) is not None
    )
    best = next(fitting, None)
    if best is None:
        space = replace(space, width=space.width - space.bar)
        best = _scroll(tilings, space, hint)
    return _place(_spread(best, space), space)


def _sizes(picture: tuple[int, int], space: Space) -> list[tuple[int, int]]:
    """Tile sizes (height, width) from large to small: whole multiples, then whole fractions."""
    height, width = picture
    smallest = math.floor(SMALLEST * space.unit)
    least = math.ceil(smallest / width)
    largest = max(min(space.width // width, space.height // height), least)
    multiples = [(height * k, width * k) for k in range(largest, least - 1, -1)]
    fractions = [(height // k, width // k) for k in range(2, 9) if width // k >= smallest]
    return multiples + fractions


def _tile(count: int, size: tuple[int, int], space: Space) -> Tiling:
    height, width = size
    gap = max(round(2 * space.unit), width // 14)
    caption = space.caption if width >= CAPTIONED * space.unit else 0
    return Tiling(count, 1, width, height, caption, gap)


def _most(tiling: Tiling, space: Space) -> int:
    """How many tiles fit beside each other."""
    inner = space.width - 2 * MARGIN * space.unit
    return int((inner + tiling.gap) // tiling.pitch[0])


def _fill(tiling: Tiling, space: Space, wanted: int | None) -> Tiling | None:
    """The columns that fill the space best without scrolling, None if nothing fits."""
    most = _most(tiling, space)
    inner = space.height - 2 * MARGIN * space.unit
    options = (wanted,) if wanted else range(1, min(most, tiling.count) + 1)
    grids = [replace(tiling, columns=n) for n in options if n <= most]
    grids = [grid for grid in grids if grid.extent[1] <= inner]

    def cost(grid: Tiling) -> float:
        blank = (grid.rows * grid.columns - grid.count) / grid.count
        shape = grid.extent[0] / grid.extent[1]
        wanted = math.sqrt(space.width / space.height)  # half way from the space to a square
        return blank + 0.1 * (blank > 0) + 0.2 * abs(math.log(shape / wanted))

    return min(grids, key=cost, default=None)


def _divisors(hint: int | None) -> list[int]:
    """Numbers of columns that keep each class of a hinted grid in columns of its own."""
    return [n for n in range(hint, 1, -1) if hint % n == 0] if hint else []


def _scroll(tilings: list[Tiling], space: Space, hint: int | None) -> Tiling:
    """Comfortable tiles in as many columns as the width holds, or in the hinted number."""
    small = [t for t in tilings if t.width <= COMFORTABLE * space.unit] or tilings[-1:]
    for wanted in _divisors(hint):
        for tiling in small:
            if wanted <= _most(tiling, space):
                return replace(tiling, columns=wanted)
    return replace(small[0], columns=max(_most(small[0], space), 1))


def _wide(tiling: Tiling, space: Space, hint: int | None) -> Tiling:
    """As many columns as the width holds; a hinted number, or a divisor of it, comes first."""
    most = max(_most(tiling, space), 1)
    aligned = next((n for n in _divisors(hint) if n <= most), None)
    return replace(tiling, columns=aligned or max(min(most, tiling.count), 1))


def _spread(tiling: Tiling, space: Space) -> Tiling:
    """Widen the gaps where room is left, the same across and down.

    In steps, so that neighbouring galleries of nearly equal width keep their rows aligned.
    """
    margin = 2 * MARGIN * space.unit
    step = round(4 * space.unit)
    across = (space.width - margin - tiling.extent[0]) // max(tiling.columns - 1, 1)
    down = (space.height - margin - tiling.extent[1]) // max(tiling.rows - 1, 1)
    room = min(across, tiling.width // 6) if down < 0 else min(across, down, tiling.width // 3)
    more = max(room, 0)
    return replace(tiling, gap=tiling.gap + int(more // step) * step)


def _place(tiling: Tiling, space: Space) -> Tiling:
    """In the middle across, at the top down: rows start at one height in every column."""
    margin = round(MARGIN * space.unit)
    left = max((space.width - tiling.extent[0]) // 2, margin)
    return replace(tiling, left=left, top=margin)
