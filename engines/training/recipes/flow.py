"""Recipes of the flows: maximum likelihood, on uniformly dequantised levels for pictures."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engines.families.flow.net import PictureFlow, PointFlow
from engines.noise import log_normal
from engines.training.bounds import limited
from engines.training.budgets import steps
from engines.training.datasets import DataSet
from engines.training.descent import Descent
from engines.training.randomness import drawn_from, seeded, uniform
from engines.training.recipe import NO_OPTIONS, Options, Recipe, chosen, net_of


def flow(data: DataSet, options: Options = NO_OPTIONS) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data, options) if data.train.x.dim() == 4 else _points(data, options)


def _pictures(data: DataSet, options: Options) -> Recipe:
    sizes = {
        "couplings": [4, 4],
        "width": [48, 96],
        "reach": [5, 7],
        "hidden": 384,
        "bins": 5,
        "top": [4, 384],
    }
    sizes, own = chosen(sizes, options), chosen({"rate": 2e-3, "batch": 64}, options)
    net = net_of(data, sizes, bounded=True)

    def built(g: torch.Generator) -> PictureFlow:
        with drawn_from(g):
            return PictureFlow(**net)

    return Recipe(
        net=net,
        trainer=lambda g: Descent(built(g), _bits_per_dim, generator=g, rate=own["rate"]),
        text="maximum likelihood in logit space, uniform dequantisation, Adam, cosine rate, EMA",
        batch=own["batch"],
        steps=steps("flow", data.name, pictures=True),
        label_dropout=0.1,
        recommended={"temperature": 0.8},
        options={**sizes, **own},
        # its own weights are filled over
        finish=lambda tensors: limited(built(seeded(0)), tensors, data.train),
    )


def _points(data: DataSet, options: Options) -> Recipe:
    sizes = chosen({"transforms": 5, "bins": 16, "hidden": [128, 128]}, options)
    own = chosen({"rate": 2e-3, "batch": 512}, options)
    net = net_of(data, sizes)

    def trainer(g: torch.Generator) -> Descent:
        with drawn_from(g):
            model = PointFlow(**net)
        model.standardise(data.train.x)
        return Descent(model, _nats, generator=g, rate=own["rate"], clip=5.0)

    return Recipe(
        net=net,
        trainer=trainer,
        text="maximum likelihood, neural spline flow, Adam with cosine rate, EMA",
        batch=own["batch"],
        steps=steps("flow", data.name, pictures=False),
        label_dropout=0.5,
        options={**sizes, **own},
    )


def _bits_per_dim(
    net: PictureFlow, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
) -> Tensor:
    u = ((x + 1) * 127.5).round().add(uniform(g, *x.shape)) / 256
    z, log_det = net.encode(u, labels)
    dims = z.shape[1]
    return 8 - (log_normal(z) + log_det).mean() / (dims * math.log(2))


def _nats(net: PointFlow, x: Tensor, labels: Tensor, progress: float, g: torch.Generator) -> Tensor:
    z, log_det = net.encode(x, labels)
    return -(log_normal(z) + log_det).mean()
