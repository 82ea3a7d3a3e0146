"""Density maps and per-picture numbers from the command line: files on disk, no Qt."""

from __future__ import annotations

import csv
import io
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.command.names import card_named, condition_named, one_condition, opened
from app.command.output import UsageError, driven, prepared, say
from app.kinds import Examples, view_of
from app.kinds.view import Options, names_of
from app.models.open_models import Models
from app.recipes import files
from app.recipes.recipe import png_bytes
from app.tasks.map_sheet import Panel, caption, sheet, values_bytes
from app.tasks.mapping import Fields, MapFrame, MapRequest, map_data, map_model
from app.tasks.mapping_recipe import View, recipe_of
from app.tasks.scoring import Score
from engines.checkpoints.catalog import FAMILY_TITLES, ROOT, density_refusal, no_density
from engines.data.picture_folder import MOST_SAID
from engines.kinds import is_plane
from engines.maps.area import Area
from engines.maps.kinds import Kind, kind_of
from engines.model import NOTHING, Card, Given
from engines.steps import finish
from widgets.look.colours import Scale

if TYPE_CHECKING:
    pass

_TOP, _RANGE, _BATCH = 0.999, 12.0, 64
_COLUMNS = (
    "file",
    "log_p_nats",
    "bits_per_dim",
    "kind",
    "stderr_nats",
    "method",
    "meaning",
    "energy_nats",
)
"""New columns come last: what reads the table by place goes on working."""


@dataclass(frozen=True)
class MapOptions:
    """A map as the command line asks for it; without an area it is that of the data."""

    model: str
    grid: int = 512
    label: str | None = None
    given: Given = field(default_factory=dict)
    area: tuple[float, float, float, float] | None = None
    truth: bool = False
    """Draw the truth beside it."""


def density(
    options: MapOptions,
    out: Path,
    values: Path | None,
    *,
    device: str | None = None,
    root: Path = ROOT,
) -> tuple[Path, ...]:
    """Map a model's density and write picture and values; returns the files written."""
    card = card_named(options.model, root)
    if not is_plane(card.kind):
        raise UsageError(f"{card.name} is not a 2-D model; for {card.kind.things} use: score")
    if not 16 <= options.grid <= 4096:
        raise UsageError(f"--grid must lie in 16 … 4096, got {options.grid}")
    for path, allowed in ((out, (".png",)), (values, (".npz", ".csv"))):
        if path is not None and path.suffix.lower() not in allowed:
            raise UsageError(f"{path} must end in {' or '.join(allowed)}")
    asked = one_condition(options.label, options.given, card, "a map shows one class, or any class")
    from engines.checkpoints import devices

    _check_data(options, card)
    for path in filter(None, (out, values)):
        prepared(path)
    devices.prepare_thread()
    area = _area(options, card)
    wide, high = area.pixels(options.grid)
    request, fields = MapRequest(area, wide, high, asked), Fields(Models(device))
    frames = [(card, finish(map_model(fields, card, request)()))]
    truth = finish(map_data(fields, card.data, request)()) if options.truth else None
    view = View((card.name,), area, options.grid, asked.one, given=asked.given)
    recipe = recipe_of(view, {card.name: card}, 0)
    panels = _panels(frames, truth)
    files.write_atomically(out, png_bytes(sheet(panels), recipe))
    written = [out]
    if values is not None:
        files.write_atomically(values, values_bytes({card.name: frames[0][1]}, recipe, values))
        written.append(values)
    return tuple(written)


def _check_data(options: MapOptions, card: Card) -> None:
    """The points of a model from outside may be its makers' alone."""
    from engines.data import examples

    if (options.truth or options.area is None) and not examples.has_points(card.data):
        remedy = (
            "leave --truth out"
            if options.truth
            else "say which part to map with --area X0 X1 Y0 Y1"
        )
        raise UsageError(f"there are no points of the data set '{card.data}' here; {remedy}")


def _area(options: MapOptions, card: Card) -> Area:
    if options.area is not None:
        try:
            return Area(*options.area)
        except ValueError as error:
            raise UsageError(str(error)) from error
    from engines.data import examples

    x = examples.points(card.data, 2000).numpy()
    (x0, y0), (x1, y1) = x.min(0).tolist(), x.max(0).tolist()
    return Area(x0, x1, y0, y1).grown(0.08)


def _panels(frames: list[tuple[Card, MapFrame]], truth: MapFrame | None) -> list[Panel]:
    shown = [("Truth", truth)] if truth else []
    shown += [(FAMILY_TITLES.get(card.family, card.family), frame) for card, frame in frames]
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
    model: str,
    options: Options,
    out: Path,
    *,
    given: Given = NOTHING,
    device: str | None = None,
    root: Path = ROOT,
) -> tuple[Path, int]:
    """log p of examples out of files under a model, with its kind, as a table.

    `options` say where they are, as the view of the kind takes them. Returns the table and how
    many examples it lacks: each that cannot be read is a line on stderr.
    """
    card = card_named(model, root)
    view = view_of(card)
    if set(options) != set(view.score_options):
        raise UsageError(_unscored(card, options))
    asked = condition_named(None, given, card)
    try:
        found = view.examples(options)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if density_refusal(card) is not None:
        raise UsageError(no_density(card))
    engine = opened(card, device, root)
    if engine.density is None:
        raise UsageError(no_density(card))
    from engines.drawing import codes_of

    say_skipped(found)
    prepared(out)
    table = io.StringIO()
    write = csv.writer(table, lineterminator="\n")
    write.writerow(_columns(card))
    for start in range(0, len(found.names), _BATCH):
        names = found.names[start : start + _BATCH]
        x = view.tensor_of(found.values[start : start + _BATCH])
        labels = codes_of(card, asked.one, asked.given, len(x))
        log_p = driven(engine.density.run(x, labels, {}), card.name)
        errors = log_p.stderr.tolist() if log_p.stderr is not None else [math.nan] * len(x)
        for name, value, spread in zip(names, log_p.value.tolist(), errors, strict=True):
            number = Score(card, value, spread, kind_of(log_p.meaning), log_p.method)
            write.writerow((name, *_cells(number)))
    files.write_atomically(out, table.getvalue().encode())
    return out, len(found.skipped)


def _unscored(card: Card, options: Options) -> str:
    """Why these options name no examples of a model, and what would."""
    wanted = view_of(card).score_options
    if not wanted:
        remedy = "; for 2-D points use: density" if is_plane(card.kind) else ""
        return (
            f"{card.name} is a model of {card.kind.things}, for which there is no option "
            f"here{remedy}"
        )
    said = f", not {names_of(tuple(options))}" if options else ""
    return f"{card.name} scores {card.kind.things}: say {names_of(wanted)}{said}"


def _columns(card: Card) -> tuple[str, ...]:
    """The header of the table: the second number is in the unit of the kind."""
    unit = card.kind.unit.replace("/", " per ").replace(" ", "_")
    return tuple(unit if name == "bits_per_dim" else name for name in _COLUMNS)


def say_skipped(found: Examples) -> None:
    """The first ten examples that cannot be read, and what was decided of others, on stderr."""
    for fault in found.skipped[:MOST_SAID]:
        print(f"skipped: {fault}", file=sys.stderr)
    if (more := len(found.skipped) - MOST_SAID) > 0:
        print(f"skipped: {more:,} more", file=sys.stderr)
    for note in found.notes:
        say(note)


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
