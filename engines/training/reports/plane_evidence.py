"""In-painting on the shipped checkpoints of the plane, against each model's own conditional.

One coordinate is known, and p(x_m | x_o) of the model itself is the density along that line by
quadrature, so that what is measured is the error of the method and not that of the model. A GAN has
no density: its relaxed conditional is taken from many weighted samples.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import torch
from torch import Tensor

from engines.checkpoints.catalog import shipped
from engines.facts.evidence import Evidence
from engines.inpaint import methods_for
from engines.inpaint.along_line import Cells
from engines.kinds import is_plane
from engines.maps.grids import log_density_grid
from engines.model import Card, Model, finish, settle
from engines.opening import open_model
from engines.parts import Generator
from engines.training.reports.evidence import LEVEL, SEED, SETS, ended, verdict

ORACLE = "Shipped checkpoints of the plane, against their own conditionals"
_LINES = ((0, 0.25), (0, 0.75), (1, 0.5))
"""Which coordinate is known, and at which quantile of the training points."""
_BINS, _CELLS, _SAMPLES = 32, 1024, 200_000


@dataclass(frozen=True)
class Bins:
    """Bins of nearly equal mass under the exact conditional of one line.

    `edges` (k − 1,) lie between them, so that the outer ones have no end; `mass` is (k,).
    """

    edges: Tensor
    mass: Tensor

    @staticmethod
    def of(places: Tensor, mass: Tensor) -> Bins:
        """From masses (n,) of neighbouring cells that end at `places` (n,)."""
        below = mass.cumsum(0) / mass.sum()
        cuts = torch.arange(1, _BINS, dtype=torch.float64) / _BINS
        at = torch.searchsorted(below, cuts).clamp_max(len(below) - 1).unique()
        ends = torch.cat([torch.zeros(1), below[at], torch.ones(1)])
        return Bins(places[at], ends.diff())

    def distance(self, x: Tensor) -> float:
        """TV of draws (n,) from the conditional; a value that is no number is in no bin."""
        found = torch.bucketize(x[x.isfinite()].double(), self.edges)
        share = torch.bincount(found, minlength=len(self.mass)) / len(x)
        return float(0.5 * ((share - self.mass).abs().sum() + 1 - share.sum()))

    def floors(self, draws: int, g: torch.Generator) -> Tensor:
        """TV of independent sets of as many exact draws: (sets,)."""
        pick = torch.multinomial(self.mass, SETS * draws, replacement=True, generator=g)
        sets = pick.view(SETS, draws) + len(self.mass) * torch.arange(SETS)[:, None]
        counts = torch.bincount(sets.flatten(), minlength=SETS * len(self.mass))
        return 0.5 * (counts.view(SETS, -1) / draws - self.mass).abs().sum(1)


@dataclass(frozen=True)
class Line:
    """A point (2,) with one value known (2,) bool; the other is asked for."""

    point: Tensor
    known: Tensor
    reach: tuple[float, float]
    """From where to where the free value may lie."""

    @property
    def free(self) -> int:
        return int((~self.known).nonzero())


@dataclass(frozen=True)
class PlaneTrial:
    """One method at its default knobs on one checkpoint."""

    card: Card
    method: str
    draws: int

    @property
    def key(self) -> tuple[str, str, str]:
        return ORACLE, self.card.name, self.method

    @property
    def words(self) -> frozenset[str]:
        return frozenset({"plane", self.card.name, self.card.data, self.card.family, self.method})

    def rows(self) -> Iterator[Evidence]:
        """One row: the mean of the distances along the lines."""
        model, start = _opened(self.card.name), time.perf_counter()
        method = next(m for m in methods_for(model) if m.name == self.method)
        distances, floors, calls = [], torch.zeros(SETS, dtype=torch.float64), 0
        lines, g = lines_of(self.card.data), torch.Generator().manual_seed(0)
        tau = settle(method.knobs, {}).get("tau", 0.0)
        for line, bins in zip(lines, conditionals(self.card.name, tau), strict=True):
            run = method.run(model, line.point, line.known, self.draws, SEED)
            x, counted = ended(run)
            calls = max(calls, counted)
            distances.append(bins.distance(x[:, line.free]))
            floors += bins.floors(self.draws, g) / len(lines)
        value, floor = sum(distances) / len(lines), float(floors.mean())
        limit = float(floors.quantile(LEVEL))
        print(f"{self.card.name}, {method.title}: {time.perf_counter() - start:.1f} s", flush=True)
        # the lines are holes of two shapes, and a row speaks for both
        procedure = method.procedure(model, settle(method.knobs, {}))
        yield Evidence(
            method.name,
            self.card.family,
            method.title,
            procedure.method,
            procedure.exactness.value,
            ORACLE,
            self.draws,
            calls,
            "TV",
            round(value, 4),
            round(floor, 4),
            round(limit, 4),
            verdict(procedure.exactness, value, floor, limit, None),
            "points",
            self.card.name,
        )


def trials(draws: int) -> Iterator[PlaneTrial]:
    """Every method on every shipped checkpoint of the plane."""
    for card in shipped():
        if is_plane(card.kind):
            for method in methods_for(_opened(card.name)):
                yield PlaneTrial(card, method.name, draws)


@lru_cache(maxsize=1)
def _opened(name: str) -> Model:
    return open_model(name, device="cpu")


@cache
def lines_of(data: str) -> tuple[Line, ...]:
    """The same lines for every model of a data set; the points are those that its KDE keeps."""
    kernels = open_model(f"{data}/kde", device="cpu").kernels
    assert kernels is not None
    x, found = kernels.examples()[0].double(), []
    for axis, share in _LINES:
        point, known = torch.zeros(2), torch.arange(2) == axis
        point[axis] = x[:, axis].quantile(share)
        low, high = float(x[:, 1 - axis].min()), float(x[:, 1 - axis].max())
        found.append(Line(point, known, (1.5 * low - 0.5 * high, 1.5 * high - 0.5 * low)))
    return tuple(found)


@lru_cache(maxsize=2)
def conditionals(name: str, tau: float) -> tuple[Bins, ...]:
    """The exact conditionals of a checkpoint along its lines: all its methods ask for the same."""
    model = _opened(name)
    return tuple(exact(model, line, tau) for line in lines_of(model.card.data))


def exact(model: Model, line: Line, tau: float = 0.0) -> Bins:
    """The model's own p(x_m | x_o), which for a GAN is the relaxed one of tolerance `tau`."""
    if model.generator is not None:
        return _of_generator(model.generator, line, tau)
    coarse = _cells(model, line, line.reach)
    fine = _cells(model, line, coarse.massive())
    ends = fine.low + fine.width * torch.arange(1, _CELLS + 1, dtype=torch.float64)
    return Bins.of(ends, fine.log_p.softmax(0))


def _cells(model: Model, line: Line, span: tuple[float, float]) -> Cells:
    width = (span[1] - span[0]) / _CELLS
    mids = span[0] + width * (torch.arange(_CELLS, dtype=torch.float64) + 0.5)
    known = line.point[1 - line.free].double().view(1)
    axes = (known, mids) if line.free == 1 else (mids, known)
    return Cells(span[0], width, finish(log_density_grid(model, *axes)).value)


@torch.no_grad()
def _of_generator(part: Generator, line: Line, tau: float) -> Bins:
    """∝ Σ_i N(x_o; G(z_i)_o, τ²) at G(z_i)_m for z_i ~ p(z), τ in units of the data's spread."""
    g = torch.Generator().manual_seed(0)
    z = torch.randn(_SAMPLES, part.latent, generator=g)
    x = part.generate(z, part.pick(torch.rand(_SAMPLES, generator=g))).double()
    unit = part.unit.double()
    gap = (x - line.point)[:, 1 - line.free] / (tau * unit[1 - line.free])
    places, order = x[:, line.free].sort()
    return Bins.of(places, (-0.5 * gap.square()).softmax(0)[order])
