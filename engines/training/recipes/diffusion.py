"""Recipes of the diffusion models: denoising at every noise level (Karras et al. 2022)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from engines.families.diffusion.net import SIGMA_DATA, Denoiser, PictureDenoiser, PointDenoiser
from engines.training.budgets import steps
from engines.training.datasets import DataSet
from engines.training.descent import Descent
from engines.training.randomness import drawn_from, normal, uniform
from engines.training.recipe import NO_OPTIONS, Options, Recipe, chosen, net_of

_PICTURE_LEVELS = (-1.2, 1.2)
_POINT_LEVELS = (-1.8, 1.4)
_SMOOTH: dict[str, dict[str, float]] = {
    "moons": {"smooth": 0.05, "places": 16},
    "gaussians": {"smooth": 0.08, "places": 16},
    "rings": {"smooth": 0.025},
    "spirals": {"smooth": 0.03},
}
"""Sets known to be smooth, at the scale of their own noise, in standardised units."""
_ALONE, _NEVER = 0.02, 1e6
"""Noise within which a point has no neighbours to speak of; nats that rule an example out."""
_SHARE = 4
"""Of so many examples one is noised; all are what may be behind it."""
_TEXT = "EDM preconditioning and weights, log-normal noise levels, Adam with cosine rate, EMA"


def diffusion(data: DataSet, options: Options = NO_OPTIONS) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data, options) if data.train.x.dim() == 4 else _points(data, options)


def _pictures(data: DataSet, options: Options) -> Recipe:
    sizes = chosen({"width": [48, 96, 16], "blocks": [1, 3]}, options)
    own = chosen({"rate": 2e-3, "batch": 64}, options)
    net = net_of(data, sizes, steps=40)

    def trainer(g: torch.Generator) -> Descent:
        with drawn_from(g):
            model = PictureDenoiser(**net)
        model.standardise(_dequantised(data.train.x[:5000], g))
        return Descent(model, _picture_loss, generator=g, rate=own["rate"], averaging=0.98)

    return Recipe(
        net=net,
        trainer=trainer,
        text=f"logits of dequantised levels, {_TEXT}",
        batch=own["batch"],
        steps=steps("diffusion", data.name, pictures=True),
        label_dropout=0.1,
        recommended={"guidance": 1.2, "steps": 20},
        options={**sizes, **own},
    )


def _points(data: DataSet, options: Options) -> Recipe:
    known = _SMOOTH.get(data.name, {})
    sizes = {"hidden": 128, "layers": 4, "features": 32, "places": 96, **known}
    centre, spread = _POINT_LEVELS
    live = {"level": centre, "level_spread": spread}
    sizes = chosen(sizes, options)
    own = chosen({"rate": 3e-3, "batch": 2048, **live}, options, signed=("level",))
    net = net_of(data, sizes, steps=20)

    def trainer(g: torch.Generator) -> Descent:
        with drawn_from(g):
            model = PointDenoiser(**net)
        model.standardise(data.train.x)
        knobs = {name: own[name] for name in live}
        loss = partial(_point_loss, knobs=knobs)
        return Descent(model, loss, generator=g, rate=own["rate"], averaging=0.99, knobs=knobs)

    return Recipe(
        net=net,
        trainer=trainer,
        label_dropout=0.5,
        batch=own["batch"],
        steps=steps("diffusion", data.name, pictures=False),
        options={**sizes, **own},
        text=f"{_TEXT}, divergence matched as well (Lu et al. 2022), targets among the batch",
    )


def _dequantised(x: Tensor, g: torch.Generator) -> Tensor:
    """Uniform draws inside the pixel cells: pictures in [-1, 1] -> u in (0, 1)."""
    return ((x + 1) * 127.5).round().add(uniform(g, *x.shape)) / 256


def _picture_loss(
    net: PictureDenoiser, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
) -> Tensor:
    return denoising_loss(net, _dequantised(x, g), labels, _PICTURE_LEVELS, g)


def _point_loss(
    net: PointDenoiser,
    x: Tensor,
    labels: Tensor,
    progress: float,
    g: torch.Generator,
    *,
    knobs: Mapping[str, float],
) -> Tensor:
    """`matching_loss` at noise of ln σ ~ N(level, level_spread²), in standardised units."""
    return matching_loss(net, x, labels, (knobs["level"], knobs["level_spread"]), g)


def denoising_loss(
    net: Denoiser, x: Tensor, labels: Tensor, levels: tuple[float, float], g: torch.Generator
) -> Tensor:
    """E λ(σ) ‖D(y + n; σ, c) − y‖², ln σ ~ N(P_mean, P_std²): Karras et al. 2022, equation 8."""
    y, _ = net.enter(x)
    sigma = drawn_levels(len(y), *levels, g)
    noisy = y + sigma.view(-1, *[1] * (y.dim() - 1)) * normal(g, *y.shape)
    return _weighted(net(noisy, sigma, labels) - y, sigma)


def matching_loss(
    net: PointDenoiser, x: Tensor, labels: Tensor, levels: tuple[float, float], g: torch.Generator
) -> Tensor:
    """`denoising_loss` of points, and E (∇ · D − E[‖y − D‖² | y + n] / σ²)² beside it.

    The log-density of the ODE adds up ∇ · D, which a low error of D leaves open: matched as well,
    as in the high-order denoising score matching of Lu et al. 2022, its target `among_batch`.
    """
    y, _ = net.enter(x)
    count = max(1, len(y) // _SHARE)
    sigma = drawn_levels(count, *levels, g)
    noisy = y[:count] + sigma[:, None] * normal(g, count, y.shape[1])
    target, spread = among_batch(y, noisy, sigma, labels, net.classes)
    found, divergence = net.with_divergence(noisy, sigma, labels[:count])
    error = found - target
    trace = (spread + error.detach().square().sum(1)) / sigma.square()
    turning = torch.where(sigma < _ALONE, 0, divergence - trace)
    return _weighted(error, sigma) + turning.square().mean()


def drawn_levels(count: int, p_mean: float, p_std: float, g: torch.Generator) -> Tensor:
    """Levels ln σ ~ N(P_mean, P_std²), spread evenly (Kingma et al. 2021, 5.1): less noise."""
    spread = (uniform(g, 1) + torch.arange(count, device=g.device) / count) % 1
    normal: Tensor = torch.special.ndtri(spread.clamp(1e-6, 1 - 1e-6))
    return (p_mean + p_std * normal).exp()


def _weighted(error: Tensor, sigma: Tensor) -> Tensor:
    """E λ(σ) ‖error‖², by dimension."""
    weight = (sigma.square() + SIGMA_DATA**2) / (sigma * SIGMA_DATA).square()
    loss: Tensor = (weight * error.square().flatten(1).mean(1)).mean()
    return loss


@torch.no_grad()
def among_batch(
    y: Tensor, noisy: Tensor, sigma: Tensor, labels: Tensor, anyone: int
) -> tuple[Tensor, Tensor]:
    """What may be behind noisy points, by weight over all y (m, dim): mean (n, dim), spread (n,).

    The noisy ones are of the first n of y. An example of class `anyone` may come from any y,
    others from those of their class. The mean has the expectation of the example itself, which is
    one of them, and far less variance (the stable targets of Xu, Tong & Jaakkola 2023) where the y
    are dense at the scale of σ; so has E‖y − c‖² = spread + ‖mean − c‖² for any c.
    """
    n = len(noisy)
    classes = torch.nn.functional.one_hot(labels, anyone + 1).to(y.dtype)
    named = (labels[:n] != anyone)[:, None]
    near = sigma.square().reciprocal()[:, None]
    # −‖noisy − y‖² / 2σ² up to a constant of each row, and −∞, as it were, for other classes
    squares = y.square().sum(1, keepdim=True)
    asked = torch.cat([noisy * near, -near / 2, named * (classes[:n] - 1) * _NEVER], 1)
    weights = (asked @ torch.cat([y, squares, classes], 1).T).softmax(1)
    mean, square = (weights @ torch.cat([y, squares], 1)).split([y.shape[1], 1], 1)
    spread = (square - mean.square().sum(1, keepdim=True)).clamp_min(0)[:, 0]
    alone = sigma < _ALONE
    return torch.where(alone[:, None], y[:n], mean), torch.where(alone, 0, spread)
