"""Recipes of the energy-based models.

Pictures: denoising score matching at every noise level with the score −∇E (Vincent 2011; Salimans
& Ho 2021). Points: maximum likelihood, log Z by stratified importance sampling at every step.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import Tensor

from engines.families.diffusion.net import SIGMA_DATA
from engines.families.energy.net import PictureEnergy, PointEnergy
from engines.training.budgets import steps
from engines.training.datasets import DataSet
from engines.training.descent import Descent
from engines.training.randomness import drawn_from, normal, uniform
from engines.training.recipe import NO_OPTIONS, Options, Recipe, chosen
from engines.training.recipes.diffusion import drawn_levels

_LEVELS = (-1.2, 1.3)
_BINS, _EVEN = 128, 0.4
_SIDES, _ROUGH_SIDE = (512, 1024, 2048, 4096), 64


def energy(data: DataSet, options: Options = NO_OPTIONS) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data, options) if data.train.x.dim() == 4 else _points(data, options)


def _pictures(data: DataSet, options: Options) -> Recipe:
    sizes = chosen({"width": [32, 64, 8], "blocks": [1, 3]}, options)
    own = chosen({"rate": 2e-3, "batch": 64}, options)
    net: dict[str, Any] = {
        "shape": list(data.train.x.shape[1:]),
        "classes": len(data.labels),
        **sizes,
        "levels": 24,
        "steps": 1,
    }

    def trainer(g: torch.Generator) -> Descent:
        with drawn_from(g):
            model = PictureEnergy(**net)
        model.standardise(data.train.x[:5000])
        return Descent(model, denoising, generator=g, rate=own["rate"], averaging=0.98)

    return Recipe(
        net=net,
        trainer=trainer,
        text="denoising score matching with the score −∇E, EDM preconditioning and weights, "
        "log-normal noise levels, uniform dequantisation, Adam with cosine rate, EMA",
        batch=own["batch"],
        steps=steps("energy", data.name, pictures=True),
        label_dropout=0.1,
        recommended={"guidance": 1.6, "levels": 14},
        options={**sizes, **own},
    )


def _points(data: DataSet, options: Options) -> Recipe:
    sizes = chosen({"hidden": 128, "layers": 3, "places": 96}, options)
    own = chosen({"rate": 4e-3, "batch": 2048, "nodes": 4096}, options)
    net: dict[str, Any] = {
        "dim": data.train.x.shape[1],
        "classes": len(data.labels),
        **sizes,
        "steps": 80,
    }

    def trainer(g: torch.Generator) -> Likelihood:
        with drawn_from(g):
            model = PointEnergy(**net)
        model.standardise(data.train.x)
        return Likelihood(model, data.train.x, generator=g, rate=own["rate"], nodes=own["nodes"])

    return Recipe(
        net=net,
        trainer=trainer,
        text="maximum likelihood, log Z by stratified importance sampling at every step and by "
        "quadrature at the end, Adam with cosine rate, EMA",
        batch=own["batch"],
        steps=steps("energy", data.name, pictures=False),
        label_dropout=0.5,
        options={**sizes, **own},
    )


def denoising(
    net: PictureEnergy, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
) -> Tensor:
    """E λ(σ) ‖y + n − σ² ∇E(y + n; σ, c) − y‖², ln σ ~ N(P_mean, P_std²).

    Denoising score matching (Vincent 2011) with Tweedie's denoiser and the weights of Karras et
    al. 2022. The levels of one batch are spread evenly (Kingma et al. 2021, section 5.1).
    """
    y = net.enter(x + (uniform(g, *x.shape) - 0.5) / 127.5)
    sigma = drawn_levels(len(y), *_LEVELS, g)
    s = sigma.view(-1, 1, 1, 1)
    noise = s * normal(g, *y.shape)
    error = noise - s.square() * net.slope(y + noise, sigma, labels, train=True)
    weight = (sigma.square() + SIGMA_DATA**2) / (sigma * SIGMA_DATA).square()
    return (weight * error.square().flatten(1).mean(1)).mean()


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


class Likelihood(Descent):
    """Maximum likelihood: mean E(x, c) + log Z_c, Z_c = ∫ e^−E over the box of the points."""

    net: PointEnergy

    def __init__(
        self,
        net: PointEnergy,
        x: Tensor,
        *,
        generator: torch.Generator,
        rate: float = 4e-3,
        nodes: int = 4096,
    ) -> None:
        self._nodes, self._count = Nodes(x, net.low, net.high), nodes
        super().__init__(net, self._nats, generator=generator, rate=rate, averaging=0.99, clip=5.0)

    def _nats(
        self, net: PointEnergy, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
    ) -> Tensor:
        nodes, log_weight = self._nodes.draw(self._count, g)
        energies = net(torch.cat([x, nodes]))
        log_z = torch.logsumexp(log_weight[:, None] - energies[len(x) :], 0)
        own = energies[: len(x)].gather(1, labels[:, None])[:, 0]
        nats: Tensor = (own + log_z[labels]).mean()
        return nats

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
