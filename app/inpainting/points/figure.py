"""Points along a line as a figure: samples and densities of every model, on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from app.exchange.figures import Drawn
from app.inpainting.points.row import LineRow
from app.recipes.recipe import Recipe
from app.tasks.line import Curve, LineFilling
from app.tasks.line_recipe import recipe_of
from engines.model import Card
from widgets.figure.figure import WAITING, Cell, Figure, Plot, in_rows, outline, usual_row
from widgets.look import theme

_BINS = 40
_GREY, _TRUE = "#8A93A3", "#1B1F27"
_NONE = np.empty((0, 2), np.float32)


@dataclass(frozen=True, eq=False)
class Shown:
    """What a row showed when the figure was asked for: it may move on."""

    title: str
    card: Card
    frame: LineFilling | None
    curve: Curve | None
    truth: Curve | None
    words: str


def drawn(rows: Sequence[LineRow]) -> Drawn | None:
    """The rows as they are, None while none has samples."""
    shown = [
        Shown(row.title, row.card, row.frame, row.curve, row.truth, row.words()) for row in rows
    ]
    frames = [each.frame for each in shown if each.frame is not None and each.frame.done]
    if not frames:
        return None
    name = f"{shown[0].card.data.replace('/', '-')}-line"
    span, axis = rows[0].free()
    make = partial(_figure, shown, span, axis)
    return Drawn(make, len(shown), usual_row(len(shown)), partial(_recipes, shown), name)


def _recipes(rows: Sequence[Shown]) -> tuple[Recipe, ...]:
    return tuple(
        recipe_of(row.card, row.frame.request)
        for row in rows
        if row.frame is not None and row.frame.done
    )


def _figure(rows: Sequence[Shown], span: tuple[float, float], axis: str, per_row: int) -> Figure:
    outlines = {row.title: _outline(row.frame, span) for row in rows if row.frame is not None}
    curves = [c for row in rows for c in (row.curve, row.truth) if c is not None]
    tops = [float(np.nanmax(c.density)) for c in curves if c.density is not None]
    tops += [float(line[:, 1].max()) for line in outlines.values()]
    view = *span, 0.0, 1.2 * max(tops, default=1.0)
    cells: list[Cell] = []
    for row in rows:
        lines = [(outlines[row.title], _GREY)] if row.title in outlines else []
        for curve, ink in (
            (row.curve, theme.family_colour(row.card.family).name()),
            (row.truth, _TRUE),
        ):
            if curve is not None and curve.density is not None:
                lines.append((np.stack([curve.places, curve.density], 1), ink))
        names = axis, "density"
        cells.append(Plot(_NONE, view, names, title=row.title, lines=lines, own_axes=True))
    said = ["Grey: histogram of the samples; coloured: the model's density; black: the data's."]
    said += [f"{row.title} ({row.card.name}): {row.words or WAITING}." for row in rows]
    return in_rows("In-painting along a line", cells, per_row, caption=" ".join(said))


def _outline(frame: LineFilling, span: tuple[float, float]) -> NDArray[np.float64]:
    """The histogram of samples as a line (n, 2); its area is their share within the span."""
    values = np.asarray(frame.values, np.float64)
    heights, edges = np.histogram(values[np.isfinite(values)], _BINS, span)
    heights = heights / max(1, len(values)) / (edges[1] - edges[0])
    return outline(edges, heights)
