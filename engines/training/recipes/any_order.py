"""Recipes of the any-order models: masked pixels or axes, masks of every size."""

from __future__ import annotations

import torch
from torch import Tensor

from engines.families.any_order.net import PictureAnyOrder
from engines.families.autoregressive.model import to_indices
from engines.families.autoregressive.net import PointConditionals
from engines.training.budgets import steps
from engines.training.datasets import DataSet
from engines.training.descent import Descent
from engines.training.randomness import drawn_from, shuffled, uniform
from engines.training.recipe import NO_OPTIONS, Options, Recipe, chosen, net_of
from engines.training.recipes.autoregressive import POINT_NET


def any_order(data: DataSet, options: Options = NO_OPTIONS) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data, options) if data.train.x.dim() == 4 else _points(data, options)


def _pictures(data: DataSet, options: Options) -> Recipe:
    sizes = chosen({"width": [48, 96, 16], "blocks": [1, 3], "features": 32}, options)
    own = chosen({"rate": 2e-3, "batch": 32}, options)
    net = net_of(data, sizes)

    def trainer(g: torch.Generator) -> Descent:
        with drawn_from(g):
            model = PictureAnyOrder(**net)
        model.standardise(to_indices(data.train.x[:5000]))
        return Descent(model, _picture_loss, generator=g, rate=own["rate"], averaging=0.98)

    return Recipe(
        net=net,
        trainer=trainer,
        text="order-agnostic bound (Hoogeboom et al. 2022, algorithm 2), numbers of known pixels "
        "spread evenly, Adam with cosine rate, EMA",
        batch=own["batch"],
        steps=steps("any-order", data.name, pictures=True),
        label_dropout=0.1,
        recommended={"guidance": 1.5},
        options={**sizes, **own},
    )


def _points(data: DataSet, options: Options) -> Recipe:
    sizes, own = chosen(POINT_NET, options), chosen({"rate": 2e-3, "batch": 512}, options)
    net = net_of(data, sizes)

    def trainer(g: torch.Generator) -> Descent:
        with drawn_from(g):
            model = PointConditionals(**net)
        model.standardise(data.train.x)
        return Descent(model, _point_loss, generator=g, rate=own["rate"], averaging=0.99)

    return Recipe(
        net=net,
        trainer=trainer,
        text="maximum likelihood in either order, Adam with cosine rate, EMA",
        batch=own["batch"],
        steps=steps("any-order", data.name, pictures=False),
        label_dropout=0.5,
        options={**sizes, **own},
    )


def masks(n: int, dims: int, g: torch.Generator) -> Tensor:
    """Which are known: t − 1 random ones of `dims`, t uniform on 1 … dims and spread evenly.

    Returns (n, dims) bool.
    """
    share = (uniform(g, 1) + shuffled(g, n) / n) % 1
    count = (share * dims).floor().clamp_max(dims - 1)
    place = uniform(g, n, dims).argsort(1).argsort(1)
    return place < count[:, None]


def _picture_loss(
    net: PictureAnyOrder, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
) -> Tensor:
    """Nats per dimension: the mean of −log p(x_i | x_known) over unknown pixels.

    That is D / (D − t + 1) Σ −log p, by D: Hoogeboom et al. 2022, equation 4.
    """
    levels = to_indices(x)
    known = masks(len(x), net.height * net.side, g)
    shaped = known.view_as(levels)
    log_p = net(levels, shaped, labels).log_softmax(3).gather(3, levels[..., None]).flatten(1)
    unknown = (~known).float()
    loss: Tensor = -((log_p * unknown).sum(1) / unknown.sum(1)).mean()
    return loss


def _point_loss(
    net: PointConditionals, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
) -> Tensor:
    """Half the points in one order of the axes, half in the other."""
    forth = torch.arange(len(x)) < len(x) // 2
    order = range(net.dim)
    first = net.log_density(x[forth], labels[forth], order)
    second = net.log_density(x[~forth], labels[~forth], order[::-1])
    return -torch.cat([first, second]).mean()
