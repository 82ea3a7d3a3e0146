"""Points of the plane with one coordinate known: the density along the line, drawn by inversion.

It fits every family whose density is at hand, and shows what chains and particles ought to find.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from engines.finite import check_numbers
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.pool import drawn
from engines.kinds import is_plane
from engines.maps.grids import log_density_grid
from engines.model import (
    Exactness,
    Knob,
    Knobs,
    Meaning,
    Model,
    NotFiniteError,
    Procedure,
    Run,
    Step,
    Steps,
    settle,
)
from engines.noise import choose

T = TypeVar("T")

CELLS = Knob(
    "cells",
    "Cells",
    1024,
    64,
    8192,
    64,
    (
        "Into how many cells the line is cut: first as far as the model's samples reach, then "
        "where the mass is. A sample is uniform within its cell."
    ),
)
_SAMPLES, _SPREADS = 512, 8.0
_NEGLIGIBLE = 25.0
"""Nats below the highest cell at which the line is cut off."""


@dataclass(frozen=True)
class Cells:
    """Cells of one width, the first beginning at `low`, and log p at their midpoints (cells,)."""

    low: float
    width: float
    log_p: Tensor

    def massive(self) -> tuple[float, float]:
        """From where to where there is mass. Raises NotFiniteError where there is none."""
        most = self.log_p.max()
        check_numbers(most, "log-densities along the line")
        if most.isneginf():
            raise NotFiniteError("the model has no mass along this line; fix another value")
        kept = (self.log_p > most - _NEGLIGIBLE).nonzero()[:, 0]
        return self.low + self.width * int(kept[0]), self.low + self.width * (int(kept[-1]) + 1)

    def draw(self, u: Tensor, within: Tensor) -> Tensor:
        """Places on the line for u and within in (0, 1): (n,) each to (n,) float64."""
        cell = choose(self.log_p.log_softmax(0), u)
        return self.low + self.width * (cell + within.double())


def fill(hole: Hole) -> Run:
    """Cells weighed by the density, twice: over the whole line, then over what has mass."""
    if not hole.known.any():
        return (yield from drawn(hole, hole.count))
    free, streams = int((~hole.known).nonzero()), hole.streams
    seen, calls = yield from _counted(drawn(hole, _SAMPLES), hole, 0)
    reach = _SPREADS * seen[:, free].std().item()
    span = seen[:, free].min().item() - reach, seen[:, free].max().item() + reach
    coarse, calls = yield from _cut(hole, free, span, calls)
    fine, calls = yield from _cut(hole, free, coarse.massive(), calls)
    x = hole.picture.repeat(hole.count, 1)
    x[:, free] = fine.draw(streams.uniform(), streams.uniform()).float()
    yield Step(hole.count, hole.count, x.clone(), calls=calls)
    return x


def _cut(
    hole: Hole, free: int, span: tuple[float, float], calls: int
) -> Generator[Step, None, tuple[Cells, int]]:
    """The density in the cells of a stretch of the line, and the calls made by then."""
    cells = int(hole.knobs["cells"])
    low, width = span[0], (span[1] - span[0]) / cells
    mids = low + width * (torch.arange(cells, dtype=torch.float64) + 0.5)
    known = hole.picture[1 - free].double().view(1)
    axes = (known, mids) if free == 1 else (mids, known)
    run = log_density_grid(hole.model, *axes, given=hole.given)
    found, calls = yield from _counted(run, hole, calls)
    return Cells(low, width, found.value), calls


def _counted(
    run: Generator[Step, None, T], hole: Hole, calls: int
) -> Generator[Step, None, tuple[T, int]]:
    """Pass a run's steps on, after so many calls; what samples it guesses stand in for draws."""
    last, steps = 0, Steps(run)
    for step in steps:
        last = max(last, step.calls)
        rows = torch.arange(hole.count) % _SAMPLES
        guess = None if step.guess is None else step.guess[rows]
        yield Step(0, hole.count, guess, calls + last)
    return steps.result, calls + last


def _fits(model: Model) -> bool:
    if not is_plane(model.card.kind) or model.density is None:
        return False
    return model.density.meaning is not Meaning.BOUND and model.components is None


def _procedure(model: Model, knobs: Knobs) -> Procedure:
    cells = int(settle((CELLS,), knobs)["cells"])
    method = f"the model's density in {cells:,} cells along the line, inverted"
    return Procedure(Exactness.ASYMPTOTIC, method, "Devroye 1986, section II.2")


METHODS = (
    Method(
        name="along-line",
        title="Along the line",
        says=(
            "Samples from the density itself, computed everywhere along the line; possible "
            "only for 2-D points."
        ),
        fits=_fits,
        procedure=_procedure,
        run=filling(fill, (CELLS,)),
        knobs=(CELLS,),
    ),
)
