"""Short chains as generators: noise in, example out, the noise of every step shared by all.

Nijkamp et al. 2019, "Learning non-convergent non-persistent short-run MCMC toward energy-based
model", section 4: a chain of a few steps is a map from its first noise to its end, which can be
mixed and inverted. What it reaches is not drawn from e^−E. Inverses are found step by step, by
fixed-point iteration for pictures and by Newton's method in the plane.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from itertools import pairwise
from typing import TypeAlias

import torch
from torch import Tensor

from engines.model import Exactness, Procedure, Run, Step
from engines.noise import Streams

Slope: TypeAlias = Callable[[Tensor, float], Tensor]
"""∇E(y; σ) (n, …) of places y (n, …)."""

PICTURES = Procedure(
    Exactness.HEURISTIC,
    "the first noise of a short chain, found backwards by fixed-point iteration; may not converge",
    "Nijkamp et al. 2019",
)
POINTS = Procedure(
    Exactness.HEURISTIC,
    "a search for the first noise of a short chain: nearest of a grid, Newton",
    "Nijkamp et al. 2019",
)
_STRIDE = 0.3
_ITERATIONS, _SETTLED = 12, 1e-4
"""The most fixed-point iterations a step, and the change, in noise levels, that ends them early."""
_GRID, _NEWTON, _PROBE = 64, 12, 1e-3


def forth(slope: Slope, y: Tensor, sigmas: list[float]) -> Generator[Tensor, None, Tensor]:
    """From y at σ_max down the levels: a step of the probability-flow ODE, then one of Langevin.

    The Langevin noise is the same for every chain. Yields y after every call of the slope.
    """
    noise = _shared(y, sigmas)
    for (now, then), z in zip(pairwise(sigmas), noise, strict=True):
        y = _down(slope, y, now, then)
        yield y
        y = _langevin(slope, y, then, z)
        yield y
    return y


def back(
    slope: Slope, y: Tensor, sigmas: list[float]
) -> Generator[tuple[int, float], None, Tensor]:
    """The inverse of `forth`: y at σ_max that ends at the given y.

    Yields the number of calls and the share 0 … 1 that is done. Each step is y' = y + r(y) with a
    short r, so y ← y' − r(y) converges where r contracts; it ends when no example moves by more
    than a ten-thousandth of the noise there (root mean square).
    """
    noise, calls = _shared(y, sigmas), 0
    levels = list(reversed(list(zip(pairwise(sigmas), noise, strict=True))))
    for level, ((now, then), z) in enumerate(levels):
        halves: tuple[Callable[[Tensor], Tensor], ...] = (
            partial(_langevin, slope, sigma=then, z=z),
            partial(_down, slope, now=now, then=then),
        )
        for half, step in enumerate(halves):
            at = y
            for i in range(1, _ITERATIONS + 1):
                before, at = at, y - (step(at) - at)
                calls += 1
                moved = (at - before).square().flatten(1).mean(1).sqrt().max()
                settled = bool(moved < _SETTLED * then)
                part = 1.0 if settled else i / _ITERATIONS
                yield calls, (2 * level + half + part) / (2 * len(levels))
                if settled:
                    break
            y = at
    return y


def _down(slope: Slope, y: Tensor, now: float, then: float) -> Tensor:
    return y - now * (now - then) * slope(y, now)


def _langevin(slope: Slope, y: Tensor, sigma: float, z: Tensor) -> Tensor:
    step = _STRIDE * sigma**2
    moved: Tensor = y - step / 2 * slope(y, sigma) + step**0.5 * z
    return moved


def _shared(y: Tensor, sigmas: list[float]) -> list[Tensor]:
    """The Langevin noise (1, …) of every level, the same for all chains and at all times."""
    stream = Streams(0, [0])
    return [stream.normal(*y.shape[1:]) for _ in sigmas[1:]]


def search(decode: Callable[[Tensor], Tensor], x: Tensor, reach: float = 3.0) -> Run:
    """Codes z (n, 2) whose decoded points come nearest to x (n, 2).

    The nearest of a grid over ± `reach`, then Newton's method with slopes from differences; a
    step that does not come nearer is halved.
    """
    side = torch.linspace(-reach, reach, _GRID)
    grid = torch.cartesian_prod(side, side)
    z = grid[torch.cdist(x, decode(grid)).argmin(1)]
    at = decode(z)
    yield Step(0, len(x), at.clone(), calls=1)
    trust = torch.ones(len(x), 1)
    for i in range(1, _NEWTON + 1):
        columns = [(decode(z + _PROBE * axis) - at) / _PROBE for axis in torch.eye(2)]
        slopes = torch.stack(columns, 2)
        move = torch.linalg.lstsq(slopes, (x - at)[..., None]).solution[..., 0]
        move = move.nan_to_num(0.0).clamp(-0.5, 0.5)
        there = decode(z + trust * move)
        nearer = (there - x).norm(dim=1) < (at - x).norm(dim=1)
        z = torch.where(nearer[:, None], z + trust * move, z)
        at = torch.where(nearer[:, None], there, at)
        trust = torch.where(nearer[:, None], (2 * trust).clamp_max(1.0), trust / 2)
        yield Step(len(x) * i // _NEWTON, len(x), at.clone(), calls=3 * i)
    return z
