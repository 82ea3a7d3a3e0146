"""Classifying jobs: log p(x | c) of pictures under a model. Runs on the lane.

Those of the test set are kept on disk by the model's weights: they are asked again every day.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.kinds import view_of
from app.models.open_models import Loading, Models
from app.recipes import files
from app.recipes.files import SaveError
from app.recipes.pictures import Values
from app.tasks.scoring import cache_folder
from app.work.lane import Job
from engines.model import Card
from engines.steps import quietly
from engines.uses.classifier import likelihoods
from engines.uses.classifier.bayes import Floats

_TOGETHER = 10
_EDITION = 1
"""Raised when what is computed changes: old files are not read."""


@dataclass(frozen=True, eq=False)
class Classes:
    """log p(x | c) in nats (n, classes) of the first examples; `quick` for a first look."""

    log_p: Floats
    total: int
    method: str
    quick: bool = False


@dataclass(frozen=True)
class NoClasses:
    """A model that is no classifier, or too slow to follow a pen, and why."""

    reason: str


def classify(
    models: Models, card: Card, pictures: Values, *, moving: bool = False, slow: bool = True
) -> Job:
    """A job that yields the Classes of examples (n, …): a first look, then all draws.

    While the pen is `moving` there is the first look alone, of models that are quick; the others
    answer only where `slow` is allowed.
    """

    def job() -> Generator[Loading | Classes | NoClasses | None, None, None]:
        model = yield from models.get(card)
        if (why := likelihoods.refusal(model)) is not None:
            yield NoClasses(f"{why}.")
            return
        quick = likelihoods.is_quick(model)
        if not quick and not slow:
            yield NoClasses("It takes seconds a picture, and answers when the pen rests.")
            return
        x, rounds = view_of(card).tensor_of(pictures), [False]
        assert model.density is not None
        if quick and likelihoods.quick_knobs(model.density):
            rounds = [True] if moving else [True, False]
        for rough in rounds:
            run = likelihoods.of_classes(model, x, quick=rough)
            found = yield from quietly(run)
            yield Classes(found.log_p, len(pictures), found.method, rough)

    return job


def classify_tests(models: Models, card: Card, pictures: Values, folder: Path | None = None) -> Job:
    """A job that yields the Classes of the test set as they come, from the disk where known."""
    seen = hashlib.sha256(np.ascontiguousarray(pictures).tobytes()).hexdigest()[:16]
    place = (folder or cache_folder()) / f"{card.sha256[:24]}-classes-{seen}-{_EDITION}.npz"

    def job() -> Generator[Loading | Classes | NoClasses | None, None, None]:
        known = _read(place, (len(pictures), len(card.labels)))
        if known is not None:
            yield known
            return
        model = yield from models.get(card)
        if (why := likelihoods.refusal(model)) is not None:
            yield NoClasses(f"{why}.")
            return
        parts: list[Floats] = []
        method, whole = "", len(pictures)
        for start in range(0, whole, _TOGETHER):
            x = view_of(card).tensor_of(pictures[start : start + _TOGETHER])
            found = yield from quietly(likelihoods.of_classes(model, x))
            parts.append(found.log_p)
            method = found.method
            yield Classes(np.concatenate(parts), whole, method)
        _write(place, np.concatenate(parts), method)

    return job


def _read(place: Path, shape: tuple[int, int]) -> Classes | None:
    try:
        with np.load(place, allow_pickle=False) as table:
            log_p, method = table["log_p"], str(table["method"])
    except (OSError, ValueError, KeyError):
        return None
    good = log_p.shape == shape and log_p.dtype == np.float64 and not np.isnan(log_p).any()
    return Classes(log_p, shape[0], method) if good else None


def _write(place: Path, log_p: Floats, method: str) -> None:
    with io.BytesIO() as file:
        np.savez(file, log_p=log_p, method=np.array(method))
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            files.write_atomically(place, file.getvalue())
        except (OSError, SaveError):
            return  # it will be found again next time
