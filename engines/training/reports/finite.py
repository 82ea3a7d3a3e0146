"""Whether in-painting in the plane gives finite draws where they may be, on the shipped models.

Every method of every model is asked for draws along lines through the model's own samples. Where
the model has a density, the draws are compared with it along the line. CI asks the same of few
lines, `make evidence` of many; the latter writes docs/finite.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engines.checkpoints.catalog import shipped
from engines.inpaint import methods_for
from engines.inpaint.method import Method
from engines.kinds import is_plane
from engines.maps.grids import log_density_grid
from engines.model import (
    NO_KNOBS,
    Card,
    Knobs,
    Meaning,
    Model,
    NotFiniteError,
    SampleRequest,
    Steps,
    finish,
)
from engines.opening import open_model

DOCUMENT = Path("docs/finite.md")
LINES, DRAWS = 20, 400
_SEED, _LINE_SEED, _SAMPLES = 11, 123, 2_000
_BINS, _WITHIN, _SETS = 40, 8, 50


@dataclass(frozen=True)
class Line:
    """Coordinate `axis` known to be `value`."""

    axis: int
    value: float


@dataclass(frozen=True)
class Found:
    """What one method of one model gave along some lines.

    `copied` draws were not finite and became copies of others, `failed` lines ended as a sentence,
    `unsound` values came out that are not finite, and `beyond` draws lie more than one width of
    the samples outside them. `tv` is the mean total variation distance to the density along the
    line and `floor` that of exact draws; None without a density.
    """

    model: str
    method: str
    lines: int
    draws: int
    unsound: int
    copied: int
    failed: int
    beyond: int
    tv: float | None = None
    floor: float | None = None


def plane_cards() -> tuple[Card, ...]:
    """The shipped models of the plane."""
    return tuple(card for card in shipped() if is_plane(card.kind))


def lines_of(x: Tensor, count: int) -> list[Line]:
    """Lines through the first samples x (n, 2), across and down by turns."""
    return [Line(i % 2, x[i, i % 2].item()) for i in range(count)]


def samples_of(model: Model, count: int = _SAMPLES) -> Tensor:
    """The model's own samples (count, 2), which lines go through and draws should lie near."""
    return finish(model.sample(SampleRequest(count, _LINE_SEED)))


def asked(
    model: Model,
    x: Tensor,
    method: Method,
    lines: int,
    draws: int,
    knobs: Knobs = NO_KNOBS,
    *,
    compared: bool = False,
) -> Found:
    """Ask a method for draws along lines through samples x (n, 2) of the model.

    `compared` with the density where there is one.
    """
    low, high = x.amin(0), x.amax(0)
    width = high - low
    unsound = copied = failed = beyond = 0
    distances: list[tuple[float, float]] = []
    for i, line in enumerate(lines_of(x, lines)):
        try:
            # a seed for each line: with one for all, what is odd of its draws does not average out
            drawn, lost = _drawn(model, method, line, draws, knobs, seed=_SEED + i)
        except NotFiniteError:
            failed += 1
            continue
        free = drawn[:, 1 - line.axis]
        unsound, copied = unsound + int((~drawn.isfinite()).sum()), copied + lost
        far = (drawn < low - width) | (drawn > high + width)
        beyond += int(far.any(1).sum())
        if compared and model.density is not None and model.density.meaning is not Meaning.BOUND:
            distances.append(_distance(model, line, free, x[:, 1 - line.axis]))
    tv, floor = (
        (sum(d) / len(d) for d in zip(*distances, strict=True)) if distances else (None,) * 2
    )
    return Found(
        model.card.name, method.name, lines, draws, unsound, copied, failed, beyond, tv, floor
    )


def _drawn(
    model: Model, method: Method, line: Line, draws: int, knobs: Knobs, *, seed: int
) -> tuple[Tensor, int]:
    """Draws (n, 2) along a line, and how many of them are copies."""
    point = torch.zeros(2)
    point[line.axis] = line.value
    run = method.run(model, point, torch.arange(2) == line.axis, draws, seed, knobs)
    note, steps = "", Steps(run)
    for step in steps:
        note = step.note
    lost = note.partition(" samples were not finite")[0] if "not finite" in note else ""
    return steps.result, int(lost.split("; ")[-1].split(" of ")[0]) if lost else 0


def _distance(model: Model, line: Line, free: Tensor, samples: Tensor) -> tuple[float, float]:
    """TV of draws (n,) to the model's density along a line in 40 bins, and that of exact draws.

    Bins span the samples and a third of their deviation on either side; what lies outside is one
    more bin.
    """
    margin = 0.3 * samples.double().std()
    ends = samples.min() - margin, samples.max() + margin
    edges = torch.linspace(float(ends[0]), float(ends[1]), _BINS + 1, dtype=torch.float64)
    cell = (edges[1] - edges[0]) / _WITHIN
    mids = edges[0] + cell * (torch.arange(_BINS * _WITHIN, dtype=torch.float64) + 0.5)
    known = torch.tensor([line.value], dtype=torch.float64)
    axes = (known, mids) if line.axis == 0 else (mids, known)
    log_p = finish(log_density_grid(model, *axes)).value
    p = log_p.softmax(0).view(_BINS, _WITHIN).sum(1)
    g = torch.Generator().manual_seed(0)
    exact = torch.multinomial(p, len(free) * _SETS, replacement=True, generator=g)
    floor = sum(
        _tv(torch.bincount(part, minlength=_BINS) / len(free), p)
        for part in exact.view(_SETS, len(free))
    )
    return _tv(torch.histogram(free.double(), edges).hist / len(free), p), floor / _SETS


def _tv(share: Tensor, p: Tensor) -> float:
    return float(0.5 * ((share - p).abs().sum() + (1 - share.sum()).clamp_min(0)))


_HEAD = """# Finite draws in the plane

Look up here whether in-painting of points gives finite samples only, and how close they come to
the model's own density.

Written by `make evidence`. Every in-painting method of every shipped model of the plane is asked,
at its defaults, for {draws} draws along each of {lines} lines through the model's own samples, half
of them across and half down. *Not finite* counts values that came out so: there must be none.
*Copied* draws were not finite within the method and became copies of others, which the run says;
*failed* lines ended with a sentence; *beyond* counts draws more than one width of the samples
outside them. TV is the total variation distance to the model's own density along the line over
{bins} bins, mean over the lines, and the floor that of as many exact draws; there is none where the
model has no density, or only a bound. A diffusion's density is that of its probability-flow ODE,
while twisted SMC follows its stochastic sampler: of a learned denoiser the two differ a little.

| model | method | not finite | copied | failed | beyond | TV | floor |
|---|---|---|---|---|---|---|---|
"""


def page(rows: Iterable[str], lines: int, draws: int) -> str:
    """The page of all rows, and which models were not asked yet."""
    rows = list(rows)
    asked_of = {row.split(" | ")[0].removeprefix("| ") for row in rows}
    head = _HEAD.format(lines=lines, draws=draws, bins=_BINS)
    left = [card.name for card in plane_cards() if card.name not in asked_of]
    return head + "".join(rows) + (f"\nNot asked yet: {', '.join(left)}.\n" if left else "")


def row_of(found: Found) -> str:
    """One line of the table."""
    numbers = [f"{v:.3f}" if v is not None else "–" for v in (found.tv, found.floor)]
    counts = [f"{v:,}" for v in (found.unsound, found.copied, found.failed, found.beyond)]
    return f"| {' | '.join([found.model, found.method, *counts, *numbers])} |\n"


def write(
    names: Iterable[str] = (), lines: int = LINES, draws: int = DRAWS, document: Path = DOCUMENT
) -> None:
    """Ask all the shipped models of the plane, or those of these names, and write the page.

    After each model, so that a run cut short is not lost; rows of models that are not asked stay.
    """
    torch.set_num_threads(1)
    chosen = set(names)
    rows = _kept(document)
    for card in plane_cards():
        if chosen and card.name not in chosen:
            continue
        rows[card.name] = [row_of(found) for found in of_model(card, lines, draws)]
        every = (row for each in plane_cards() for row in rows.get(each.name, ()))
        document.write_text(page(every, lines, draws), encoding="utf-8")


def _kept(document: Path) -> dict[str, list[str]]:
    """The rows that a page has, by model."""
    rows: dict[str, list[str]] = {}
    text = document.read_text("utf-8") if document.is_file() else ""
    for line in text.splitlines(keepends=True):
        name = line.removeprefix("| ").split(" | ")[0]
        if "/" in name and line.startswith("| "):
            rows.setdefault(name, []).append(line)
    return rows


def of_model(card: Card, lines: int, draws: int) -> Iterator[Found]:
    """What every method of one model gives, as each is done."""
    model = open_model(card)
    x = samples_of(model)
    for method in methods_for(model):
        start = time.perf_counter()
        found = asked(model, x, method, lines, draws, compared=True)
        print(f"{found} {time.perf_counter() - start:.0f} s", flush=True)
        yield found
