"""Fillings of a picture as a figure: what was known, then a row of draws for every model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from app.exchange.figures import Drawn
from app.inpainting.pictures.row import FilledRow
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe
from app.tasks.filling import Filling, FillRequest
from app.tasks.filling_recipe import recipe_of
from engines.model import Card
from widgets.figure.figure import WAITING, Cell, Figure

USUAL = 8
_HOLE = 128
"""The grey of what is hidden."""


@dataclass(frozen=True, eq=False)
class Shown:
    """What a row showed when the figure was asked for: it may move on."""

    title: str
    card: Card
    frame: Filling | None
    values: Pixels | None
    """The draws as the tab shows them."""


def drawn(rows: Sequence[FilledRow], title: str) -> Drawn | None:
    """What the rows show of one hole, None while none has anything."""
    shown = [
        Shown(r.title, r.card, r.frame, r.seen(r.frame) if r.frame is not None else None)
        for r in rows
    ]
    frames = [each.frame for each in shown if each.frame is not None and each.frame.done]
    if not frames:
        return None
    first = frames[0].request
    most = max(frame.request.count for frame in frames)
    name = f"{rows[0].card.data.replace('/', '-')}-fillings"
    made = partial(_figure, shown, first, title)
    return Drawn(made, most, min(USUAL, most), partial(_recipes, shown), name)


def _recipes(rows: Sequence[Shown]) -> tuple[Recipe, ...]:
    return tuple(
        recipe_of(row.card, row.frame.request)
        for row in rows
        if row.frame is not None and row.frame.done
    )


def _figure(rows: Sequence[Shown], first: FillRequest, title: str, count: int) -> Figure:
    given: list[Cell] = [first.picture, _holed(first)]
    cells: list[list[Cell]] = []
    for place, row in enumerate(rows):
        head = given if not place else ["", ""]
        cells.append([*head, *(_draw(row, i) for i in range(count))])
    return Figure(
        f"In-painting of {title}, seed {first.seed}",
        [row.title for row in rows],
        ["original", "given", *map(str, range(count))],
        cells,
        across="sample",
        caption=_caption(rows, first, count),
    )


def _holed(request: FillRequest) -> Pixels:
    picture = request.picture.copy()
    picture[request.mask] = _HOLE
    return np.ascontiguousarray(picture)


def _draw(row: Shown, i: int) -> Cell:
    frame = row.frame
    if frame is None or row.values is None or i >= frame.request.count:
        return WAITING if frame is None else ""
    return row.values[i] if i < frame.done else WAITING


def _caption(rows: Sequence[Shown], first: FillRequest, count: int) -> str:
    said = []
    for row in rows:
        frame = row.frame
        if frame is None:
            said.append(f"{row.title}: {WAITING}.")
            continue
        parts = [frame.choice.title, frame.procedure.exactness.value]
        asked, shown = frame.request.count, min(count, frame.done)
        if shown < asked:
            parts.append(f"{shown} of {asked} samples shown")
        other = not np.array_equal(frame.request.mask, first.mask)
        if other or not np.array_equal(frame.request.picture, first.picture):
            parts.append("of another picture or hole than the first row")
        said.append(f"{row.title} ({row.card.name}): {', '.join(parts)}.")
    return " ".join(said)
