"""What trains an energy of points: likelihood, contrast with noise, or persistent chains.

All three have the same network and end the same way, with log Z by quadrature.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engines.chains.langevin import State, mala
from engines.families.energy.net import PointEnergy
from engines.noise import log_normal
from engines.training.descent import Descent
from engines.training.randomness import integers, normal, uniform

_BINS, _EVEN = 128, 0.4
_SIDES, _ROUGH_SIDE = (512, 1024, 2048, 4096), 64
_WIDER = 1.5
"""How much wider than the points the noise is that they are contrasted with."""


class Nodes:
    """Stratified draws from a histogram of the points, partly even over its box, with weights.

    Any density on the box may be integrated by them without bias; near that of the points the
    weights hardly vary.
    """

    def __init__(self, x: Tensor, low: Tensor, high: Tensor) -> None:
        """A histogram of `x` (n, 2) on the box low … high."""
        at = ((x - low) / (high - low) * _BINS).long().clamp(0, _BINS - 1)
        counts = torch.bincount(at[:, 0] * _BINS + at[:, 1], minlength=_BINS**2).double()
        near = torch.nn.functional.avg_pool2d(counts.view(1, 1, _BINS, _BINS), 3, 1, 1).flatten()
        self._share = _EVEN / _BINS**2 + (1 - _EVEN) * near / near.sum()
        self._share /= self._share.sum()
        self._edges = self._share.cumsum(0)
        self._low, self._size = low, (high - low) / _BINS
        self._log_cell = float(self._size.double().log().sum())

    def draw(self, count: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
        """Points (count, 2) and the logarithms of their weights 1 / (count q) (count,)."""
        u = (torch.arange(count, dtype=torch.float64, device=g.device) + uniform(g, count)) / count
        cell = torch.searchsorted(self._edges, u).clamp_max(_BINS**2 - 1)
        corner = torch.stack([cell // _BINS, cell % _BINS], 1)
        x = self._low + (corner + uniform(g, count, 2)) * self._size
        log_q = self._share[cell].log() - self._log_cell
        return x, (-log_q - math.log(count)).float()


class Energies(Descent):
    """Descent on energies of points, which ship with their log Z by quadrature."""

    net: PointEnergy

    def see(self, x: Tensor, labels: Tensor) -> None:
        """The points are these from now on; the box of the energy grows to hold them."""
        around = copy.deepcopy(self.net)
        around.standardise(x)
        self.net.low.copy_(torch.minimum(self.net.low, around.low))
        self.net.high.copy_(torch.maximum(self.net.high, around.high))

    def weights(self) -> dict[str, Tensor]:
        """The averaged network with its log Z by quadrature."""
        net = self._averaged()
        net.normalise(_SIDES)
        return net.state_dict()

    @torch.no_grad()
    def sketch(self) -> dict[str, Tensor]:
        """The averaged network with log Z by one coarse quadrature."""
        net = self._averaged()
        net.log_z.copy_(net.quadrature(_ROUGH_SIDE))
        net.cells.fill_(_ROUGH_SIDE)
        return net.state_dict()

    def _averaged(self) -> PointEnergy:
        net = copy.deepcopy(self.net)
        net.load_state_dict(super().weights())
        return net


class Likelihood(Energies):
    """Maximum likelihood: mean E(x, c) + log Z_c, Z_c = ∫ e^−E over the box of the points.

    log Z_c is estimated at every step from "nodes" draws (a knob).
    """

    def __init__(
        self,
        net: PointEnergy,
        x: Tensor,
        *,
        generator: torch.Generator,
        knobs: dict[str, float],
    ) -> None:
        super().__init__(
            net,
            self._nats,
            generator=generator,
            rate=knobs["rate"],
            averaging=0.99,
            clip=5.0,
            knobs=knobs,
        )
        self._x = x
        self._nodes = Nodes(x, net.low, net.high)

    def see(self, x: Tensor, labels: Tensor) -> None:
        super().see(x, labels)
        self._x = x
        self._nodes = Nodes(x, self.net.low, self.net.high)

    def _nats(
        self, net: PointEnergy, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
    ) -> Tensor:
        nodes, log_weight = self._nodes.draw(round(self.knobs["nodes"]), g)
        energies = net(torch.cat([x, nodes]))
        log_z = torch.logsumexp(log_weight[:, None] - energies[len(x) :], 0)
        own = energies[: len(x)].gather(1, labels[:, None])[:, 0]
        nats: Tensor = (own + log_z[labels]).mean()
        return nats

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self._nodes = Nodes(self._x, self.net.low, self.net.high)


class Contrast(Energies):
    """Noise-contrastive estimation (Gutmann & Hyvärinen 2012, equation 3).

    The energy learns to tell each point from "noises" draws (a knob) of a normal distribution,
    wider than the points; its constant is learned, and so 1 / Z too.
    """

    def __init__(
        self, net: PointEnergy, x: Tensor, *, generator: torch.Generator, knobs: dict[str, float]
    ) -> None:
        loss = self._nats
        super().__init__(
            net, loss, generator=generator, rate=knobs["rate"], averaging=0.99, knobs=knobs
        )
        self._mean, self._sd = x.mean(0), _WIDER * x.std(0)

    def see(self, x: Tensor, labels: Tensor) -> None:
        super().see(x, labels)
        self._mean, self._sd = x.mean(0), _WIDER * x.std(0)

    def _nats(
        self, net: PointEnergy, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
    ) -> Tensor:
        noises = round(self.knobs["noises"])
        e = normal(g, noises * len(x), x.shape[1])
        every = torch.cat([x, self._mean + self._sd * e])
        classes = labels.repeat(noises + 1)
        log_q = log_normal((every - self._mean) / self._sd) - self._sd.log().sum()
        energies = net(every).gather(1, classes[:, None])[:, 0]
        real, noise = (-energies - log_q - math.log(noises)).split([len(x), len(e)])
        return F.softplus(-real).mean() + noises * F.softplus(noise).mean()

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "noise": [self._mean, self._sd]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self._mean, self._sd = state["noise"]


class Chains(Energies):
    """Persistent contrastive divergence (Tieleman 2008): chains stand for draws of the model.

    Each step moves them by "chain_steps" of MALA of the size "chain_size" ε, in standardised units
    (knobs); what is accepted of them is reported. The slope of the loss is that of the likelihood
    where the chains have reached e^−E.
    """

    def __init__(
        self,
        net: PointEnergy,
        x: Tensor,
        labels: Tensor,
        *,
        chains: int,
        generator: torch.Generator,
        knobs: dict[str, float],
    ) -> None:
        super().__init__(
            net,
            self._contrast,
            generator=generator,
            rate=knobs["rate"],
            averaging=0.99,
            betas=(0.0, 0.99),
            knobs=knobs,
        )
        pick = integers(generator, len(x), chains)
        anyone = uniform(generator, chains) < 0.5
        self.classes = (
            torch.where(anyone, net.classes, labels[pick]) if net.classes else labels[pick]
        )
        self.chains = net.mean + net.scale * normal(generator, chains, x.shape[1])
        self.accepted = 1.0

    def step(self, x: Tensor, labels: Tensor, progress: float) -> dict[str, float]:
        self._move()
        return {**super().step(x, labels, progress), "accepted": self.accepted}

    def _move(self) -> None:
        net, g, n = self.net, self._generator, len(self.chains)

        def energy(y: Tensor) -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                y = y.detach().requires_grad_()
                value = net(y * net.scale + net.mean).gather(1, self.classes[:, None])[:, 0]
                (slope,) = torch.autograd.grad(value.sum(), y)
            return value.detach(), slope

        with torch.no_grad():
            at = State.of(energy, (self.chains - net.mean) / net.scale)
            size, total = torch.full((n,), self.knobs["chain_size"]), 0.0
            count = round(self.knobs["chain_steps"])
            for _ in range(count):
                noise, coin = normal(g, n, at.x.shape[1]), uniform(g, n)
                at, chance = mala(energy, at, step=size, noise=noise, coin=coin)
                total += chance.mean().item()
            self.accepted = total / count
            self.chains = at.x * net.scale + net.mean

    def _contrast(
        self, net: PointEnergy, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
    ) -> Tensor:
        energies = net(torch.cat([x, self.chains]))
        classes = torch.cat([labels, self.classes])
        real, drawn = energies.gather(1, classes[:, None])[:, 0].split([len(x), len(self.chains)])
        loss: Tensor = real.mean() - drawn.mean()
        return loss

    def state_dict(self) -> dict[str, Any]:
        own = {"chains": self.chains, "classes": self.classes, "accepted": self.accepted}
        return {**super().state_dict(), "persistent": own}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        own = state["persistent"]
        self.chains, self.classes = own["chains"], own["classes"]
        self.accepted = own["accepted"]
