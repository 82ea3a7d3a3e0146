"""Densities on rectangular grids of the plane."""

from __future__ import annotations

import torch
from torch import Tensor

from engines.checkpoints.catalog import no_density
from engines.drawing import codes_of
from engines.model import NO_KNOBS, NOTHING, DensityRun, Given, Knobs, Model


def log_density_grid(
    model: Model,
    xs: Tensor,
    ys: Tensor,
    label: int | None = None,
    knobs: Knobs = NO_KNOBS,
    *,
    given: Given = NOTHING,
) -> DensityRun:
    """log p(x, y), of one class or under given values, for every x of xs (a,) and y of ys (b,).

    The values are nats (a·b,) float64 in the order of torch.cartesian_prod(xs, ys). Where the model
    has its own way on a grid it is taken, but for values of several attributes: it knows of classes
    alone. Raises ValueError for an implicit model, for one that is not of the
    plane, for a condition that it does not have, and for axes that are empty or do not increase.
    """
    if model.density is None:
        raise ValueError(no_density(model.card))
    if model.card.shape != (2,):
        raise ValueError(f"{model.card.name} is not a 2-D model: its shape is {model.card.shape}")
    for name, axis in (("xs", xs), ("ys", ys)):
        if axis.dim() != 1 or not len(axis) or not (axis.diff() > 0).all():
            raise ValueError(f"{name} must be one increasing row of numbers")
    one = codes_of(model.card, label, given, 1)
    if model.density.grid is not None and (one is None or model.labels):
        return (yield from model.density.grid(xs, ys, None if one is None else int(one), knobs))
    points = torch.cartesian_prod(xs, ys).float()
    labels = None if one is None else one.expand(len(points), *one.shape[1:])
    return (yield from model.density.run(points, labels, knobs))
