"""The density of a diffusion at every noise level, on all of the plane, by one sweep backwards.

Along the probability-flow ODE, d log p = −div dφ in the coordinates of probability_flow.py,
so the log-density at one level is that of the next where the point has moved to, less what it
gathered on the way. The next level's is kept on a grid as fine as its features, and read off by
cubic interpolation (semi-Lagrangian, Staniforth & Côté 1991): a point costs a few network calls
instead of all.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from engines.drawing import class_indices, codes_of
from engines.families.diffusion.net import SIGMA_DATA
from engines.families.diffusion.probability_flow import (
    SIGMA_MAX,
    SIGMA_MIN,
    angle,
    by_gradients,
    length,
    travel,
)
from engines.kinds import is_plane
from engines.maps.fields import Field
from engines.maps.kinds import Kind
from engines.model import (
    NOTHING,
    Card,
    DensityRun,
    Given,
    LogDensity,
    Meaning,
    Run,
    Step,
    finish,
)
from engines.noise import log_normal
from engines.parts import Denoise, Sloped

LEVELS, REACH = 16, 4.0
"""Noise levels of the sweep, half the width of the grids."""
_FINE, _FEATURE, _NODES = 0.14, 5.0, 48
_ROWS = 2048
_PREVIEW, _RHO_PREVIEW = 3, 3.0
_FAR, _NEAR, _CAREFUL = 1, 2, 6
_BLURRED, _SEEN, _DOUBT, _RHO = 8.0, 9.0, 0.6, 1.25
"""Strides from the data to the first grid: one where the density there is below e^−8 of the
highest, many where two leave so much doubt and p is within e^−9 of the highest."""


def sigma_of(phi: float) -> float:
    """The inverse of `angle`."""
    return SIGMA_DATA * math.tan(phi)


def spaced(low: float, high: float, count: int, rho: float = 2) -> list[float]:
    """count + 1 angles from low to high, evenly spaced in φ^(1/ρ)."""
    a, b = low ** (1 / rho), high ** (1 / rho)
    return [(a + (b - a) * i / count) ** rho for i in range(count + 1)]


LOWEST, HIGHEST = angle(SIGMA_MIN), angle(SIGMA_MAX)
"""The angles of the least and the most noise of the denoisers trained here."""


@dataclass(frozen=True)
class Level:
    """log p less the standard normal's on a square grid (n, n) of [−REACH, REACH]², at one φ."""

    phi: float
    excess: Tensor

    def at(self, w: Tensor) -> Tensor:
        """log p of w (n, 2) in the coordinates of the ODE: (n,) float64."""
        return cubic(self.excess, w.clamp(-REACH, REACH)) + log_normal(w).double()


def cubic(table: Tensor, w: Tensor) -> Tensor:
    """Values of a table (m, m) on [−REACH, REACH]² at w (n, 2), by Lagrange cubics: (n,)."""
    m = len(table)
    place = ((w + REACH) / (2 * REACH) * (m - 1)).T.contiguous()
    base = place.floor().clamp(1, m - 3)
    t = place - base
    weight = torch.stack(
        [
            -t * (t - 1) * (t - 2) / 6,
            (t + 1) * (t - 1) * (t - 2) / 2,
            -(t + 1) * t * (t - 2) / 2,
            (t + 1) * t * (t - 1) / 6,
        ]
    )
    i, flat = base.long(), table.flatten()
    total = torch.zeros(len(w), dtype=table.dtype)
    for a in range(4):
        for b in range(4):
            found = flat[(i[0] + a - 1) * m + i[1] + b - 1]
            total += (weight[a, 0] * weight[b, 1]).to(table.dtype) * found
    return total


class Sweep:
    """The levels of one model and condition, from the first grid up to pure noise."""

    def __init__(
        self, card: Card, part: Denoise, label: int | None, given: Given = NOTHING
    ) -> None:
        if not is_plane(card.kind):
            raise ValueError(f"{card.name} is not a 2-D model")
        self.card, self.part = card, part
        self.label = class_indices(card, codes_of(card, label, given, 1), 1).to(part.device)
        self.lowest, self.highest = map(angle, part.span)
        self.levels: list[Level] = []
        self._peak = math.inf

    def moved(self, w: Tensor, phis: list[float]) -> tuple[Tensor, Tensor, Tensor]:
        """Where w (n, 2) goes along some angles, ∫ div dφ (n,), and the doubt of it (n,)."""
        found = finish(travel(self._slopes, w.to(self.part.device), phis))
        to, gathered, doubt = (part.cpu() for part in found)
        return to, gathered, doubt

    def enter(self, x: Tensor) -> tuple[Tensor, float]:
        """Points (n, 2) in the coordinates of the ODE at its end, and the log of the change."""
        y, log_det = self.part.enter(x.float().to(self.part.device))
        unit = length(self.part.span[0])
        return y.cpu() / unit, float(log_det[0]) - 2 * math.log(unit)

    def leave(self, w: Tensor) -> Tensor:
        """The inverse of `enter`."""
        return self.part.leave(w.to(self.part.device) * length(self.part.span[0])).cpu()

    def _slopes(self, w: Tensor, phi: float, whole: bool) -> tuple[Tensor, Tensor]:
        sigma, part = sigma_of(phi), self.part
        if isinstance(part, Sloped):
            return part.slopes(w, sigma, self.label, divergence=whole)
        return by_gradients(part.denoise, w, sigma, self.label, divergence=whole)

    @property
    def scale(self) -> float:
        """What a unit of the part's coordinates is in units of the data, on average."""
        ends = torch.tensor([[0.0, 0.0], [1.0, 1.0]], device=self.part.device)
        low, high = self.part.leave(ends)
        return float((high - low).mean())

    def _phis(self) -> list[float]:
        """The angles of the levels, the least noise first."""
        return [phi for phi in spaced(self.lowest, self.highest, LEVELS) if math.sin(phi) >= _FINE]

    @property
    def nodes(self) -> int:
        """Nodes of all grids: each costs one stride of the solver, a point of the plane two."""
        return sum(_size(phi) ** 2 for phi in self._phis())

    @torch.no_grad()
    def build(self) -> Generator[float, None, None]:
        """Fill the levels, from noise to data; yields the share that is done."""
        phis = self._phis()
        sizes = [_size(phi) for phi in phis]
        total, done = sum(n * n for n in sizes), 0
        levels = [Level(phis[-1], _of_noise(sizes[-1], self.part.span[1]))]
        for phi, size in zip(phis[-2::-1], sizes[-2::-1], strict=True):
            above, w = levels[-1], _nodes(size)
            excess = torch.empty(len(w), dtype=torch.float64)
            for part in torch.arange(len(w)).split(_ROWS):
                to, gathered, _ = self.moved(w[part], [phi, above.phi])
                excess[part] = above.at(to) - gathered - log_normal(w[part]).double()
                done += len(part)
                yield done / total
            levels.append(Level(phi, excess.view(size, size)))
        self.levels = levels[::-1]
        self._peak = float(self.levels[0].at(_nodes(len(self.levels[0].excess))).max())

    @torch.no_grad()
    def log_density(self, w: Tensor, phi: float) -> Run:
        """log p of w (n, 2) at an angle, float64: on to the next grid, and read off there."""
        beyond = next((level for level in self.levels if level.phi >= phi), self.levels[-1])
        if beyond.phi <= phi:
            return beyond.at(w)
        value, doubt = torch.empty(len(w), dtype=torch.float64), torch.zeros(len(w))

        def onward(chosen: Tensor, strides: int) -> Run:
            phis = spaced(phi, beyond.phi, strides, _RHO)
            for rows in chosen.nonzero()[:, 0].split(_ROWS):
                to, gathered, doubt[rows] = self.moved(w[rows], phis)
                value[rows] = beyond.at(to) - gathered
                yield Step(0, len(w))
            return value

        if beyond is not self.levels[0]:
            return (yield from onward(torch.ones(len(w), dtype=torch.bool), 1))
        near = beyond.at(w) > self._peak - _BLURRED
        yield from onward(~near, _FAR)
        yield from onward(near, _NEAR)
        rough = (doubt > _DOUBT) & (value > self._peak - _SEEN)
        return (yield from onward(rough, _CAREFUL))

    def preview(self, w: Tensor, phi: float) -> Tensor:
        """The same without the grids, in few steps: for a first look."""
        w, gathered, _ = self.moved(w, spaced(phi, self.highest, _PREVIEW, _RHO_PREVIEW))
        return _noise(w, self.part.span[1]) - gathered


def field_at(sweep: Sweep, phi: float) -> Field:
    """The density of noisy data at an angle, brought to the spread of the data, in their units.

    At the lowest angle it is that of the model.
    """
    name, sigma = sweep.card.name, sigma_of(phi)

    def grid(xs: Tensor, ys: Tensor) -> DensityRun:
        if not sweep.levels:
            for share in sweep.build():
                yield Step(int(1000 * share), 2000)
        w, constant = sweep.enter(torch.cartesian_prod(xs, ys))
        value = yield from sweep.log_density(w, phi)
        method = (
            f"probability-flow ODE, Runge–Kutta 4, exact divergence, {LEVELS} noise levels on "
            f"grids read off by cubics; noise σ = {sigma * sweep.scale:.3g}"
        )
        return LogDensity(value + constant, Meaning.ESTIMATE, method)

    def preview(xs: Tensor, ys: Tensor) -> DensityRun:
        w, constant = sweep.enter(torch.cartesian_prod(xs, ys))
        yield Step(0, len(w))
        method = f"a first look at {name} in {_PREVIEW} solver steps"
        return LogDensity(sweep.preview(w, phi) + constant, Meaning.ESTIMATE, method)

    if sweep.levels:
        return Field(Kind.ESTIMATE, grid)
    points = sweep.nodes // _NEAR
    return Field(Kind.ESTIMATE, grid, preview=preview, prepare=sweep.build, preparing=points)


def trajectories(sweep: Sweep, x: Tensor, phi: float, steps: int = 24) -> Tensor:
    """Paths of points x (n, 2) of the plane from the model's end of the ODE up to an angle.

    In data units, every noise level brought to the spread of the data: (n, steps + 1, 2).
    """
    (w, _), path = sweep.enter(x), []
    phis = spaced(sweep.lowest, max(phi, sweep.lowest + 1e-4), steps)
    for now, then in pairwise(phis):
        path.append(sweep.leave(w))
        w, *_ = sweep.moved(w, [now, then])
    path.append(sweep.leave(w))
    return torch.stack(path, 1)


def _size(phi: float) -> int:
    return max(_NODES, math.ceil(2 * REACH * _FEATURE / math.sin(phi)))


def _nodes(size: int) -> Tensor:
    axis = torch.linspace(-REACH, REACH, size)
    return torch.cartesian_prod(axis, axis)


def _noise(w: Tensor, sigma_max: float) -> Tensor:
    """log p of w at σ_max, where x = w √(σ_max² + σ_data²) ~ N(0, σ_max² I)."""
    ratio = length(sigma_max) / sigma_max
    return log_normal(w * ratio).double() + 2 * math.log(ratio)


def _of_noise(size: int, sigma_max: float) -> Tensor:
    w = _nodes(size)
    return (_noise(w, sigma_max) - log_normal(w).double()).view(size, size)
