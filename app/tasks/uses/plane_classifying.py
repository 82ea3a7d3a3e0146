"""Jobs of the map of decisions in the plane. Runs on the lane."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.models.open_models import Loading, Models
from app.tasks.uses.judging import Measuring, Unjudged
from app.work.lane import Job
from engines.data.own import DataError
from engines.maps.area import Area
from engines.maps.kinds import Kind, kind_of
from engines.model import Card, Steps

if TYPE_CHECKING:
    from engines.uses.classifier.plane import Everywhere

SIDE, POINTS = 128, 1000


@dataclass(frozen=True, eq=False)
class Decisions:
    """What a model knows of every class in an area, the held-out points, and their classes.

    `truth` (n,) is None where nobody knows the classes.
    """

    everywhere: Everywhere
    area: Area
    points: npt.NDArray[np.float32]
    truth: npt.NDArray[np.int64] | None
    kind: Kind

    @property
    def method(self) -> str:
        return self.everywhere.method


def decisions(models: Models, card: Card, side: int) -> Job:
    """A job that yields Measuring, then the Decisions in the data's own area, or Unjudged."""

    def job() -> Generator[Loading | Measuring | Decisions | Unjudged, None, None]:
        import torch

        from engines.data import examples
        from engines.uses.classifier import plane
        from engines.uses.errors import UseError

        model = yield from models.get(card)
        try:
            x, truth = examples.held_out_classes(card.data, POINTS)
            (x0, y0), (x1, y1) = x.min(0).values.tolist(), x.max(0).values.tolist()
            area = Area(x0, x1, y0, y1).grown(0.25)
            xs, ys = (torch.from_numpy(axis) for axis in area.axes(*area.pixels(side)))
            steps = Steps(plane.everywhere(model, xs, ys, x))
            for step in steps:
                yield Measuring(step.done, step.total or 0)
        except (UseError, DataError) as error:
            yield Unjudged(f"{error}.")
            return
        found = steps.result
        classes = None if truth is None else truth.numpy()
        yield Decisions(found, area, x.numpy(), classes, kind_of(found.meaning))

    return job
