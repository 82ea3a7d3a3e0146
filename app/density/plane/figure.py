"""Maps of densities as a figure: a plot for each, on one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from app.tasks.map_sheet import Panel, drawn
from widgets.figure.figure import WAITING, Bar, Cell, Figure, Plot, in_rows
from widgets.look.colours import Scale

_NO_POINTS = np.empty((0, 2), np.float32)


def figure_of(
    panels: Sequence[Panel],
    box: tuple[float, float, float, float],
    names: tuple[str, str],
    scale: Scale,
    waiting: Sequence[str],
    per_row: int,
) -> Figure:
    """So many maps beside each other; those of models in `waiting` are not finished."""
    cells: list[Cell] = [
        Plot(_NO_POINTS, box, names, image=drawn(panel), title=panel.title) for panel in panels
    ]
    low, high = scale.low, scale.high
    if scale.exponential:
        low, high = math.exp(low), math.exp(high)
    unit = next(panel.unit for panel in panels if panel.scale == scale)
    said = [f"{panel.title}: {panel.caption}." for panel in panels]
    if any(panel.levels for panel in panels):
        said.append("Contours hold 50, 90 and 99 % of the mass.")
    said += [f"{title}: {WAITING}." for title in waiting]
    return in_rows(
        "Densities",
        cells,
        per_row,
        caption=" ".join(said),
        bars=(Bar(scale.table(), low, high, unit),),
    )
