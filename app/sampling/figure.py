"""The figure of the sampling tab: a row of pictures for every model, or a plot for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from app.exchange.figures import Drawn
from app.kinds import view_of
from app.kinds.points import axes_of
from app.models.titles import data_title
from app.recipes.recipe import Recipe
from app.tasks.sampling import Backdrop, Frame
from engines.model import Card, in_force
from widgets.figure.figure import WAITING, Cell, Figure, Plot, in_rows, usual_row
from widgets.look import theme

USUAL = 8
"""Pictures of each model, at first."""


class Column(Protocol):
    """A model by its title, and what its column shows."""

    card: Card

    @property
    def title(self) -> str: ...
    @property
    def frame(self) -> Frame | None: ...
    def whole_recipe(self) -> Recipe: ...


@dataclass(frozen=True, eq=False)
class Shown:
    """What a column showed when the figure was asked for: it may move on."""

    title: str
    card: Card
    frame: Frame | None
    recipe: Recipe | None


def shown(column: Column) -> Shown:
    """A column as it is now."""
    ready = column.frame is not None and column.frame.done
    recipe = column.whole_recipe() if ready else None
    return Shown(column.title, column.card, column.frame, recipe)


Columns = Sequence[Shown]


def of_pictures(columns: Columns, data: str, _: Backdrop | None) -> Drawn:
    """A row of pictures for every model."""
    most = max(column.frame.request.count for column in columns if column.frame is not None)
    made = partial(_pictures, columns, data)
    return Drawn(made, most, min(USUAL, most), partial(_recipes, columns), _name(data))


def of_points(columns: Columns, data: str, backdrop: Backdrop | None) -> Drawn:
    """A plot for every model: three beside each other, or two rows of them."""
    made, count = partial(_plots, columns, data, backdrop), len(columns)
    return Drawn(made, count, usual_row(count), partial(_recipes, columns), _name(data))


def _recipes(columns: Columns) -> tuple[Recipe, ...]:
    return tuple(column.recipe for column in columns if column.recipe is not None)


def _name(data: str) -> str:
    return f"{data.replace('/', '-')}-samples"


def _pictures(columns: Columns, data: str, count: int) -> Figure:
    cells: list[list[Cell]] = []
    for column in columns:
        frame, view = column.frame, view_of(column.card)
        row: list[Cell] = []
        for i in range(count):
            ready = frame is not None and i < frame.done
            picture = view.picture(frame.values[i]) if frame is not None and ready else None
            there = frame is None or i < frame.request.count
            row.append(picture if picture is not None else WAITING if there else "")
        cells.append(row)
    frame = next(column.frame for column in columns if column.frame is not None)
    labels, first = frame.request.labels(), frame.request.first
    names = [str(first + i) for i in range(count)]
    if labels is not None:
        classes = columns[0].card.labels
        names = [
            f"{name}\n{classes[labels[i]]}" if i < len(labels) else name
            for i, name in enumerate(names)
        ]
    return Figure(
        f"Samples of {data_title(data)}, seed {frame.request.seed}",
        [column.title for column in columns],
        names,
        cells,
        across="sample" if labels is None else "sample and class",
        caption=_caption(columns, count),
    )


def _plots(columns: Columns, data: str, backdrop: Backdrop | None, per_row: int) -> Figure:
    cells: list[Cell] = [_plot(column, backdrop) for column in columns]
    frame = next(column.frame for column in columns if column.frame is not None)
    return in_rows(
        f"Samples of {data_title(data)}, seed {frame.request.seed}",
        cells,
        per_row,
        caption=_caption(columns, None),
        classes=columns[0].card.labels if frame.request.labels() is not None else (),
    )


def strip_of_pictures(card: Card, frames: Sequence[Frame | None]) -> list[list[Cell]]:
    """A row for every sample, with its pictures in one frame after the other."""
    view, count = view_of(card), max((f.request.count for f in frames if f is not None), default=1)
    rows: list[list[Cell]] = []
    for i in range(count):
        ready = [frame is not None and i < frame.done for frame in frames]
        rows.append(
            [
                picture
                if frame is not None
                and r
                and (picture := view.picture(frame.values[i])) is not None
                else "…"
                for frame, r in zip(frames, ready, strict=True)
            ]
        )
    return rows


def strip_of_points(
    card: Card, frames: Sequence[Frame | None], backdrop: Backdrop | None
) -> list[list[Cell]]:
    """One row of plots."""
    return [[_plot(Shown("", card, frame, None), backdrop) for frame in frames]]


def _plot(column: Shown, backdrop: Backdrop | None) -> Cell:
    frame, names = column.frame, axes_of(column.card.kind, column.card.data)
    if frame is None or not frame.done:
        return f"{column.title}: {WAITING}" if column.title else WAITING
    points: Any = frame.values[: frame.done]
    labels = frame.request.labels()
    if backdrop is not None:
        view = backdrop.view
    else:
        (x0, y0), (x1, y1) = points.min(0).tolist(), points.max(0).tolist()
        view = (x0, x1 + (x0 == x1), y0, y1 + (y0 == y1))
    classes = None if labels is None else np.array(labels[: frame.done])
    colour = theme.family_colour(column.card.family).name()
    return Plot(points, view, names, classes, colour, title=column.title)


def _caption(columns: Columns, count: int | None) -> str:
    """What was asked of each model, what is not shown, and what has yet to come."""
    said = []
    for column in columns:
        frame = column.frame
        if frame is None:
            said.append(f"{column.title}: {WAITING}.")
            continue
        values = in_force(frame.knobs, frame.request)
        turned = [
            f"{knob.title.lower()} {knob.text(values[knob.name])}"
            for knob in frame.knobs
            if values[knob.name] != knob.default
        ]
        parts = [frame.procedure.exactness.value, *turned]
        asked, shown = frame.request.count, frame.done if count is None else min(count, frame.done)
        if shown < asked:
            parts.append(f"{shown:,} of {asked:,} {column.card.kind.things} shown")
        said.append(f"{column.title} ({column.card.name}): {', '.join(parts)}.")
    return " ".join(said)
