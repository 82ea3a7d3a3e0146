"""A figure: a grid of pictures or plots with a title, names of rows and columns, and a caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from widgets.look.images import Picture


@dataclass(frozen=True, eq=False)
class Plot:
    """Points (n, 2) of the plane, by class (n,) where they have one, in x0 … x1, y0 … y1.

    `names` are those of the axes; `colour` is that of points without a class. An `image` uint8
    (H, W, 3) fills the plane behind them, its first row at the top; `lines` (n, 2), each with its
    colour, lie over them. Where y0 is above y1 the axis runs downwards, as rows of a picture do.
    """

    points: NDArray[Any]
    view: tuple[float, float, float, float]
    names: tuple[str, str]
    classes: NDArray[Any] | None = None
    colour: str = "#4477AA"
    image: Picture | None = None
    title: str = ""
    lines: Sequence[tuple[NDArray[Any], str]] = ()
    own_axes: bool = False
    """Whether its numbers are its own; otherwise plots of a row or column share those at the edge.
    """


@dataclass(frozen=True, eq=False)
class Bar:
    """The colours of maps: uint8 (256, 3) from `low` to `high`, and what these numbers are."""

    colours: NDArray[Any]
    low: float
    high: float
    unit: str


WAITING = "not finished"
"""The words in the place of what has yet to come."""
Cell: TypeAlias = Picture | Plot | str
"""A picture uint8 (H, W, 3), a plot, or words in place of either; "" leaves the place empty."""


@dataclass(frozen=True, eq=False)
class Figure:
    """`cells[row][column]`; `down` and `across` say what rows and columns are.

    `caption` holds what a reader must know: what was asked, and what is missing.
    """

    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[Cell]]
    down: str = ""
    across: str = ""
    caption: str = ""
    classes: Sequence[str] = field(default=())
    """Names of the classes of plots, for the legend."""
    bars: Sequence[Bar] = ()
    """The colours of maps, one below the other."""
    inks: Sequence[tuple[str, str]] = ()
    """Names and colours of lines, for the legend."""

    def __post_init__(self) -> None:
        ragged = [row for row in self.cells if len(row) != len(self.columns)]
        if len(self.cells) != len(self.rows) or ragged:
            raise ValueError(
                f"a figure of {len(self.rows)} × {len(self.columns)} has "
                f"{len(self.cells)} rows of {sorted({len(row) for row in self.cells})} cells"
            )

    @property
    def plots(self) -> bool:
        """Whether any cell is a plot, which needs axes and more room than a picture."""
        return any(isinstance(cell, Plot) for row in self.cells for cell in row)


def in_rows(title: str, cells: Sequence[Cell], per_row: int, **more: Any) -> Figure:
    """A figure of cells that name themselves, such as plots, in rows of `per_row`."""
    rows = -(-len(cells) // per_row)
    full = [*cells, *[""] * (rows * per_row - len(cells))]
    lines = [full[start : start + per_row] for start in range(0, len(full), per_row)]
    return Figure(title, [""] * rows, [""] * per_row, lines, **more)


def usual_row(count: int) -> int:
    """How many plots stand beside each other at first: three, or half of them."""
    return count if count <= 3 else -(-count // 2)


def outline(edges: NDArray[np.float64], heights: NDArray[Any]) -> NDArray[np.float64]:
    """The bars of a histogram as one line (n, 2); `edges` has one more than `heights`."""
    return np.stack([edges.repeat(2), np.concatenate([[0.0], heights.repeat(2), [0.0]])], 1)
