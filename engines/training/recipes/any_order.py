"""Recipes of the any-order models: masked pixels or axes, masks of every size."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engines.families.any_order.net import PictureAnyOrder
from engines.families.autoregressive.model import to_indices
from engines.families.autoregressive.net import PointConditionals
from engines.training.datasets import DataSet
from engines.training.loop import Descent
from engines.training.recipe import Recipe
from engines.training.recipes.autoregressive import point_net


def any_order(data: DataSet) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data) if data.train.x.dim() == 4 else _points(data)


def _pictures(data: DataSet) -> Recipe:
    net: dict[str, Any] = {
        "shape": list(data.train.x.shape[1:]),
        "classes": len(data.labels),
        "width": [48, 96, 16],
        "blocks": [1, 3],
        "features": 32,
    }

    def trainer() -> Descent:
        model = PictureAnyOrder(**net)
        model.standardise(to_indices(data.train.x[:5000]))
        return Descent(model, _picture_loss, rate=2e-3, averaging=0.98)

    return Recipe(
        net=net,
        trainer=trainer,
        text="order-agnostic bound (Hoogeboom et al. 2022, algorithm 2), numbers of known pixels "
        "spread evenly, Adam with cosine rate, EMA",
        batch=32,
        steps=5000,
        label_dropout=0.1,
        recommended={"guidance": 1.5},
    )


def _points(data: DataSet) -> Recipe:
    net = point_net(data)

    def trainer() -> Descent:
        model = PointConditionals(**net)
        model.standardise(data.train.x)
        return Descent(model, _point_loss, rate=2e-3, averaging=0.99)

    return Recipe(
        net=net,
        trainer=trainer,
        text="maximum likelihood in either order, Adam with cosine rate, EMA",
        batch=512,
        steps=8000,
        label_dropout=0.5,
    )


def masks(n: int, dims: int) -> Tensor:
    """Which are known: t − 1 random ones of `dims`, t uniform on 1 … dims and spread evenly.

    Returns (n, dims) bool.
    """
    share = (torch.rand(1) + torch.randperm(n) / n) % 1
    count = (share * dims).floor().clamp_max(dims - 1)
    place = torch.rand(n, dims).argsort(1).argsort(1)
    return place < count[:, None]


def _picture_loss(net: PictureAnyOrder, x: Tensor, labels: Tensor, progress: float) -> Tensor:
    """Nats per dimension: the mean of −log p(x_i | x_known) over unknown pixels.

    That is D / (D − t + 1) Σ −log p, by D: Hoogeboom et al. 2022, equation 4.
    """
    levels = to_indices(x)
    known = masks(len(x), net.height * net.side)
    shaped = known.view_as(levels)
    log_p = net(levels, shaped, labels).log_softmax(3).gather(3, levels[..., None]).flatten(1)
    unknown = (~known).float()
    loss: Tensor = -((log_p * unknown).sum(1) / unknown.sum(1)).mean()
    return loss


def _point_loss(net: PointConditionals, x: Tensor, labels: Tensor, progress: float) -> Tensor:
    """Half the points in one order of the axes, half in the other."""
    forth = torch.arange(len(x)) < len(x) // 2
    order = range(net.dim)
    first = net.log_density(x[forth], labels[forth], order)
    second = net.log_density(x[~forth], labels[~forth], order[::-1])
    return -torch.cat([first, second]).mean()
