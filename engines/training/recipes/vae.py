"""Recipes of the VAEs: ELBO with KL warm-up for pictures, IWAE-8 for points."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from engines.families.vae.net import PictureVAE, PointVAE
from engines.noise import log_normal
from engines.training.datasets import DataSet
from engines.training.loop import Descent
from engines.training.recipe import Recipe


def vae(data: DataSet) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data) if data.train.x.dim() == 4 else _points(data)


def _pictures(data: DataSet) -> Recipe:
    net: dict[str, Any] = {
        "shape": list(data.train.x.shape[1:]),
        "classes": len(data.labels),
        "latent": 24,
        "width": 96,
        "mixtures": 3,
    }
    return Recipe(
        net=net,
        trainer=lambda: Descent(PictureVAE(**net), _negative_elbo, rate=2e-3),
        text="ELBO, discretised mixture of logistics, flow prior, KL warm-up, Adam, EMA",
        batch=128,
        steps=4500,
        label_dropout=0.1,
    )


def _points(data: DataSet) -> Recipe:
    net: dict[str, Any] = {
        "dim": data.train.x.shape[1],
        "classes": len(data.labels),
        "latent": 2,
        "hidden": 64,
    }

    def trainer() -> Descent:
        model = PointVAE(**net)
        model.standardise(data.train.x)
        return Descent(model, _negative_iwae, rate=3e-3, clip=10.0)

    return Recipe(
        net=net,
        trainer=trainer,
        text="IWAE with 8 samples (Burda et al. 2016), flow prior, one decoder sd, Adam, EMA",
        batch=512,
        steps=1500,
        label_dropout=0.5,
    )


def _negative_elbo(net: PictureVAE, x: Tensor, labels: Tensor, progress: float) -> Tensor:
    mean, log_sd = net.posterior(x, labels)
    z = mean + log_sd.exp() * torch.randn_like(mean)
    log_q = log_normal((z - mean) / log_sd.exp()) - log_sd.sum(1)
    kl = log_q - net.log_prior(z, labels)
    warm = min(1.0, 0.1 + 9 * progress)
    return (warm * kl - net.log_likelihood(x, z, labels)).mean()


def _negative_iwae(net: PointVAE, x: Tensor, labels: Tensor, progress: float) -> Tensor:
    """Minus the importance-weighted bound with M = 8 (Burda et al. 2016, equation 8)."""
    m = 8
    x, labels = x.repeat(m, 1), labels.repeat(m)
    mean, log_sd = net.posterior(x, labels)
    e = torch.randn_like(mean)
    z = mean + log_sd.exp() * e
    log_q = log_normal(e) - log_sd.sum(1)
    log_w = net.log_likelihood(x, z, labels) + net.log_prior(z, labels) - log_q
    return -(torch.logsumexp(log_w.view(m, -1), 0) - math.log(m)).mean()
