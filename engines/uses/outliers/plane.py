"""Conformal p-values over the plane: where a new point would be strange."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from engines.checkpoints.catalog import no_density
from engines.model import LogDensity, Meaning, Model, Step, Steps
from engines.uses.outliers import conformal
from engines.uses.outliers.conformal import Floats

_ROWS = 1024


def p_map(
    model: Model, held_out: Tensor, xs: Tensor, ys: Tensor
) -> Generator[Step, None, tuple[Floats, LogDensity]]:
    """p-values (b, a) of −log p at every x of xs (a,) and y of ys (b,), the lowest row first.

    They are ranks among held-out points (n, 2). Both are measured in the same way. What the model
    gives of the held-out points comes with it.
    Raises ValueError for a model without a density.
    """
    if model.density is None:
        raise ValueError(no_density(model.card))
    total = len(held_out) + len(xs) * len(ys)
    steps = Steps(model.density.run(held_out, None, {}))
    for _ in steps:
        yield Step(0, total)
    found = steps.result
    grid = Steps(_on_grid(model, xs, ys, found))
    for step in grid:
        yield Step(len(held_out) + step.done, total)
    score = np.nan_to_num(-grid.result.numpy(), posinf=1e300)
    p = conformal.p_values(score, -found.value.numpy())
    return p.reshape(len(xs), len(ys)).T.copy(), found


def _on_grid(
    model: Model, xs: Tensor, ys: Tensor, like: LogDensity
) -> Generator[Step, None, Tensor]:
    """log p (a·b,) in the order of torch.cartesian_prod(xs, ys), measured as `like` was.

    The model's own way on a grid is taken where it is exact and so gives the same.
    """
    density = model.density
    assert density is not None
    if density.grid is not None and density.meaning is like.meaning is Meaning.EXACT:
        steps = Steps(density.grid(xs, ys, None, {}))
        yield from steps
        if steps.result.method == like.method:
            return steps.result.value
    places = torch.cartesian_prod(xs, ys).float()
    found = []
    for start in range(0, len(places), _ROWS):
        part = Steps(density.run(places[start : start + _ROWS], None, {}))
        for _ in part:
            yield Step(start, len(places))
        found.append(part.result.value)
        yield Step(min(len(places), start + _ROWS), len(places))
    return torch.cat(found)
