"""Data sets in the plane whose density is known: draws and exact log-densities, in data units.

Definitions and entropies follow the usual benchmarks (FFJORD, Grathwohl et al. 2019, and
scikit-learn's moons); each is a mixture over its classes with equal weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_CHUNK = 8192


@dataclass(frozen=True)
class Toy:
    """A data set in the plane.

    `sample(n, generator)` returns points (n, 2) and classes (n,); `log_density(x, label=None)`
    returns exact nats (n,) float64, of p(x) or of p(x | label). `entropy` is that of p(x), in nats.
    `factors(t, axis, label)`, where p is a mean of products over the axes, gives the factors of
    every product at t (a,) on one axis: (a, terms), so that a grid is one product of matrices.
    """

    title: str
    labels: tuple[str, ...]
    entropy: float
    sample: Callable[[int, torch.Generator], tuple[Tensor, Tensor]]
    log_density: Callable[..., Tensor]
    factors: Callable[[Tensor, int, int | None], Tensor] | None = None

    def log_grid(self, xs: Tensor, ys: Tensor, label: int | None = None) -> Tensor:
        """`log_density` at torch.cartesian_prod(xs, ys), in that order: (a·b,) float64."""
        if self.factors is None:
            return self.log_density(torch.cartesian_prod(xs, ys), label)
        across, up = (self.factors(t.double(), i, label) for i, t in enumerate((xs, ys)))
        return ((across @ up.T) / across.shape[1]).log().flatten()


def _normal(t: Tensor, centres: Tensor, sd: float) -> Tensor:
    """N(t; centres, sd²) for t (a,) and centres (k,): (a, k)."""
    e = (t[:, None] - centres) / sd
    return (-0.5 * e.square()).exp() / (sd * math.sqrt(2 * math.pi))


def _of(label: int | None, count: int) -> list[int]:
    """The classes meant: one, or all for None."""
    return list(range(count)) if label is None else [label]


def _classes(n: int, count: int, g: torch.Generator) -> Tensor:
    return torch.randint(count, (n,), generator=g)


def _gaussian_mixture(x: Tensor, centres: Tensor, sd: float) -> Tensor:
    """log mean_k N(x; centres_k, sd² I), float64."""
    x, centres = x.double(), centres.double()
    out = [
        torch.logsumexp(-torch.cdist(part, centres).square() / (2 * sd * sd), dim=1)
        for part in x.split(_CHUNK)
    ]
    return torch.cat(out) - math.log(len(centres)) - math.log(2 * math.pi * sd * sd)


def _over_classes(of_class: Callable[[Tensor, int], Tensor], count: int) -> Callable[..., Tensor]:
    def log_density(x: Tensor, label: int | None = None) -> Tensor:
        if label is not None:
            return of_class(x, label)
        parts = torch.stack([of_class(x, c) for c in range(count)])
        return torch.logsumexp(parts, 0) - math.log(count)

    return log_density


def _moons() -> Toy:
    sd = 0.1
    theta = (torch.arange(800, dtype=torch.float64) + 0.5) * math.pi / 800

    def arc(theta: Tensor, c: Tensor) -> Tensor:
        upper = torch.stack([theta.cos(), theta.sin()], -1)
        lower = torch.stack([1 - theta.cos(), 0.5 - theta.sin()], -1)
        return torch.where(c[..., None] == 0, upper, lower)

    def sample(n: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
        c = _classes(n, 2, g)
        x = arc(torch.rand(n, generator=g) * math.pi, c)
        return x + sd * torch.randn(n, 2, generator=g), c

    def of_class(x: Tensor, c: int) -> Tensor:
        return _gaussian_mixture(x, arc(theta, torch.full((800,), c)), sd)

    def factors(t: Tensor, axis: int, label: int | None) -> Tensor:
        arcs = [arc(theta, torch.full((800,), c)) for c in _of(label, 2)]
        return _normal(t, torch.cat(arcs)[:, axis], sd)

    density = _over_classes(of_class, 2)
    return Toy("Two moons", ("upper", "lower"), 1.0076, sample, density, factors)


def _gaussians() -> Toy:
    sd = 0.5 / 1.414
    angle = torch.arange(8, dtype=torch.float64) * math.pi / 4
    centres = torch.stack([angle.cos(), angle.sin()], 1) * 4 / 1.414

    def sample(n: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
        c = _classes(n, 8, g)
        return centres[c].float() + sd * torch.randn(n, 2, generator=g), c

    def of_class(x: Tensor, c: int) -> Tensor:
        return _gaussian_mixture(x, centres[c : c + 1], sd)

    labels = ("E", "NE", "N", "NW", "W", "SW", "S", "SE")

    def factors(t: Tensor, axis: int, label: int | None) -> Tensor:
        return _normal(t, centres[_of(label, 8), axis], sd)

    return Toy("Eight Gaussians", labels, 2.8319, sample, _over_classes(of_class, 8), factors)


def _checkerboard() -> Toy:
    corners = [(2 * i, 2 * j) for i in range(-2, 2) for j in range(-2, 2) if (i + j) % 2 == 0]

    def sample(n: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
        c = _classes(n, 8, g)
        return torch.tensor(corners)[c] + 2 * torch.rand(n, 2, generator=g), c

    def of_class(x: Tensor, c: int) -> Tensor:
        low = torch.tensor(corners[c], dtype=torch.float64)
        inside = ((x.double() >= low) & (x.double() < low + 2)).all(1)
        return (inside.double() / 4).log()

    labels = tuple(f"column {i}, {half}" for i in range(1, 5) for half in ("low", "high"))
    return Toy("Checkerboard", labels, math.log(32), sample, _over_classes(of_class, 8))


def _rings() -> Toy:
    sd, radii = 0.08, (0.75, 1.5, 2.25, 3.0)

    def sample(n: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
        c = _classes(n, 4, g)
        theta = torch.rand(n, generator=g) * 2 * math.pi
        x = torch.tensor(radii)[c, None] * torch.stack([theta.cos(), theta.sin()], 1)
        return x + sd * torch.randn(n, 2, generator=g), c

    def of_class(x: Tensor, c: int) -> Tensor:
        # a Gaussian smeared round a circle: Bessel I0, scaled by e^-z against overflow
        r, radius = x.double().square().sum(1).sqrt(), radii[c]
        bessel: Tensor = torch.special.i0e(radius * r / sd**2)
        return bessel.log() - (r - radius).square() / (2 * sd**2) - math.log(2 * math.pi * sd**2)

    labels = ("innermost", "second", "third", "outermost")
    return Toy("Rings", labels, 2.6232, sample, _over_classes(of_class, 4))


def _spirals() -> Toy:
    sd, width, turns = 0.1, 0.5 / 3, 3 * math.pi
    t = ((torch.arange(2000, dtype=torch.float64) + 0.5) / 2000).sqrt() * turns
    arm = torch.stack([-t.cos() * t, t.sin() * t], 1) / 3

    def sample(n: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
        c = _classes(n, 2, g)
        t = torch.rand(n, generator=g).sqrt() * turns
        x = torch.stack([-t.cos() * t, t.sin() * t], 1) + 0.5 * torch.rand(n, 2, generator=g)
        sign = 1 - 2 * c[:, None]
        return sign * x / 3 + sd * torch.randn(n, 2, generator=g), c

    def box(d: Tensor) -> Tensor:
        """Density of U(0, width) + N(0, sd²) at d, per axis."""
        scale = sd * math.sqrt(2)
        return (torch.erf(d / scale) - torch.erf((d - width) / scale)) / (2 * width)

    def of_class(x: Tensor, c: int) -> Tensor:
        x = x.double() * (1 - 2 * c)
        out = [box(p[:, None] - arm).prod(-1).mean(1) for p in x.split(_CHUNK // 8)]
        return torch.cat(out).log()

    def factors(t: Tensor, axis: int, label: int | None) -> Tensor:
        return torch.cat([box(t[:, None] * (1 - 2 * c) - arm[:, axis]) for c in _of(label, 2)], 1)

    labels, density = ("one arm", "other arm"), _over_classes(of_class, 2)
    return Toy("Two spirals", labels, 2.6454, sample, density, factors)


TOYS = {
    "moons": _moons(),
    "checkerboard": _checkerboard(),
    "gaussians": _gaussians(),
    "rings": _rings(),
    "spirals": _spirals(),
}
