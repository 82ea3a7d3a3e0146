"""How a learner looks just now: samples, a map of its density, and figures on held-out points.

All of it is drawn by fixed seeds, so that the same weights look the same, and two moments differ by
what was learned between them alone. Every function is a generator that yields between pieces of
some ten milliseconds, so that other work of the thread may run.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engines.data.toys import TOYS
from engines.families.kde.net import PointKernels
from engines.learning.learner import Learner
from engines.maps.area import Area
from engines.maps.fields import Kernels, field_of, kernels_on, truth_of
from engines.maps.kinds import Kind, kind_of
from engines.maps.noised import LOWEST, Sweep, field_at
from engines.model import NO_KNOBS, DensityRun, Model, SampleRequest, Steps

Values = NDArray[np.float32]
SAMPLES, SIDE = 400, 64
_ROUGH_SIDE = 32
"""Pixels across where a pixel costs solver steps."""
_KERNELS = 1_000
_SEED = 0
_FEWEST_FOR_KERNELS = 20


@dataclass(frozen=True)
class View:
    """What part of the plane is looked at, and how many classes samples are dealt out to."""

    area: Area
    classes: int = 0


@dataclass(frozen=True, eq=False)
class Ground:
    """What learners of some points are held against.

    `held_out` (m, 2) are points that nobody learns; `truth` (m,) their log-density in nats where it
    is known. `values` (SIDE, SIDE) is the log-density of the data on the area, of `kind`: the
    truth, or kernels of `bandwidth` (in units of their spread) on the points; None for too few.
    """

    held_out: Tensor
    truth: Tensor | None
    values: Values | None
    kind: Kind
    method: str
    bandwidth: float


@dataclass(frozen=True, eq=False)
class Portrait:
    """What is seen of a learner at a step.

    `samples` (n, 2) with the classes that they were asked for (n,), None without classes. `log_p`
    (high, wide) in nats, the lowest row first, is of `kind`; None where there is none yet.
    """

    step: int
    seconds: float
    examples: int
    samples: Values
    labels: NDArray[np.int64] | None
    log_p: Values | None
    kind: Kind
    method: str


@dataclass(frozen=True)
class Figures:
    """Nats by which points are unlikely: held out, ± one standard error, and learned from.

    `gap` ± `gap_stderr` is that above the truth, where it is known.
    """

    step: int
    seconds: float
    examples: int
    held_out: float
    stderr: float
    train: float
    kind: Kind
    method: str
    gap: float | None = None
    gap_stderr: float | None = None


def ground_of(
    x: Tensor, held_out: Tensor, area: Area, origin: str = ""
) -> Generator[None, None, Ground]:
    """What points x (n, 2) are held against; `origin` names the set that they were drawn from."""
    known = origin in TOYS
    kernels = None
    if len(x) >= _FEWEST_FOR_KERNELS:
        half = max(1, len(x) // 5)
        near = held_out if len(held_out) else x[:half]
        kernels = kernels_on(
            x if len(held_out) else x[half:], near, f"kernels on {len(x):,} points"
        )
        yield
    truth = TOYS[origin].log_density(held_out).float() if known and len(held_out) else None
    yield
    field = truth_of(origin) if known else kernels.field(Kind.DATA) if kernels else None
    values, method = None, ""
    if field is not None:
        values, method = yield from _mapped(field.grid(*_axes(area, SIDE)), SIDE)
    kind = Kind.TRUTH if known else Kind.DATA
    return Ground(held_out, truth, values, kind, method, kernels.h if kernels else 0.3)


def portray(made: Learner, view: View, ground: Ground) -> Generator[None, None, Portrait | None]:
    """A learner as it stands; None for a fit that has nothing yet. Raises ArithmeticError for
    densities that are no numbers.
    """
    model = made.model()
    if model is None:
        return None
    yield
    log_p, kind, method = yield from _density(model, view.area, ground)
    if model.energy is not None:
        samples = _from_map(log_p, view.area)
        labels, drawn = None, "samples: cells of the map by their mass"
        method = f"{method}; {drawn}"
    else:
        asked = tuple(range(view.classes)) if view.classes else None
        run = Steps(model.sample(SampleRequest(SAMPLES, _SEED, asked)))
        for _ in run:
            yield
        samples = run.result.float().numpy()
        labels = np.arange(SAMPLES) % view.classes if view.classes else None
    return Portrait(
        made.step,
        made.course.seconds,
        examples_of(made),
        samples,
        labels,
        log_p,
        kind,
        method,
    )


def measure(made: Learner, ground: Ground) -> Generator[None, None, Figures | None]:
    """How unlikely held-out and learned points are; None where nobody can say."""
    model = made.model()
    held_out = ground.held_out
    if model is None or not len(held_out):
        return None
    yield
    known = made.data.train.x[: len(held_out)]
    both = torch.cat([held_out, known])
    if model.density is None:
        kernels = yield from _kernels(model, ground)
        value = kernels.kernels.log_density(both, kernels.h)
        kind, method = Kind.SAMPLES, kernels.of
    else:
        run = Steps(model.density.run(both, None, NO_KNOBS))
        for _ in run:
            yield
        value, kind, method = run.result.value, kind_of(run.result.meaning), run.result.method
    nats = -value.double()
    ours, train = nats[: len(held_out)], nats[len(held_out) :]
    gap = None if ground.truth is None else ours + ground.truth.double()
    return Figures(
        made.step,
        made.course.seconds,
        examples_of(made),
        float(ours.mean()),
        _stderr(ours),
        float(train.mean()),
        kind,
        method,
        None if gap is None else float(gap.mean()),
        None if gap is None else _stderr(gap),
    )


def examples_of(made: Learner) -> int:
    """How many examples a learner has been shown."""
    shown = getattr(made.course, "shown", None)
    return made.step * len(made.data.train) if shown is None else int(shown)


def _stderr(nats: Tensor) -> float:
    return float(nats.std()) / math.sqrt(len(nats)) if len(nats) > 1 else math.nan


def _axes(area: Area, side: int) -> tuple[Tensor, Tensor]:
    xs, ys = area.axes(side, side)
    return torch.from_numpy(xs).float(), torch.from_numpy(ys).float()


def _mapped(run: DensityRun, side: int) -> Generator[None, None, tuple[Values, str]]:
    """Values (side, side), the lowest row first, and how they were found."""
    steps: Any = Steps(run)
    for _ in steps:
        yield
    found = steps.result
    values = found.value.view(side, side).T.contiguous().float().numpy()
    return values, found.method


def _density(
    model: Model, area: Area, ground: Ground
) -> Generator[None, None, tuple[Values, Kind, str]]:
    """The log-density on the area as well as some ten milliseconds allow."""
    side = SIDE
    if model.denoise is not None:
        side = _ROUGH_SIDE
        field = field_at(Sweep(model.card, model.denoise, None), LOWEST)
    elif model.density is not None:
        field = field_of(model)
    else:
        kernels = yield from _kernels(model, ground)
        field = kernels.field(Kind.SAMPLES)
    quick = field.preview if field.preview is not None and not _exact(field.kind) else field.grid
    values, method = yield from _mapped(quick(*_axes(area, side)), side)
    return values, field.kind, method


def _exact(kind: Kind) -> bool:
    return kind in (Kind.EXACT, Kind.SAMPLES)


def _kernels(model: Model, ground: Ground) -> Generator[None, None, Kernels]:
    """Kernels on samples, of the bandwidth that suits the points: blurred as theirs are."""
    run = Steps(model.sample(SampleRequest(_KERNELS, _SEED + 1)))
    for _ in run:
        yield
    x: Tensor = run.result.float()
    of = (
        f"kernels on {_KERNELS:,} samples, bandwidth {ground.bandwidth:.3g} × spread: blurred, "
        "not the model's own density"
    )
    kernels = PointKernels.of(x, torch.zeros(len(x), dtype=torch.int64))
    return Kernels(kernels, ground.bandwidth, of)


def _from_map(log_p: Values, area: Area) -> Values:
    """Points (SAMPLES, 2) from the cells of a map by their mass, even within each."""
    random = np.random.default_rng(_SEED)
    high, wide = log_p.shape
    flat = log_p.astype(np.float64).reshape(-1)
    weight = np.exp(flat - np.nanmax(flat))
    total = np.cumsum(np.nan_to_num(weight))
    u, jitter = random.random(SAMPLES), random.random((SAMPLES, 2))
    cell = np.minimum(np.searchsorted(total, u * total[-1]), len(flat) - 1)
    row, column = np.divmod(cell, wide)
    across, up = area.size
    x = area.x0 + (column + jitter[:, 0]) * across / wide
    y = area.y0 + (row + jitter[:, 1]) * up / high
    return np.stack([x, y], 1).astype(np.float32)
