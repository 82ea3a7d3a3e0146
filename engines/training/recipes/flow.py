"""Recipes of the flows: maximum likelihood, on uniformly dequantised levels for pictures."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from engines.families.flow.net import PictureFlow, PointFlow
from engines.noise import log_normal
from engines.training.bounds import limited
from engines.training.datasets import DataSet
from engines.training.loop import Descent
from engines.training.recipe import Recipe


def flow(data: DataSet) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data) if data.train.x.dim() == 4 else _points(data)


def _pictures(data: DataSet) -> Recipe:
    net: dict[str, Any] = {
        "shape": list(data.train.x.shape[1:]),
        "classes": len(data.labels),
        "couplings": [4, 4],
        "width": [48, 96],
        "reach": [5, 7],
        "hidden": 384,
        "bins": 5,
        "top": [4, 384],
        "bounded": True,
    }
    return Recipe(
        net=net,
        trainer=lambda: Descent(PictureFlow(**net), _bits_per_dim, rate=2e-3),
        text="maximum likelihood in logit space, uniform dequantisation, Adam, cosine rate, EMA",
        batch=64,
        steps=9000,
        label_dropout=0.1,
        recommended={"temperature": 0.8},
        finish=lambda tensors: limited(PictureFlow(**net), tensors, data.train),
    )


def _points(data: DataSet) -> Recipe:
    net: dict[str, Any] = {
        "dim": data.train.x.shape[1],
        "classes": len(data.labels),
        "transforms": 5,
        "bins": 16,
        "hidden": [128, 128],
    }

    def trainer() -> Descent:
        model = PointFlow(**net)
        model.standardise(data.train.x)
        return Descent(model, _nats, rate=2e-3, clip=5.0)

    return Recipe(
        net=net,
        trainer=trainer,
        text="maximum likelihood, neural spline flow, Adam with cosine rate, EMA",
        batch=512,
        steps=4000,
        label_dropout=0.5,
    )


def _bits_per_dim(net: PictureFlow, x: Tensor, labels: Tensor, progress: float) -> Tensor:
    u = ((x + 1) * 127.5).round().add(torch.rand_like(x)) / 256
    z, log_det = net.encode(u, labels)
    dims = z.shape[1]
    return 8 - (log_normal(z) + log_det).mean() / (dims * math.log(2))


def _nats(net: PointFlow, x: Tensor, labels: Tensor, progress: float) -> Tensor:
    z, log_det = net.encode(x, labels)
    return -(log_normal(z) + log_det).mean()
