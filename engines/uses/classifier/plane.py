"""log p(x | c) of every class over the plane: what a map of decisions is made of."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engines.maps.grids import log_density_grid
from engines.model import Meaning, Model, Step, Steps
from engines.uses.classifier.bayes import Floats, joint, log_mixture
from engines.uses.classifier.likelihoods import refusal
from engines.uses.errors import UseError


@dataclass(frozen=True, eq=False)
class Everywhere:
    """log p(x | c) in nats over a grid (high, wide, classes), the lowest row first, and of points
    (n, classes); `meaning` and `method` of the density."""

    grid: Floats
    points: Floats
    meaning: Meaning
    method: str


def everywhere(
    model: Model, xs: Tensor, ys: Tensor, points: Tensor
) -> Generator[Step, None, Everywhere]:
    """Ask a model of every x of xs (a,) and y of ys (b,), and of points (n, 2), for each class.

    Raises UseError for a model without p(x | c).
    """
    if (why := refusal(model)) is not None:
        raise UseError(why)
    assert model.density is not None
    classes, cells = len(model.labels), len(xs) * len(ys)
    total = classes * (cells + len(points))
    grids, rows, method = [], [], ""
    for label in range(classes):
        done = label * (cells + len(points))
        steps = Steps(log_density_grid(model, xs, ys, label))
        for step in steps:
            yield Step(done + round(cells * step.done / max(1, step.total or 1)), total)
        grids.append(steps.result.value.view(len(xs), len(ys)).T.double().numpy())
        alone = Steps(model.density.run(points, torch.full((len(points),), label), {}))
        for _ in alone:
            yield Step(done + cells, total)
        rows.append(alone.result.value.double().numpy())
        method = alone.result.method
    return Everywhere(np.stack(grids, 2), np.stack(rows, 1), model.density.meaning, method)


def lead(log_p: Floats, prior: Floats) -> Floats:
    """By how many nats the likeliest class leads the next one: 0 at the borders of decisions.

    `log_p` is (…, classes) with at least two classes; the result is finite, at most 1e6.
    """
    whole = np.sort(joint(log_p.reshape(-1, log_p.shape[-1]), prior), 1)
    with np.errstate(invalid="ignore"):
        ahead = np.nan_to_num(whole[:, -1] - whole[:, -2], nan=0.0, posinf=1e6)
    return np.asarray(np.minimum(ahead, 1e6).reshape(log_p.shape[:-1]))


def outside(found: Everywhere, prior: Floats, rate: float) -> npt.NDArray[np.bool_]:
    """Where the mixture Σ p(c) p(x | c) is lower than at the share `rate` of the points."""
    limit = np.quantile(log_mixture(found.points, prior), rate)
    flat = log_mixture(found.grid.reshape(-1, found.grid.shape[-1]), prior)
    return np.asarray(flat.reshape(found.grid.shape[:2]) < limit)
