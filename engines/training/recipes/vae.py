"""Recipes of the VAEs: ELBO with KL warm-up for pictures, IWAE-8 for points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from engines.families.vae.net import PictureVAE, PointVAE
from engines.noise import log_normal
from engines.training.budgets import steps
from engines.training.datasets import DataSet
from engines.training.descent import Descent
from engines.training.randomness import drawn_from, normal
from engines.training.recipe import NO_OPTIONS, Options, Recipe, chosen, net_of


def vae(data: DataSet, options: Options = NO_OPTIONS) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data, options) if data.train.x.dim() == 4 else _points(data, options)


def _pictures(data: DataSet, options: Options) -> Recipe:
    sizes = chosen({"latent": 24, "width": 96, "mixtures": 3}, options)
    own = chosen({"rate": 2e-3, "batch": 128}, options)
    net = net_of(data, sizes)

    def trainer(g: torch.Generator) -> Descent:
        with drawn_from(g):
            model = PictureVAE(**net)
        return Descent(model, _negative_elbo, generator=g, rate=own["rate"])

    return Recipe(
        net=net,
        trainer=trainer,
        text="ELBO, discretised mixture of logistics, flow prior, KL warm-up, Adam, EMA",
        batch=own["batch"],
        steps=steps("vae", data.name, pictures=True),
        label_dropout=0.1,
        options={**sizes, **own},
    )


def _points(data: DataSet, options: Options) -> Recipe:
    sizes = chosen({"latent": 2, "hidden": 64, "transforms": 2}, options)
    live: dict[str, Any] = {"samples": 8, "kl": 1.0}
    own = chosen({"rate": 3e-3, "batch": 512, **live}, options)
    net = net_of(data, sizes)

    def trainer(g: torch.Generator) -> Descent:
        with drawn_from(g):
            model = PointVAE(**net)
        model.standardise(data.train.x)
        knobs = {name: own[name] for name in live}
        loss = partial(_weighed, knobs=knobs)
        return Descent(model, loss, generator=g, rate=own["rate"], clip=10.0, knobs=knobs)

    return Recipe(
        net=net,
        trainer=trainer,
        text=f"IWAE with {own['samples']} samples (Burda et al. 2016), flow prior, one decoder sd, "
        "Adam, EMA",
        batch=own["batch"],
        steps=steps("vae", data.name, pictures=False),
        label_dropout=0.5,
        options={**sizes, **own},
    )


def _negative_elbo(
    net: PictureVAE, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
) -> Tensor:
    """Minus the ELBO, the KL divergence weighed from a tenth to the whole at first."""
    mean, log_sd = net.posterior(x, labels)
    z = mean + log_sd.exp() * normal(g, *mean.shape)
    log_q = log_normal((z - mean) / log_sd.exp()) - log_sd.sum(1)
    kl = log_q - net.log_prior(z, labels)
    warm = min(1.0, 0.1 + 9 * progress)
    return (warm * kl - net.log_likelihood(x, z, labels)).mean()


def _weighed(
    net: PointVAE,
    x: Tensor,
    labels: Tensor,
    progress: float,
    g: torch.Generator,
    *,
    knobs: Mapping[str, float],
) -> Tensor:
    """`negative_iwae` with the values of the moment."""
    samples, kl = round(knobs["samples"]), knobs["kl"]
    return negative_iwae(net, x, labels, progress, g, samples=samples, kl=kl)


def negative_iwae(
    net: PointVAE,
    x: Tensor,
    labels: Tensor,
    progress: float,
    g: torch.Generator,
    *,
    samples: int = 8,
    kl: float = 1.0,
) -> Tensor:
    """Minus the importance-weighted bound with M samples (Burda et al. 2016, equation 8).

    With M = 1 it is the ELBO, its KL divergence weighed by `kl` (Higgins et al. 2017).
    """
    m = samples
    x, labels = x.repeat(m, 1), labels.repeat(m)
    mean, log_sd = net.posterior(x, labels)
    e = normal(g, *mean.shape)
    z = mean + log_sd.exp() * e
    log_q = log_normal(e) - log_sd.sum(1)
    log_w = net.log_likelihood(x, z, labels) + kl * (net.log_prior(z, labels) - log_q)
    return -(torch.logsumexp(log_w.view(m, -1), 0) - math.log(m)).mean()
