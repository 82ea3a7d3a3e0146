"""Scoring jobs: log p of pictures under a model, and how it is shown. Runs on the lane.

The test set's numbers are kept on disk by the model's weights: they are asked again every day.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import platformdirs

from app.kinds import view_of
from app.models.open_models import Loading, Models
from app.recipes import files
from app.recipes.files import APP, SaveError
from app.recipes.pictures import Pixels, Values
from app.work.lane import Job
from engines.checkpoints.catalog import no_density
from engines.maps.kinds import Kind, kind_of
from engines.model import NOTHING, Card, Given
from engines.steps import quietly, showing

if TYPE_CHECKING:
    from engines.model import Density, LogDensity, Model

Floats: TypeAlias = npt.NDArray[np.float64]
TEST_PICTURES = 100
_BATCH = 4
_EDITION = 2
"""Raised when a default of a density or what is shown of it changes: old files are not read."""


@dataclass(frozen=True, eq=False)
class Score:
    """log p of one picture in nats, what it is, and by which method."""

    card: Card
    value: float
    stderr: float | None
    kind: Kind
    method: str

    @property
    def amount(self) -> float:
        """In the unit of its kind, or E(x) in nats where log p(x) lacks a constant."""
        return amount_of(self.card, self.kind, self.value)

    @property
    def known_error(self) -> float | None:
        """The standard error of `value` in nats; None where it is not known."""
        return None if self.stderr is None or math.isnan(self.stderr) else self.stderr


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The amounts of the first test pictures, as `Score.amount`, as many as are known."""

    amounts: Floats
    total: int


@dataclass(frozen=True)
class Unable:
    """A model that has no density of pictures, and why."""

    reason: str


def bits_of(card: Card, nats: float) -> float:
    """−log p(x) of an example as its kind counts it: of pictures in bits per pixel and channel."""
    return card.kind.per_unit(-nats)


def amount_of(card: Card, kind: Kind, nats: float) -> float:
    """A log-density in the unit of its kind, such as bits per dimension.

    An unnormalised one gives E(x) = −log p(x) + constant, in nats. Either is larger where x is
    less likely.
    """
    return -nats if kind is Kind.UNNORMALISED else bits_of(card, nats)


def score(
    models: Models, card: Card, picture: Values, label: int | None, given: Given = NOTHING
) -> Job:
    """A job that yields the Score of one example, or why there is none."""

    def job() -> Generator[Loading | Score | Unable | None, None, None]:
        model = yield from models.get(card)
        density = model.density
        if density is None:
            yield Unable(f"{no_density(card)}.")
            return
        found = yield from _run(model, density, picture[None], label, given)
        error = None if found.stderr is None else float(found.stderr[0])
        yield Score(card, float(found.value[0]), error, kind_of(found.meaning), found.method)

    return job


def _run(
    model: Model, density: Density, values: Values, label: int | None, given: Given = NOTHING
) -> Generator[None, None, LogDensity]:
    """Drive a density; yields after each step, so that other jobs can run."""
    from engines.drawing import codes_of

    x = view_of(model.card).tensor_of(values)
    labels = codes_of(model.card, label, given, len(x))
    return quietly(density.run(x, labels, {}))


def score_tests(
    models: Models,
    card: Card,
    pictures: Pixels,
    label: int | None,
    folder: Path | None = None,
    *,
    given: Given = NOTHING,
) -> Job:
    """A job that yields HeldOut as they come, from the disk where they are known."""
    seen = hashlib.sha256(pictures.tobytes()).hexdigest()[:16]
    of = "_".join(map(str, card.codes(given))) if given else label
    name = f"{card.sha256[:24]}-{of}-{seen}-{_EDITION}.npy"
    place = (folder or cache_folder()) / name

    def job() -> Generator[Loading | HeldOut | None, None, None]:
        known = _read(place, len(pictures))
        if known is not None:
            yield HeldOut(known, len(pictures))
            return
        model = yield from models.get(card)
        if model.density is None:
            return
        found: list[float] = []
        for start in range(0, len(pictures), _BATCH):
            part = pictures[start : start + _BATCH]
            so_far = HeldOut(np.array(found), len(pictures))
            run = _run(model, model.density, part, label, given)
            batch = yield from showing(run, so_far)
            kind = kind_of(batch.meaning)
            found += [amount_of(card, kind, value) for value in batch.value.tolist()]
            yield HeldOut(np.array(found), len(pictures))
        _write(place, np.array(found))

    return job


def cache_folder() -> Path:
    """Where the test sets' numbers are kept."""
    return Path(platformdirs.user_cache_path(APP, appauthor=False)) / "densities"


def _read(place: Path, count: int) -> Floats | None:
    try:
        found = np.load(place, allow_pickle=False)
    except (OSError, ValueError):
        return None
    good = found.shape == (count,) and found.dtype == np.float64 and np.isfinite(found).all()
    return found if good else None


def _write(place: Path, amounts: Floats) -> None:
    with io.BytesIO() as file:
        np.save(file, amounts)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            files.write_atomically(place, file.getvalue())
        except (OSError, SaveError):
            return  # it will be found again next time
