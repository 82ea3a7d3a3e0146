"""The pages of density of pictures as figures: maps, histograms of test pictures, curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from app.exchange.figures import Drawn
from app.recipes.recipe import Recipe
from app.tasks.map_sheet import Panel, drawn
from app.tasks.scoring import HeldOut, Score
from widgets.figure.figure import Bar, Cell, Figure, Plot, in_rows, outline, usual_row
from widgets.look import theme
from widgets.plots.curves import Curve

Box: TypeAlias = tuple[float, float, float, float]
Points: TypeAlias = npt.NDArray[np.float32]

_NONE: Points = np.empty((0, 2), np.float32)
_GREY, _MARK = "#8A93A3", "#2F6FEB"
_RING = 0.02
"""The radius of a ring as a share of a plot."""
_BINS = 24


@dataclass(frozen=True, eq=False)
class Maps:
    """Maps of a page on the same `box`, which may run downwards, with the names of its axes."""

    title: str
    panels: Sequence[Panel]
    box: Box
    names: tuple[str, str]
    marks: Points = field(default_factory=lambda: _NONE)
    said: str = ""


def of_maps(maps: Maps, recipe: Callable[[], Recipe], name: str) -> Drawn | None:
    """Maps beside each other, with every scale that occurs; None where there is none."""
    return _drawn(partial(_map_figure, maps), len(maps.panels), recipe, name)


def of_histograms(
    title: str,
    scores: Sequence[tuple[str, Score, HeldOut | None, str]],
    recipe: Callable[[], Recipe],
    name: str,
) -> Drawn | None:
    """The number of a picture among those of the test pictures, for every model: its title, what
    was found, and the number in words."""
    return _drawn(partial(_histogram_figure, title, scores), len(scores), recipe, name)


def of_curves(
    plots: Sequence[tuple[str, str, Sequence[Curve]]],
    said: str,
    recipe: Callable[[], Recipe],
    name: str,
) -> Drawn | None:
    """Curves over the dimension: a title, what is upwards, and the curves of each plot."""
    return _drawn(partial(_curve_figure, plots, said), len(plots), recipe, name)


def _drawn(
    make: Callable[[int], Figure], count: int, recipe: Callable[[], Recipe], name: str
) -> Drawn | None:
    if not count:
        return None
    return Drawn(make, count, usual_row(count), lambda: (recipe(),), name)


def _map_figure(maps: Maps, per_row: int) -> Figure:
    rings = [(_ring(at, maps.box), "#FFFFFF") for at in maps.marks.tolist()]
    cells: list[Cell] = [
        Plot(_NONE, maps.box, maps.names, image=drawn(panel), title=panel.title, lines=rings)
        for panel in maps.panels
    ]
    said = [f"{panel.title}: {panel.caption}." for panel in maps.panels]
    if maps.said:
        said.append(maps.said)
    return in_rows(maps.title, cells, per_row, caption=" ".join(said), bars=_bars(maps.panels))


def _ring(at: tuple[float, float], box: Box) -> Points:
    angle = np.linspace(0, 2 * np.pi, 25)
    radii = _RING * (box[1] - box[0]), _RING * (box[3] - box[2])
    return (np.stack([np.cos(angle), np.sin(angle)], 1) * radii + at).astype(np.float32)


def _bars(panels: Sequence[Panel]) -> tuple[Bar, ...]:
    """Every scale that occurs, and whose it is where not all maps have the same."""
    scales = {(panel.scale, panel.unit) for panel in panels}
    found: dict[tuple[object, str], tuple[Bar, list[str]]] = {}
    for panel in panels:
        low, high = panel.scale.low, panel.scale.high
        if panel.scale.exponential:
            low, high = math.exp(low), math.exp(high)
        bar = Bar(panel.scale.table(), low, high, panel.unit)
        found.setdefault((panel.scale, panel.unit), (bar, []))[1].append(panel.title)
    if len(scales) == 1:
        return tuple(bar for bar, _ in found.values())
    return tuple(
        Bar(bar.colours, bar.low, bar.high, f"{bar.unit} ({', '.join(titles)})")
        for bar, titles in found.values()
    )


def _histogram_figure(
    title: str, scores: Sequence[tuple[str, Score, HeldOut | None, str]], per_row: int
) -> Figure:
    cells: list[Cell] = []
    said = ["Grey: held-out pictures; blue: this picture."]
    for name, score, tests, words in scores:
        cells.append(_histogram(name, score, tests))
        count = "not there yet" if tests is None else f"{len(tests.amounts)} held-out pictures"
        said.append(f"{name}: {words}, {score.kind.value}, {count}.")
    return in_rows(title, cells, per_row, caption=" ".join(said))


def _histogram(name: str, score: Score, tests: HeldOut | None) -> Plot:
    amounts = np.empty(0) if tests is None else tests.amounts[np.isfinite(tests.amounts)]
    ends = np.array([score.amount, *amounts]) if math.isfinite(score.amount) else amounts
    low, high = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 1.0)
    room = 0.06 * max(high - low, 1e-3)
    low, high = low - room, high + room
    counts, edges = np.histogram(amounts, _BINS, (low, high))
    top = 1.1 * max(1, int(counts.max()))
    lines = [(outline(edges, counts), _GREY)] if len(amounts) else []
    lines.append((np.array([[score.amount, 0.0], [score.amount, top]]), _MARK))
    unit = "E(x), nats" if score.kind.value == "unnormalised" else "bits per dimension"
    return Plot(
        _NONE, (low, high, 0.0, top), (unit, "count"), title=name, lines=lines, own_axes=True
    )


def _curve_figure(
    plots: Sequence[tuple[str, str, Sequence[Curve]]], said: str, per_row: int
) -> Figure:
    cells: list[Cell] = []
    inks: dict[str, str] = {}
    for title, up, curves in plots:
        points = np.array([(math.log2(x), y) for c in curves for x, y, _ in c.points])
        (x0, y0), (x1, y1) = points.min(0).tolist(), points.max(0).tolist()
        room = 0.04 * (y1 - y0)
        lines = []
        for curve in curves:
            ink = theme.family_colour(curve.family)
            inks[curve.title] = (ink.lighter(150) if curve.dashed else ink).name()
            line = np.array([(math.log2(x), y) for x, y, _ in curve.points])
            lines.append((line, inks[curve.title]))
            for x, y, error in curve.points:
                bar = np.array([[math.log2(x), y - error], [math.log2(x), y + error]])
                lines.append((bar, inks[curve.title]))
        view = x0, x1, min(0.0, y0) - room, y1 + room
        names = "log₂ of the dimension", up
        cells.append(Plot(_NONE, view, names, title=title, lines=lines, own_axes=True))
    return in_rows("Dimensions", cells, per_row, caption=said, inks=tuple(inks.items()))
