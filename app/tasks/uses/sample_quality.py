"""Jobs that hold samples of a model against held-out data. Runs on the lane."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.models.open_models import Loading, Models
from app.tasks.uses.judging import Measuring
from app.work.lane import Job
from engines.model import Card
from engines.steps import mapped

if TYPE_CHECKING:
    from engines.uses.comparison.samples import Quality


@dataclass(frozen=True, eq=False)
class Assessed:
    """Samples of one model against as many held-out examples."""

    quality: Quality


def assess(models: Models, card: Card, count: int, seed: int) -> Job:
    """A job that yields Measuring, then Assessed; at once where that is on disk.

    Raises DataError where nothing reads the data.
    """

    def job() -> Generator[Loading | Measuring | Assessed, None, None]:
        from engines.checkpoints import devices
        from engines.uses.comparison import drawing, keeping, samples

        device = str(devices.choose(models.device))
        if (known := keeping.kept(card, count, seed, device)) is not None:
            yield Assessed(known)
            return
        real, other = drawing.real_features(card, count)
        model = yield from models.get(card)
        run = drawing.features_of(model, count, seed)
        drawn = yield from mapped(run, lambda step: Measuring(step.done, count))
        judging = samples.quality(drawn, real, other, seed)
        found = yield from mapped(judging, lambda _: Measuring(count, count))
        keeping.keep(found, card, count, seed, device)
        yield Assessed(found)

    return job


def progress(step: Loading | Measuring | Assessed) -> tuple[int, int | None] | None:
    """How far the samples are drawn."""
    return (step.done, step.total) if isinstance(step, Measuring) else None
