"""Recipes of the diffusion models: denoising at every noise level (Karras et al. 2022)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engines.nets.diffusion import SIGMA_DATA, Denoiser, PictureDenoiser, PointDenoiser
from engines.training.datasets import DataSet
from engines.training.loop import Descent
from engines.training.recipe import Recipe

_PICTURE_LEVELS = (-1.2, 1.2)
_POINT_LEVELS = (-1.8, 1.4)
_SMOOTH: dict[str, dict[str, float]] = {"moons": {"smooth": 0.05, "places": 16}}
"""Sets known to be smooth, at the scale of their own noise, in standardised units."""
_ALONE, _NEVER = 0.01, 1e6
"""Noise within which a point has no neighbours to speak of; nats that rule an example out."""
_TEXT = "EDM preconditioning and weights, log-normal noise levels, Adam with cosine rate, EMA"


def diffusion(data: DataSet) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data) if data.train.x.dim() == 4 else _points(data)


def _pictures(data: DataSet) -> Recipe:
    net: dict[str, Any] = {
        "shape": list(data.train.x.shape[1:]), "classes": len(data.labels),
        "width": [48, 96, 16], "blocks": [1, 3], "steps": 40,
    }  # fmt: skip

    def trainer() -> Descent:
        model = PictureDenoiser(**net)
        model.standardise(_dequantised(data.train.x[:5000]))
        return Descent(model, _picture_loss, rate=2e-3, averaging=0.98)

    return Recipe(
        net=net, trainer=trainer, text=f"logits of dequantised levels, {_TEXT}",
        batch=64, minutes=60, label_dropout=0.1, recommended={"guidance": 1.2, "steps": 20},
    )  # fmt: skip


def _points(data: DataSet) -> Recipe:
    net: dict[str, Any] = {
        "dim": data.train.x.shape[1], "classes": len(data.labels),
        "hidden": 128, "layers": 4, "features": 32, "places": 96, "steps": 20,
        **_SMOOTH.get(data.name, {}),
    }  # fmt: skip

    def trainer() -> Descent:
        model = PointDenoiser(**net)
        model.standardise(data.train.x)
        return Descent(model, _point_loss, rate=2e-3, averaging=0.99)

    return Recipe(
        net=net, trainer=trainer, text=f"{_TEXT}, targets among the batch", batch=512, minutes=2.5,
        label_dropout=0.5,
    )  # fmt: skip


def _dequantised(x: Tensor) -> Tensor:
    """Uniform draws inside the pixel cells: pictures in [-1, 1] -> u in (0, 1)."""
    return ((x + 1) * 127.5).round().add(torch.rand_like(x)) / 256


def _picture_loss(net: PictureDenoiser, x: Tensor, labels: Tensor, progress: float) -> Tensor:
    return denoising_loss(net, _dequantised(x), labels, _PICTURE_LEVELS)


def _point_loss(net: PointDenoiser, x: Tensor, labels: Tensor, progress: float) -> Tensor:
    return denoising_loss(net, x, labels, _POINT_LEVELS, among=True)


def denoising_loss(
    net: Denoiser, x: Tensor, labels: Tensor, levels: tuple[float, float], *, among: bool = False
) -> Tensor:
    """E λ(σ) ‖D(y + n; σ, c) − y‖², ln σ ~ N(P_mean, P_std²): Karras et al. 2022, equation 8.

    The levels of one batch are spread evenly (Kingma et al. 2021, section 5.1): less noise. With
    `among`, y is the mean of what may be behind y + n `among_batch`.
    """
    y, _ = net.enter(x)
    spread = (torch.rand(1) + torch.arange(len(y)) / len(y)) % 1
    p_mean, p_std = levels
    sigma: Tensor = (p_mean + p_std * torch.special.ndtri(spread.clamp(1e-6, 1 - 1e-6))).exp()
    weight = (sigma.square() + SIGMA_DATA**2) / (sigma * SIGMA_DATA).square()
    noisy = y + sigma.view(-1, *[1] * (y.dim() - 1)) * torch.randn_like(y)
    target = among_batch(y, noisy, sigma, labels, net.classes) if among else y
    error = net(noisy, sigma, labels) - target
    loss: Tensor = (weight * error.square().flatten(1).mean(1)).mean()
    return loss


def among_batch(y: Tensor, noisy: Tensor, sigma: Tensor, labels: Tensor, anyone: int) -> Tensor:
    """What may be behind noisy points, by weight over the batch: all (n, dim).

    An example of class `anyone` may come from any of the batch, others from those of their class.
    The mean has the expectation of the example itself, which is one of them, and far less variance
    (the stable targets of Xu, Tong & Jaakkola 2023) where the batch is dense at the scale of σ.
    """
    classes = torch.nn.functional.one_hot(labels, anyone + 1).to(y.dtype)
    named = (labels != anyone)[:, None]
    near = sigma.square().reciprocal()[:, None]
    # −‖noisy − y‖² / 2σ² up to a constant of each row, and −∞, as it were, for other classes
    asked = torch.cat([noisy * near, -near / 2, named * (classes - 1) * _NEVER], 1)
    given = torch.cat([y, y.square().sum(1, keepdim=True), classes], 1)
    return torch.where(sigma[:, None] < _ALONE, y, (asked @ given.T).softmax(1) @ y)
