"""In-painting on held-out pictures: is the completed digit the true one, and is the doubt honest?

Figures go into the cards. Every picture is written down as it is done, so that a measurement goes
on where it was cut off.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor

from engines.checkpoints import devices
from engines.checkpoints.catalog import ROOT, CheckpointError
from engines.families.vae.model import DRAW
from engines.inpaint import methods_for
from engines.inpaint.classes import ANY
from engines.inpaint.method import Method
from engines.model import Knobs, Model, settle
from engines.opening import find, open_model
from engines.readers.classifier import open_classifier
from engines.readers.net import Classifier
from engines.training.cards import write_card
from engines.training.cost import processor
from engines.training.datasets import DataSet, load
from engines.training.reports.evidence import ended

Figures: TypeAlias = Mapping[str, Mapping[str, Any]]

PREFIX = "inpainting_"
ANY_PREFIX = "any_"
"""Of figures in an entry that were measured with the model's own label for any class."""
NOMINAL = 0.9
RUNS = Path("runs")
_SEED = 0
_REPORT_EVERY = 15.0


def left(height: int, width: int) -> Tensor:
    """Known places (H, W) with the left half unknown."""
    return (torch.arange(width) >= width // 2).expand(height, width)


def square(height: int, width: int, margin: float = 1 / 4) -> Tensor:
    """Known places (H, W) with a centre square unknown: of half the side, at this margin."""
    known = torch.ones(height, width, dtype=torch.bool)
    y, x = int(height * margin), int(width * margin)
    known[y : height - y, x : width - x] = False
    return known


def third(height: int, width: int) -> Tensor:
    """Known places (H, W) with a centre square of about a third of the side unknown."""
    return square(height, width, 1 / 3)


HOLES: Mapping[str, Callable[[int, int], Tensor]] = {"left": left, "square": square, "third": third}


@dataclass(frozen=True)
class Line:
    """What was found of one test picture.

    `agree` is the share of draws read as the true class; of `places` unknown values `inside` lay
    within the central 90 % of the draws, and of those `varying` where the draws or the truth
    differ at all, `varying_inside`. `ms` is per draw.
    """

    picture: int
    draws: int
    agree: float
    truth_read: bool
    inside: int
    places: int
    varying_inside: int
    varying: int
    ms: float
    calls: int


@dataclass(frozen=True)
class Extent:
    """How much is measured: `few` draws of `count` pictures, `draws` of the first `calibrated`.

    Whether completions are read as the true class is told by many pictures, whether the spread of
    the draws is honest by many draws.
    """

    count: int = 500
    few: int = 2
    calibrated: int = 32
    draws: int = 32

    def of(self, picture: int) -> int:
        """Draws of this picture."""
        return self.draws if picture < self.calibrated else self.few


def report(
    *names: str,
    extent: Extent = Extent(),
    method: str = "",
    holes: tuple[str, ...] = (),
    root: Path = ROOT,
    runs: Path = RUNS,
    device: str = "cpu",
    any_class: bool = False,
) -> None:
    """Fill both holes of the first test pictures and write the figures into the cards.

    With `any_class` the model's own label for any class takes the reader's place, and only the
    agreement is measured, which stands beside that with the reader.
    Raises CheckpointError for a model without methods or a method it does not have.
    """
    devices.prepare_thread()  # as in the window
    for name in names:
        model = open_model(name, device, root=root)
        data, reader = load(model.card.data), open_classifier(model.card.data)
        for hole in holes or tuple(HOLES):
            found = measured(
                model,
                data,
                reader,
                hole,
                extent=extent,
                name=method,
                runs=runs,
                any_class=any_class,
            )
            now = find(name, root)
            if now.sha256 != model.card.sha256:
                raise CheckpointError(f"{name}: its weights were replaced meanwhile; start again")
            write_card(replace(now, figures=joined(now.figures, found)))
            for figure, entry in found.items():
                print(f"{name}: {figure}: {entry}", flush=True)


def joined(figures: Figures, found: Figures) -> Figures:
    """Figures with what was found; what an entry has of the other way to the class stays."""
    kept = {
        name: {k: v for k, v in figures.get(name, {}).items() if k.startswith(ANY_PREFIX)}
        if any(not k.startswith(ANY_PREFIX) for k in entry)
        else figures.get(name, {})
        for name, entry in found.items()
    }
    return {**figures, **{name: {**kept[name], **entry} for name, entry in found.items()}}


def measured(
    model: Model,
    data: DataSet,
    reader: Classifier,
    hole: str,
    *,
    extent: Extent,
    name: str = "",
    runs: Path = RUNS,
    any_class: bool = False,
) -> Figures:
    """The figures of one hole: of the default method, or of the one of this name."""
    methods = methods_for(model)
    method = next((m for m in methods if name in ("", m.name)), None)
    if method is None:
        known = ", ".join(m.name for m in methods) or "none"
        raise CheckpointError(f"{model.card.name} has no method '{name}'; it has: {known}")
    knobs = drawn_knobs(method)
    if any_class:
        if "class" not in knobs:
            raise CheckpointError(f"{method.title} of {model.card.name} asks no reader")
        knobs, extent = {**knobs, "class": ANY}, replace(extent, calibrated=0)
    known_places = HOLES[hole](*model.card.shape[-2:])
    lines = Lines(model, method, knobs, hole, extent, runs)
    count, told = min(extent.count, len(data.test)), time.monotonic()
    for i in range(count):
        if i not in lines.found:
            x, label = data.test.x[i], int(data.test.labels[i])
            draws = extent.of(i)
            lines.add(_line(model, method, knobs, reader, (i, x, label), known_places, draws))
        if time.monotonic() - told > _REPORT_EVERY:
            told = time.monotonic()
            print(f"{model.card.name}: {hole}: {i + 1} of {count} pictures", flush=True)
    suffix = "" if method is methods[0] else f"_{method.name}"
    figure = f"{PREFIX}{hole}{suffix}"
    if any_class:
        return {figure: agreement([lines.found[i] for i in range(count)], ANY_PREFIX)}
    entry = summary([lines.found[i] for i in range(count)], extent.draws) | {
        "few": extent.few,
        "draws": extent.draws,
        "nominal": NOMINAL,
        **words(model, method, knobs, hole),
        "threads": torch.get_num_threads(),
        "hardware": processor(),
    }
    return {figure: entry}


def words(model: Model, method: Method, knobs: Knobs, hole: str) -> dict[str, Any]:
    """How a method stands at these knobs for this hole, as figures of it say.

    `apart` names the knobs that are not at their defaults, if any.
    """
    found = method.standing(model, knobs, HOLES[hole](*model.card.shape[-2:]))
    said = {"method": found.method, "exactness": found.exactness.value, "knobs": dict(knobs)}
    default = settle(method.knobs, {})
    more = {
        "class_from": found.class_from,
        "apart": [name for name, value in knobs.items() if value != default[name]],
    }
    return said | {name: value for name, value in more.items() if value}


def restate(*names: str, root: Path = ROOT) -> None:
    """Say anew how the methods stand whose figures the cards have; nothing is measured.

    For where the words have changed and the draws have not. A choice of the class that makes no
    difference for the hole is that of today's defaults.
    """
    for name in names:
        model = open_model(name, "cpu", root=root)
        figures = dict(model.card.figures)
        for figure, entry in figures.items():
            if figure.startswith(PREFIX) and "knobs" in entry:
                kept = {k: v for k, v in entry.items() if k not in ("class_from", "apart")}
                figures[figure] = kept | words_now(model, figure, entry["knobs"])
        write_card(replace(find(name, root), figures=figures))


def words_now(model: Model, figure: str, measured: Knobs) -> dict[str, Any]:
    """How the method of a figure stands today at the knobs it was measured at."""
    hole, _, name = figure.removeprefix(PREFIX).partition("_")
    methods = methods_for(model)
    method = next(m for m in methods if name in ("", m.name))
    knobs, default = settle(method.knobs, measured), drawn_knobs(method)
    said = words(model, method, knobs, hole)
    if "class" in knobs and knobs["class"] != default["class"]:
        other = {**knobs, "class": default["class"]}
        same = words(model, method, other, hole)
        alike = all(same.get(k) == said.get(k) for k in ("method", "exactness", "class_from"))
        said = same if alike else said
    return said


def drawn_knobs(method: Method) -> Knobs:
    """The defaults, but for pixels that are drawn: means have no spread of their own."""
    knobs = settle(method.knobs, {})
    return knobs | {"pixels": DRAW} if "pixels" in knobs else knobs


def _line(
    model: Model,
    method: Method,
    knobs: Knobs,
    reader: Classifier,
    example: tuple[int, Tensor, int],
    known: Tensor,
    draws: int,
) -> Line:
    picture, x, label = example
    start = time.perf_counter()
    filled, calls = ended(method.run(model, x, known, draws, _SEED + picture, knobs))
    ms = 1000 * (time.perf_counter() - start) / draws
    with torch.no_grad():
        read = reader.head(reader.features(torch.cat([filled, x[None]]))).argmax(1) == label
    truth, drawn = x[..., ~known].flatten(), filled[..., ~known].flatten(1)
    low, high = interval(drawn)
    inside = (truth >= low) & (truth <= high)
    varying = (drawn != truth).any(0)
    return Line(
        picture,
        draws,
        read[:-1].double().mean().item(),
        bool(read[-1]),
        int(inside.sum()),
        len(truth),
        int((inside & varying).sum()),
        int(varying.sum()),
        round(ms, 3),
        calls,
    )


def interval(draws: Tensor, share: float = NOMINAL) -> tuple[Tensor, Tensor]:
    """Ends (d,) of the central interval of draws (n, d).

    Quantiles at (n + 1) p, between which one more draw falls with this chance if they are uniform
    (Hyndman & Fan 1996, definition 6), with 0.909 if 32 are normal; the extremes where there are
    too few draws for that.
    """
    n, ordered = len(draws), draws.sort(0).values
    place = max(0.0, (n + 1) * (1 - share) / 2 - 1)
    i, part = int(place), place - int(place)
    step = min(i + 1, n - 1)
    low = ordered[i] + part * (ordered[step] - ordered[i])
    high = ordered[n - 1 - i] + part * (ordered[n - 1 - step] - ordered[n - 1 - i])
    return low, high


def summary(lines: list[Line], draws: int) -> dict[str, Any]:
    """Means over pictures with their standard errors; coverage where so many were drawn."""
    n, many = len(lines), [line for line in lines if line.draws == draws]
    inside = torch.tensor([line.inside / line.places for line in many], dtype=torch.float64)
    varying = sum(line.varying for line in many)
    return {
        **agreement(lines),
        "floor": round(sum(line.truth_read for line in lines) / n, 4),
        "coverage": round(inside.mean().item(), 4),
        "coverage_stderr": round(_error(inside), 4),
        "coverage_varying": round(sum(x.varying_inside for x in many) / max(1, varying), 4),
        "coverage_examples": len(many),
        "ms": round(sum(line.ms for line in many) / len(many), 1),
        "calls": max(line.calls for line in lines),
    }


def agreement(lines: Sequence[Line], prefix: str = "") -> dict[str, Any]:
    """How often draws are read as the true class, by names that begin with `prefix`."""
    agree = torch.tensor([line.agree for line in lines], dtype=torch.float64)
    return {
        f"{prefix}value": round(agree.mean().item(), 4),
        f"{prefix}stderr": round(_error(agree), 4),
        f"{prefix}examples": len(lines),
    }


def _error(x: Tensor) -> float:
    return float(x.std() / math.sqrt(len(x))) if len(x) > 1 else 0.0


class Lines:
    """The pictures that are done, kept in a file: a line each below one of what was asked."""

    def __init__(
        self, model: Model, method: Method, knobs: Knobs, hole: str, extent: Extent, runs: Path
    ) -> None:
        stem = f"inpainting-{model.card.name.replace('/', '-')}-{method.name}-{hole}"
        if knobs.get("class") == ANY:
            stem += "-any"
        self._path = runs / f"{stem}.jsonl"
        draws = [extent.few, extent.draws, extent.calibrated]
        asked = {"sha256": model.card.sha256, "draws": draws, "knobs": dict(knobs)}
        self.found: dict[int, Line] = {}
        rows = self._path.read_text("utf-8").splitlines() if self._path.exists() else []
        if rows and json.loads(rows[0]) == asked:
            for row in rows[1:]:
                line = Line(**json.loads(row))
                self.found[line.picture] = line
        else:
            runs.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(asked) + "\n", "utf-8")

    def add(self, line: Line) -> None:
        """Keep a picture."""
        self.found[line.picture] = line
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(line)) + "\n")
