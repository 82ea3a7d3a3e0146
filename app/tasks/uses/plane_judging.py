"""Jobs of the p-value map of the plane. Runs on the lane."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.models.open_models import Loading, Models
from app.tasks.uses.judging import Measuring, Unjudged
from app.work.lane import Job
from engines.checkpoints.catalog import no_density
from engines.data.own import DataError
from engines.maps.area import Area
from engines.maps.kinds import Kind, kind_of
from engines.model import Card, Steps

SIDE = 96


@dataclass(frozen=True, eq=False)
class PMap:
    """p-values (high, wide) of an area, the lowest row first, and the points they are ranks among.

    `kind` and `method` are of the density that ranks them.
    """

    p: npt.NDArray[np.float64]
    area: Area
    points: npt.NDArray[np.float32]
    kind: Kind
    method: str


def p_map(models: Models, card: Card, side: int) -> Job:
    """A job that yields Measuring, then the PMap of the data's own area, or Unjudged."""

    def job() -> Generator[Loading | Measuring | PMap | Unjudged, None, None]:
        import torch

        from engines.uses.outliers import plane, reference

        model = yield from models.get(card)
        if model.density is None:
            yield Unjudged(f"{no_density(card)}.")
            return
        try:
            x = reference.examples_of(card)
        except DataError as error:
            yield Unjudged(f"{error}.")
            return
        (x0, y0), (x1, y1) = x.min(0).values.tolist(), x.max(0).values.tolist()
        area = Area(x0, x1, y0, y1).grown(0.25)
        xs, ys = (torch.from_numpy(axis) for axis in area.axes(*area.pixels(side)))
        steps = Steps(plane.p_map(model, x[reference.USUAL :], xs, ys))
        for step in steps:
            yield Measuring(step.done, step.total or 0)
        p, found = steps.result
        yield PMap(p, area, x.numpy(), kind_of(found.meaning), found.method)

    return job
