"""Contour lines of a map by marching squares, all cells at once with numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Segments = NDArray[np.float64]

# corners of a cell: 0 at (0, 0), 1 at (1, 0), 2 at (1, 1), 3 at (0, 1); edge k joins k and k + 1
_EDGES = {
    1: ((3, 0),),
    2: ((0, 1),),
    3: ((3, 1),),
    4: ((1, 2),),
    5: ((3, 0), (1, 2)),
    6: ((0, 2),),
    7: ((3, 2),),
    8: ((2, 3),),
    9: ((2, 0),),
    10: ((0, 1), (2, 3)),
    11: ((2, 1),),
    12: ((1, 3),),
    13: ((1, 0),),
    14: ((0, 3),),
}
_LINES = np.full((16, 2, 2), -1)
"""By case up to two lines, each from edge to edge."""
for _case, _pairs in _EDGES.items():
    _LINES[_case, : len(_pairs)] = _pairs
_CORNER = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])


def segments(values: NDArray[np.floating], level: float) -> Segments:
    """Where values (H, W) cross a level: (n, 2, 2) ends as (column, row), in pixels.

    Pixel (0, 0) has its value at (0, 0). Values that are not finite count as far below.
    """
    above = (np.isfinite(values) & (values > level)).view(np.uint8)
    case = above[:-1, :-1] + 2 * above[:-1, 1:] + 4 * above[1:, 1:] + 8 * above[1:, :-1]
    rows, columns = np.nonzero((case > 0) & (case < 15))
    lines = _LINES[case[rows, columns]]
    cell, place = np.nonzero(lines[:, :, 0] >= 0)
    rows, columns, edge = rows[cell, None], columns[cell, None], lines[cell, place]
    near, far = _CORNER[edge], _CORNER[(edge + 1) % 4]
    corners = [values[rows + at[..., 1], columns + at[..., 0]] for at in (near, far)]
    a, b = (np.where(np.isfinite(c), c.astype(np.float64) - level, -1e3) for c in corners)
    share = (a / (a - b))[..., None]
    found: Segments = np.stack([columns, rows], 2) + (1 - share) * near + share * far
    return found
