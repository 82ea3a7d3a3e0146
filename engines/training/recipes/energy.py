"""Recipes of the energy-based models.

Pictures: denoising score matching at every noise level with the score −∇E (Vincent 2011; Salimans
& Ho 2021). Points: see `point_energy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from engines.families.diffusion.net import SIGMA_DATA
from engines.families.energy.net import PictureEnergy, PointEnergy
from engines.training.budgets import steps
from engines.training.datasets import DataSet
from engines.training.descent import Descent
from engines.training.randomness import drawn_from, normal, uniform
from engines.training.recipe import NO_OPTIONS, Options, Recipe, chosen, net_of
from engines.training.recipes.diffusion import drawn_levels
from engines.training.recipes.point_energy import Chains, Contrast, Energies, Likelihood

_LEVELS = (-1.2, 1.3)
_OBJECTIVES: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "likelihood": (
        {"nodes": 4096},
        "maximum likelihood, log Z by stratified importance sampling at every step",
    ),
    "contrast": (
        {"noises": 4},
        "noise-contrastive estimation (Gutmann & Hyvärinen 2012), log Z as learned",
    ),
    "chains": (
        {"chains": 256, "chain_steps": 10, "chain_size": 0.005},
        "persistent contrastive divergence with MALA (Tieleman 2008), log Z left open",
    ),
}
"""What may train an energy of points: its own options and how it is told."""


def energy(data: DataSet, options: Options = NO_OPTIONS) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data, options) if data.train.x.dim() == 4 else _points(data, options)


def _pictures(data: DataSet, options: Options) -> Recipe:
    sizes = chosen({"width": [32, 64, 8], "blocks": [1, 3]}, options)
    own = chosen({"rate": 2e-3, "batch": 64}, options)
    net = net_of(data, sizes, levels=24, steps=1)

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
    objective = options.get("objective", "likelihood")
    if objective not in _OBJECTIVES:
        raise ValueError(f"objective is one of {', '.join(_OBJECTIVES)}, got {objective!r}")
    live, text = _OBJECTIVES[objective]
    own = chosen({"rate": 4e-3, "batch": 2048, **live}, options)
    net = net_of(data, sizes, steps=80)

    def trainer(g: torch.Generator) -> Energies:
        with drawn_from(g):
            model = PointEnergy(**net)
        x, labels = data.train.x, data.train.labels
        model.standardise(x)
        knobs = {name: own[name] for name in ("rate", *live) if name != "chains"}
        if objective == "likelihood":
            return Likelihood(model, x, generator=g, knobs=knobs)
        if objective == "contrast":
            return Contrast(model, x, generator=g, knobs=knobs)
        return Chains(model, x, labels, chains=own["chains"], generator=g, knobs=knobs)

    return Recipe(
        net=net,
        trainer=trainer,
        text=f"{text} and by quadrature at the end, Adam with cosine rate, EMA",
        batch=own["batch"],
        steps=steps("energy", data.name, pictures=False),
        label_dropout=0.5,
        options={**sizes, "objective": objective, **own},
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
