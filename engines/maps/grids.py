"""Densities on rectangular grids of the plane."""

from __future__ import annotations

import torch
from torch import Tensor

from engines.checkpoints.catalog import no_density
from engines.model import NO_KNOBS, DensityRun, Knobs, Model


def log_density_grid(
    model: Model, xs: Tensor, ys: Tensor, label: int | None = None, knobs: Knobs = NO_KNOBS
) -> DensityRun:
    """log p(x, y) or log p(x, y | label) in nats for every x of xs (a,) and y of ys (b,).

    The values are (a·b,) float64 in the order of torch.cartesian_prod(xs, ys). Takes the model's
    own way on a grid where it has one. Raises ValueError for an implicit model, for one that is
    not of the plane, and for axes that are empty or do not increase.
    """
    if model.density is None:
        raise ValueError(no_density(model.card))
    if model.card.shape != (2,):
        raise ValueError(f"{model.card.name} is not a 2-D model: its shape is {model.card.shape}")
    for name, axis in (("xs", xs), ("ys", ys)):
        if axis.dim() != 1 or not len(axis) or not (axis.diff() > 0).all():
            raise ValueError(f"{name} must be one increasing row of numbers")
    if model.density.grid is not None:
        return (yield from model.density.grid(xs, ys, label, knobs))
    points = torch.cartesian_prod(xs, ys).float()
    labels = None if label is None else torch.full((len(points),), label)
    return (yield from model.density.run(points, labels, knobs))
