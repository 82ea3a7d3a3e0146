"""What a map shows: anything with a log-density on every grid of the plane, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from engines.checkpoints.catalog import no_density
from engines.data.toys import TOYS
from engines.families.kde.net import PointKernels
from engines.finite import numbers
from engines.maps.grids import log_density_grid
from engines.maps.kinds import Kind, kind_of
from engines.model import (
    NO_KNOBS,
    NOTHING,
    DensityRun,
    Given,
    Knobs,
    LogDensity,
    Meaning,
    Model,
    Run,
    SampleRequest,
    Step,
    Steps,
)

Grid: TypeAlias = Callable[[Tensor, Tensor], DensityRun]
SAMPLES, HELD_OUT = 20_000, 400
_SEED = 0


@dataclass(frozen=True)
class Field:
    """`grid(xs, ys)` runs log p at torch.cartesian_prod(xs, ys), in that order, as float64.

    `at_once` says that a grid costs little more than its rows and columns, so that there is
    nothing to gain from parts of it. `preview` is a rougher way for a first look, `least` the
    points that are worth a call. `paths` (n, steps, 2) are curves that go with it. Where there is
    something to `prepare` before the first grid, that yields the share of it that is done, and
    costs about as much as `preparing` points. Runs raise NotFiniteError for a log p that is NaN or
    +∞.
    """

    kind: Kind
    grid: Grid
    at_once: bool = False
    preview: Grid | None = None
    paths: Tensor | None = None
    least: int = 8_192
    prepare: Callable[[], Iterator[float]] | None = None
    preparing: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "grid", _checked(self.grid))
        if self.preview is not None:
            object.__setattr__(self, "preview", _checked(self.preview))


def _checked(grid: Grid) -> Grid:
    return lambda xs, ys: numbers(grid(xs, ys))


def field_of(
    model: Model, label: int | None = None, knobs: Knobs = NO_KNOBS, *, given: Given = NOTHING
) -> Field:
    """The model's own density. Raises ValueError for an implicit one."""
    if model.density is None:
        raise ValueError(no_density(model.card))
    rough = model.density.preview
    return Field(
        kind_of(model.density.meaning),
        lambda xs, ys: log_density_grid(model, xs, ys, label, knobs, given=given),
        at_once=model.density.grid is not None and model.density.at_once and not given,
        preview=None if rough is None or given else lambda xs, ys: rough(xs, ys, label, knobs),
    )


def truth_of(data: str, label: int | None = None, *, of: str = "") -> Field:
    """The density that a data set was drawn from. Raises ValueError where nobody knows it.

    `of` says which of its points it is of, where a condition asks for some of them.
    """
    if data not in TOYS:
        raise ValueError(f"the density that {data} was drawn from is unknown")

    def grid(xs: Tensor, ys: Tensor) -> DensityRun:
        found = TOYS[data].log_grid(xs, ys, label)
        yield Step(len(found), len(found))
        return LogDensity(found, Meaning.EXACT, f"definition of the data set{of}")

    return Field(Kind.TRUTH, grid, at_once=True)


@dataclass(frozen=True)
class Kernels:
    """Gaussian kernels on points of the plane, of one bandwidth in units of their spread."""

    kernels: PointKernels
    h: float
    of: str

    def field(self, kind: Kind) -> Field:
        """Their density, named by `of`."""

        def run(kernels: PointKernels, of: str, xs: Tensor, ys: Tensor) -> DensityRun:
            shares, total = Steps(kernels.log_grid(xs, ys, self.h)), len(xs) * len(ys)
            for share in shares:
                yield Step(int(share * total), total)
            return LogDensity(shares.result, Meaning.EXACT, of)

        few = self.kernels.thinned()
        preview = partial(run, few, f"a first look with {len(few.labels):,}, wider: {self.of}")
        return Field(kind, partial(run, self.kernels, self.of), at_once=True, preview=preview)


def kernels_on(x: Tensor, held_out: Tensor, of: str) -> Kernels:
    """Kernels on points (n, 2), of the bandwidth under which others (m, 2) are likeliest."""
    from engines.families.kde.bandwidth import fitted_bandwidth

    kernels = PointKernels.of(x, torch.zeros(len(x), dtype=torch.int64))
    h = fitted_bandwidth(
        lambda h: kernels.log_density(held_out, h).mean().item(), kernels.plausible
    )
    return Kernels(kernels, h, f"{of}, bandwidth {h:.3g} × spread")


def samples_run(
    model: Model, label: int | None, count: int = SAMPLES, *, given: Given = NOTHING
) -> Run:
    """Points to put kernels on, and others to choose their width by."""
    request = SampleRequest(count + HELD_OUT, _SEED, label, given=given)
    return (yield from model.sample(request))


def kernels_of_samples(x: Tensor, name: str) -> Kernels:
    """The stand-in for a density that a model has not: kernels on its samples."""
    count = len(x) - HELD_OUT
    of = f"kernels on {count:,} samples of {name}: blurred, not the model's own density"
    return kernels_on(x[:count], x[count:], of)
