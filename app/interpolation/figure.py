"""Paths as a figure: a strip for every model, from A on the left to B on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from app.exchange.figures import Drawn
from app.interpolation.row import WalkRow
from app.kinds import view_of
from app.kinds.points import axes_of
from app.recipes.recipe import Recipe
from app.tasks.walking import Film
from engines.model import Card
from widgets.figure.figure import WAITING, Cell, Figure, Plot, in_rows, usual_row
from widgets.look import theme

USUAL = 9
_ROOM = 0.08
"""Around paths of the plane, as a share of their extent."""


@dataclass(frozen=True, eq=False)
class Shown:
    """What a row showed when the figure was asked for: it may move on."""

    title: str
    card: Card
    film: Film | None
    words: str
    recipe: Callable[[], Recipe]

    def picture(self, i: int) -> Cell | None:
        """Frame i, None where it is not there or no picture."""
        if self.film is None or i >= self.film.done:
            return None
        return view_of(self.card).picture(self.film.values[i])


def drawn(
    rows: Sequence[WalkRow], recipe_of: Callable[[WalkRow], Callable[[], Recipe]]
) -> Drawn | None:
    """The strips as they are, None while none has a frame."""
    shown = [
        Shown(row.title, row.card, _film(row), _words(row), recipe_of(row))
        for row in rows
        if row.codes is not None
    ]
    films = [row.film for row in shown if row.film is not None]
    if not films:
        return None
    name = f"{shown[0].card.data.replace('/', '-')}-paths"
    recipes = partial(_recipes, shown)
    if all(row.picture(0) is None for row in shown):
        count = len(shown)
        return Drawn(partial(_plots, shown), count, usual_row(count), recipes, name)
    most = max(len(film.values) for film in films)
    return Drawn(partial(_strips, shown), most, min(USUAL, most), recipes, name)


def _film(row: WalkRow) -> Film | None:
    film = row.film
    return film if film is not None and film.done and film.wish is row.wish else None


def _recipes(rows: Sequence[Shown]) -> tuple[Recipe, ...]:
    return tuple(row.recipe() for row in rows if row.film is not None)


def _strips(rows: Sequence[Shown], count: int) -> Figure:
    """`count` frames of each strip, evenly chosen, with both ends."""
    total = max(len(film.values) for row in rows if (film := row.film) is not None)
    places = np.linspace(0, total - 1, count).round().astype(int).tolist()
    cells: list[list[Cell]] = []
    for row in rows:
        pictures = [row.picture(i) for i in places]
        cells.append([WAITING if picture is None else picture for picture in pictures])
    shares = [i / max(1, total - 1) for i in places]
    names = [f"{share:.2g}" for share in shares]
    names[0] = f"A\n{names[0]}"
    names[-1] = f"B\n{names[-1]}" if count > 1 else names[-1]
    return Figure(
        "From A to B",
        [row.title for row in rows],
        names,
        cells,
        across="share of the path",
        caption=_caption(rows, f"{count} of {total} frames shown. " if count < total else ""),
    )


def _plots(rows: Sequence[Shown], per_row: int) -> Figure:
    films: list[Any] = [film.values for row in rows if (film := row.film) is not None]
    low, high = np.min([f.min(0) for f in films], 0), np.max([f.max(0) for f in films], 0)
    room = _ROOM * np.maximum(high - low, 1e-3)
    (x0, y0), (x1, y1) = (low - room).tolist(), (high + room).tolist()
    cells: list[Cell] = []
    for row in rows:
        film, colour = row.film, theme.family_colour(row.card.family).name()
        if film is None:
            cells.append(f"{row.title}: {WAITING}")
            continue
        line: Any = film.values[: film.done]
        names = axes_of(row.card.kind, row.card.data)
        cells.append(
            Plot(line, (x0, x1, y0, y1), names, None, colour, None, row.title, ((line, colour),))
        )
    return in_rows("From A to B", cells, per_row, caption=_caption(rows, ""))


def _words(row: WalkRow) -> str:
    if row.codes is None or row.wish is None:
        return ""
    moved = "" if row.wish.plain else ", sliders moved or another class"
    ends = row.codes.inverse.exactness.value
    return f"{row.wish.way} of {row.codes.nature}, end points {ends}{moved}"


def _caption(rows: Sequence[Shown], first: str) -> str:
    said = [
        f"{row.title}: {WAITING}."
        if row.film is None
        else f"{row.title} ({row.card.name}): {row.words}."
        for row in rows
    ]
    return first + " ".join(said)
