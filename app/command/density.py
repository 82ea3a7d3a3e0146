"""Density maps and per-picture numbers from the command line: files on disk, no Qt."""

from __future__ import annotations

import csv
import io
import math
import os
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.command.names import card_named, class_named, opened
from app.command.output import UsageError, driven, prepared
from app.command.pictures import foreign_of
from app.models.open_models import Loading, Models
from app.recipes import files
from app.recipes.pictures import Pixels, to_tensor
from app.recipes.recipe import png_bytes
from app.tasks.map_sheet import Panel, caption, sheet, values_bytes
from app.tasks.mapping import Fields, MapFrame, MapRequest, map_data, map_model
from app.tasks.mapping_recipe import View, recipe_of
from app.tasks.scoring import Score
from engines.checkpoints.catalog import FAMILY_TITLES, ROOT, no_density
from engines.data.fitting import fitted
from engines.data.picture_folder import MOST_SAID, SUFFIXES
from engines.maps.area import Area
from engines.maps.kinds import Kind, kind_of
from engines.model import Card
from engines.naming import shortened
from widgets.look.colours import Scale

if TYPE_CHECKING:
    from app.work.lane import Job

_TOP, _RANGE, _BATCH = 0.999, 12.0, 64
_COLUMNS = (
    "file", "log_p_nats", "bits_per_dim", "kind", "stderr_nats", "method", "meaning", "energy_nats",
)  # fmt: skip
"""New columns come last: what reads the table by place goes on working."""


@dataclass(frozen=True)
class Wish:
    """A map as the command line asks for it; without an area it is that of the data."""

    model: str
    grid: int = 512
    label: str | None = None
    area: tuple[float, float, float, float] | None = None
    truth: bool = False
    """Draw the truth beside it."""


def density(
    wish: Wish, out: Path, values: Path | None, *, device: str | None = None, root: Path = ROOT
) -> tuple[Path, ...]:
    """Map a model's density and write picture and values; returns the files written."""
    card = card_named(wish.model, root)
    if card.shape != (2,):
        raise UsageError(f"{card.name} is not of the plane; for pictures there is: score")
    if not 16 <= wish.grid <= 4096:
        raise UsageError(f"--grid must lie in 16 … 4096, got {wish.grid}")
    for path, allowed in ((out, (".png",)), (values, (".npz", ".csv"))):
        if path is not None and path.suffix.lower() not in allowed:
            raise UsageError(f"{path} must end in {' or '.join(allowed)}")
    label = None if wish.label is None else class_named(wish.label, card)
    if isinstance(label, tuple):
        raise UsageError("--label names one class; a map has no turns")
    from engines.checkpoints import devices

    _check_data(wish, card)
    for path in filter(None, (out, values)):
        prepared(path)
    devices.prepare_thread()
    area = _area(wish, card)
    wide, high = area.pixels(wish.grid)
    request, fields = MapRequest(area, wide, high, label), Fields(Models(device))
    frames = [(card, _drive(map_model(fields, card, request)))]
    truth = _drive(map_data(fields, card.data, request)) if wish.truth else None
    recipe = recipe_of(View((card.name,), area, wish.grid, label), {card.name: card}, 0)
    panels = _panels(frames, truth)
    files.write_atomically(out, png_bytes(sheet(panels), recipe))
    written = [out]
    if values is not None:
        files.write_atomically(values, values_bytes({card.name: frames[0][1]}, recipe, values))
        written.append(values)
    return tuple(written)


def _check_data(wish: Wish, card: Card) -> None:
    """The points of a model from outside may be its makers' alone."""
    from engines.data import examples

    if (wish.truth or wish.area is None) and not examples.has_points(card.data):
        what = (
            "leave --truth out" if wish.truth else "say which part to map with --area X0 X1 Y0 Y1"
        )
        raise UsageError(f"there are no points of the data '{card.data}' here; {what}")


def _area(wish: Wish, card: Card) -> Area:
    if wish.area is not None:
        try:
            return Area(*wish.area)
        except ValueError as error:
            raise UsageError(str(error)) from error
    from engines.data import examples

    x = examples.points(card.data, 2000).numpy()
    (x0, y0), (x1, y1) = x.min(0).tolist(), x.max(0).tolist()
    return Area(x0, x1, y0, y1).grown(0.08)


def _drive(job: Job) -> MapFrame:
    run: Generator[Loading | MapFrame | None, None, MapFrame] = job()
    while True:
        try:
            next(run)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def _panels(frames: list[tuple[Card, MapFrame]], truth: MapFrame | None) -> list[Panel]:
    shown = [("Truth", truth)] if truth else []
    shown += [(FAMILY_TITLES[card.family], frame) for card, frame in frames]
    first = shown[0][1]
    assert first is not None
    top = float(np.quantile(first.values, _TOP))
    scale = Scale(top - _RANGE, top)
    return [
        Panel(title, caption(frame), frame.values, scale, "log p(x), nats", frame.levels)
        for title, frame in shown
        if frame is not None
    ]


# numbers per picture


def score(
    model: str, images: Path, out: Path, *, device: str | None = None, root: Path = ROOT
) -> tuple[Path, int]:
    """log p of every picture of a folder under a model, with its kind, as a table.

    Returns the table and how many pictures it lacks: each that cannot be read is a line on stderr.
    """
    card = card_named(model, root)
    if not card.is_picture:
        raise UsageError(f"{card.name} is of points; for the plane there is: density")
    if not os.path.isdir(images):
        raise UsageError(f"{shortened(str(images))} is not a folder")
    try:
        paths = sorted(path for path in images.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError as fault:
        raise UsageError(f"{shortened(str(images))} cannot be read") from fault
    if not paths:
        raise UsageError(f"there are no pictures in {shortened(str(images))}")
    engine = opened(card, device, root)
    if engine.density is None:
        raise UsageError(no_density(card))
    readable = _readable(paths, card)
    skipped, paths = len(paths) - len(readable), list(readable)
    if not paths:
        where = shortened(str(images))
        raise UsageError(f"none of the {skipped:,} pictures in {where} can be read")
    prepared(out)
    pictures = np.stack(list(readable.values()))
    table = io.StringIO()
    write = csv.writer(table, lineterminator="\n")
    write.writerow(_COLUMNS)
    for start in range(0, len(paths), _BATCH):
        x = to_tensor(pictures[start : start + _BATCH], card.shape[0])
        found = driven(engine.density.run(x, None, {}), card.name)
        errors = found.stderr.tolist() if found.stderr is not None else [math.nan] * len(x)
        for path, value, error in zip(
            paths[start : start + _BATCH], found.value.tolist(), errors, strict=True
        ):
            number = Score(card, value, error, kind_of(found.meaning), found.method)
            write.writerow((path.name, *_cells(number)))
    files.write_atomically(out, table.getvalue().encode())
    return out, skipped


def _cells(number: Score) -> tuple[str, ...]:
    """A row of the table but the name of its file."""
    lacks = number.kind is Kind.UNNORMALISED
    error = number.known_error
    return (
        f"{number.value:.4f}",
        "" if lacks else f"{number.amount:.6f}",
        number.kind.value,
        "" if error is None else f"{error:.4g}",
        number.method,
        number.kind.says,
        f"{number.amount:.4f}" if lacks else "",
    )


def _readable(paths: list[Path], card: Card) -> dict[Path, Pixels]:
    """The pictures as the model sees them; the first ten that cannot be read are said on stderr."""
    found, skipped = {}, 0
    for path in paths:
        try:
            found[path] = fitted(foreign_of(path).pixels, card.shape)
        except ValueError as error:
            skipped += 1
            if skipped <= MOST_SAID:
                print(f"skipped: {error}", file=sys.stderr)
    if skipped > MOST_SAID:
        print(f"skipped: {skipped - MOST_SAID:,} more", file=sys.stderr)
    return found
