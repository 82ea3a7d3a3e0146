"""Contour lines of a map by marching squares, all cells at once with numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Segments = NDArray[np.float64]

# corners of a cell: 0 at (0, 0), 1 at (1, 0), 2 at (1, 1), 3 at (0, 1); edge k joins k and k + 1
_EDGES = {
    1: ((3, 0),), 2: ((0, 1),), 3: ((3, 1),), 4: ((1, 2),), 5: ((3, 0), (1, 2)), 6: ((0, 2),),
    7: ((3, 2),), 8: ((2, 3),), 9: ((2, 0),), 10: ((0, 1), (2, 3)), 11: ((2, 1),), 12: ((1, 3),),
    13: ((1, 0),), 14: ((0, 3),),
}  # fmt: skip
_CORNER = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)


def segments(values: NDArray[np.floating], level: float) -> Segments:
    """Where values (H, W) cross a level: (n, 2, 2) ends as (column, row), in pixels.

    Pixel (0, 0) has its value at (0, 0). Values that are not finite count as far below.
    """
    low = np.where(np.isfinite(values), values, level - 1e3).astype(np.float64) - level
    corner = np.stack([low[:-1, :-1], low[:-1, 1:], low[1:, 1:], low[1:, :-1]])
    case = sum((corner[k] > 0).astype(np.intp) << k for k in range(4))
    rows, columns = np.nonzero((case > 0) & (case < 15))
    if not len(rows):
        return np.empty((0, 2, 2))
    found, case, corner = [], case[rows, columns], corner[:, rows, columns]
    for number, pairs in _EDGES.items():
        chosen = np.nonzero(case == number)[0]
        if not len(chosen):
            continue
        base = np.stack([columns[chosen], rows[chosen]], 1)
        for pair in pairs:
            ends = [base + _crossing(corner[:, chosen], edge) for edge in pair]
            found.append(np.stack(ends, 1))
    return np.concatenate(found)


def _crossing(corner: NDArray[np.float64], edge: int) -> NDArray[np.float64]:
    """Where an edge of each cell is crossed, by linear interpolation: (n, 2)."""
    a, b = corner[edge], corner[(edge + 1) % 4]
    share = (a / (a - b))[:, None]
    at: NDArray[np.float64] = (1 - share) * _CORNER[edge] + share * _CORNER[(edge + 1) % 4]
    return at
