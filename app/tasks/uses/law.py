"""Jobs of a comparison: log p of held-out examples under a model. Runs on the lane."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.models.open_models import Loading, Models
from app.tasks.uses.judging import Measuring, Unjudged
from app.work.lane import Job
from engines.checkpoints.catalog import no_density
from engines.data.own import DataError
from engines.model import Card
from engines.steps import mapped

if TYPE_CHECKING:
    from engines.uses.comparison.paired import Law


@dataclass(frozen=True, eq=False)
class Compared:
    """log p of the first held-out examples under one model."""

    law: Law


def law(models: Models, card: Card, count: int) -> Job:
    """A job that yields Measuring, then Compared, or Unjudged."""

    def job() -> Generator[Loading | Measuring | Compared | Unjudged, None, None]:
        from engines.uses.comparison import scoring
        from engines.uses.outliers import reference

        model = yield from models.get(card)
        if model.density is None:
            yield Unjudged(f"{no_density(card)}.")
            return
        try:
            x = reference.examples_of(card)[:count]
        except DataError as error:
            yield Unjudged(f"{error}.")
            return
        run = scoring.law_of(model, x)
        yield Compared((yield from mapped(run, lambda step: Measuring(step.done, len(x)))))

    return job
