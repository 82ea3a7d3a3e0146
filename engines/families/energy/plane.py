"""Chains, short chains and normalised densities of energies in the plane."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engines.chains import langevin, short_run
from engines.drawing import class_indices
from engines.families.energy.net import PointEnergy
from engines.model import (
    Card,
    DensityRun,
    Knobs,
    LogDensity,
    Meaning,
    Run,
    SampleRequest,
    Step,
    settle,
)
from engines.noise import Streams

_HOT, _SHARE_HOT, _SHARE_SETTLING, _FIRST_STEP = 8.0, 0.4, 0.6, 0.003
PLACES = 8
"""Places to jump to that a chain is offered at every step."""
_ROWS, _GRID, _SHOWN_EVERY = 16_384, 3072, 2
_SHORT, _SHORT_STEP = 24, 0.0002
"""Steps of a short chain, and their size."""


@dataclass(frozen=True)
class Points:
    """Chains, short chains and densities of one energy of points."""

    card: Card
    net: PointEnergy
    device: torch.device

    @torch.no_grad()
    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """Chains from anywhere among the data, cooled down to T, with jumps between valleys.

        Cooling alone freezes the shares of distant modes while it is still hot; the jumps put
        them right. Half of them are among the data, half anywhere in the box of log Z, which no
        chain leaves, so that one that has strayed comes back. Each chain's step size is its own
        and fixed once the chain has cooled.
        """
        n, total, floor = request.count, int(knobs["steps"]), knobs["temperature"]
        energy, noise = self._boxed(labels), Streams(request.seed, request.indices)
        low, size = self._among_data()
        at = langevin.State.of(energy, low + size * noise.uniform(len(size)))
        step = torch.full((n,), _FIRST_STEP * float(size.square().mean()))
        yield Step(0, n, at.x.clone(), 1)
        for i in range(1, total + 1):
            beta = 1 / (_HOT ** max(0.0, 1 - i / (_SHARE_HOT * total)) * floor)
            z, coin = noise.normal(len(size)), noise.uniform()
            at, chance = langevin.mala(energy, at, step=step, noise=z, coin=coin, beta=beta)
            if i <= _SHARE_SETTLING * total:
                step = langevin.adapted(step, chance, 1.0)
            near, u = noise.uniform(PLACES, 1) < 0.5, noise.uniform(PLACES, len(size))
            x, coin = low + size * torch.where(near, u, 2 * u - 0.5), noise.uniform()
            at = langevin.jump(
                energy,
                at,
                x,
                value=self._values(x, labels),
                coin=coin,
                beta=beta,
                gain=self._log_q(at.x)[:, None] - self._log_q(x),
            )
            if i % _SHOWN_EVERY == 0 or i == total:
                yield Step(n * i // total, n, at.x.clone(), 1 + (PLACES + 2) * i)
        return at.x

    def _among_data(self) -> tuple[Tensor, Tensor]:
        """Lower corner and size of the data's own box: the middle half of that of the energy."""
        low, high = self.net.low.cpu(), self.net.high.cpu()
        return low + (high - low) / 4, (high - low) / 2

    def _log_q(self, x: Tensor) -> Tensor:
        """The density of jumps to x (…, D), up to a constant: (…) float64."""
        low, size = self._among_data()
        among = ((x >= low) & (x <= low + size)).all(-1).double()
        return torch.log1p(2 ** len(size) * among)

    def _values(self, x: Tensor, labels: Tensor) -> Tensor:
        """E at places of every chain: x (n, K, D), labels (n,) -> (n, K)."""
        every = self.net(x.flatten(0, 1).to(self.device)).cpu().view(*x.shape[:2], -1)
        found: Tensor = every[torch.arange(len(x)), :, labels]
        return found

    def _boxed(self, labels: Tensor) -> langevin.Energy:
        """E(x, c) and its slope, infinite where log Z was not taken."""
        energy, low, high = self.energy(labels), self.net.low.cpu(), self.net.high.cpu()

        def found(x: Tensor) -> tuple[Tensor, Tensor]:
            value, slope = energy(x)
            return value.masked_fill(((x < low) | (x > high)).any(1), torch.inf), slope

        return found

    def energy(self, labels: Tensor) -> langevin.Energy:
        """E(x, c) and its slope, for chains of these classes (n,)."""
        heads = labels.to(self.device)[:, None]

        def found(x: Tensor) -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                place = x.detach().to(self.device).requires_grad_()
                energy = self.net(place).gather(1, heads)[:, 0]
                (slope,) = torch.autograd.grad(energy.sum(), place)
            return energy.detach().cpu(), slope.cpu()

        return found

    def native(self, x: Tensor, labels: Tensor | None, sigma: float) -> tuple[Tensor, Tensor]:
        """E(x, c) and its slope; there is no noise to speak of."""
        if sigma != 0:
            raise ValueError(f"points have no noise levels: sigma must be 0, got {sigma:g}")
        return self.energy(class_indices(self.card, labels, len(x)))(x)

    @torch.no_grad()
    def short(self, z: Tensor, labels: Tensor) -> Tensor:
        """The end of a short Langevin chain from z (n, D), standard normal over the data's box."""
        energy, (low, size) = self.energy(labels), self._among_data()
        x, step = low + size / 2 + size / 4 * z.float(), _SHORT_STEP * float(size.square().mean())
        for e in Streams(0, [0]).normal(_SHORT, len(size))[0]:
            _, slope = energy(x)
            pull = (step / 2 * slope).clamp(-size / 16, size / 16)
            x = x - pull + 0.25 * step**0.5 * e
        return x

    def decode(self, z: Tensor, labels: Tensor | None) -> Run:
        """Ends of short chains for their first noise (n, D)."""
        x = self.short(z, class_indices(self.card, labels, len(z)))
        yield Step(len(z), len(z), x.clone(), calls=_SHORT)
        return x

    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """First noise (n, D) of short chains that end near x (n, D)."""
        classes = class_indices(self.card, labels, len(x))

        def ends(z: Tensor) -> Tensor:
            if len(z) == len(x):
                return self.short(z, classes)
            return self.short(z, classes.new_full((len(z),), int(classes[0])))

        if len(classes.unique()) == 1:
            return (yield from short_run.search(ends, x))
        found = torch.empty_like(x)
        for label in classes.unique().tolist():
            rows = classes == label
            found[rows] = yield from self.encode(x[rows], classes[rows])
        return found

    @torch.no_grad()
    def log_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log p(x | c) = −E(x, c) − log Z_c."""
        settle((), knobs)
        classes = class_indices(self.card, labels, len(x))
        value = torch.empty(len(x), dtype=torch.float64)
        for part in torch.arange(len(x)).split(_ROWS):
            energies = self.net(x[part].to(self.device)).double().cpu()
            value[part] = -(energies + self.net.log_z.cpu()).gather(1, classes[part, None])[:, 0]
            yield Step(int(part[-1]) + 1, len(x), calls=1)
        return LogDensity(value, Meaning.ESTIMATE, self._method())

    @torch.no_grad()
    def log_grid(self, xs: Tensor, ys: Tensor, label: int | None, knobs: Knobs) -> DensityRun:
        """The same on a grid of the plane."""
        settle((), knobs)
        head = int(class_indices(self.card, None if label is None else [label], 1)[0])
        axis, total = int(len(xs) > len(ys)), len(xs) * len(ys)
        few, many = (a.float().to(self.device) for a in ((ys, xs) if axis else (xs, ys)))
        values = torch.empty(len(few), len(many), dtype=torch.float64)
        for part in torch.arange(len(few)).split(max(1, _GRID // len(many))):
            values[part] = -self.net.on_grid(few[part], many, head, axis).double().cpu()
            yield Step((int(part[-1]) + 1) * len(many), total, calls=1)
        values = (values.T if axis else values).flatten() - self.net.log_z[head].cpu()
        return LogDensity(values, Meaning.ESTIMATE, self._method())

    def _method(self) -> str:
        side = int(self.net.cells)
        return f"energy, log Z by quadrature, {side} × {side}"
