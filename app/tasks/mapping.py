"""Map jobs: densities of the plane from coarse to fine, as arrays that a heat map shows.

Runs on the lane. What is known of a model beyond its weights, such as kernels on its samples, is
kept there from job to job.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from app.models.open_models import Loading, Models
from app.recipes.condition import Condition
from app.work.lane import Job
from engines.maps.area import Area
from engines.maps.kinds import Kind
from engines.maps.moments import Memory, Moment
from engines.model import Card
from engines.steps import Timed, quietly

if TYPE_CHECKING:
    from engines.maps.fields import Field
    from engines.maps.refine import Map

Values: TypeAlias = npt.NDArray[np.float32]
T = TypeVar("T")
TRUTH = "truth"
"""The name of the map of the data set itself."""


@dataclass(frozen=True)
class MapRequest:
    """Which part of the plane, at how many pixels; of what; at which moment inside."""

    area: Area
    wide: int
    high: int
    asked: Condition = field(default_factory=Condition)
    moment: Moment | None = None


@dataclass(frozen=True, eq=False)
class MapFrame:
    """A map as it stands: log-densities (high, wide) in nats, the lowest row first.

    `levels` are those of the contours round 50, 90 and 99 % of the mass within the area, and
    `mass` is what the area holds; both come with the last frame. `paths` (n, steps, 2) are curves
    to draw over it.
    """

    request: MapRequest
    kind: Kind
    values: Values
    stride: int
    share: float
    method: str
    seconds: float
    levels: tuple[float, ...] = ()
    mass: float | None = None
    paths: Values | None = None

    @property
    def complete(self) -> bool:
        return self.share == 1.0


Frames: TypeAlias = Generator["Loading | MapFrame | None", None, "MapFrame"]


class Fields:
    """What can be mapped: models' densities, their stand-ins, the truth. Lane thread only."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self._kernels: dict[tuple[object, ...], Field] = {}
        self._memories: dict[tuple[object, ...], Memory] = {}

    def of_data(self, data: str, asked: Condition) -> Field:
        """The density of the data, or kernels on them where nobody knows it.

        It is of all of them, and says so, where it is not known which are as is asked.
        """
        from engines.data import examples
        from engines.data.toys import TOYS
        from engines.maps import fields

        left = [*asked.given, *(["class"] if asked.one is not None and data not in TOYS else [])]
        whatever = f", whatever their {' and '.join(left)}" if left else ""
        if data in TOYS:
            return fields.truth_of(data, asked.one, of=whatever)
        key = (data, whatever)
        if key not in self._kernels:
            x = examples.points(data, 1_000_000)
            held = max(1, len(x) // 10)
            of = f"kernels on {len(x) - held:,} points{whatever}"
            kernels = fields.kernels_on(x[held:], x[:held], of)
            self._kernels[key] = kernels.field(Kind.DATA)
        return self._kernels[key]

    def of_model(
        self, card: Card, asked: Condition, moment: Moment | None, *, on_grid: bool = True
    ) -> Generator[Loading | None, None, Field]:
        """A model's density, or kernels on its samples where it has none.

        A diffusion has a faster way for many points `on_grid` than for one.
        """
        from engines.maps import fields, moments, noised

        model = yield from self.models.get(card)
        label, given = asked.one, asked.given
        key = (card.name, card.sha256, label, *sorted(given.items()))
        noise = moments.process_of(model) is moments.Process.NOISE
        if noise or moment is not None:
            memory = self._memories.setdefault(key, Memory())
        if moment is not None:
            run = moments.field_at(model, moment, label, memory, given=given)
            return (yield from quietly(run))
        if on_grid and noise:
            sweep = moments.sweep_of(model, label, memory, given=given)
            return noised.field_at(sweep, noised.LOWEST)
        if model.density is not None:
            return fields.field_of(model, label, given=given)
        if key not in self._kernels:
            x = yield from quietly(fields.samples_run(model, label, given=given))
            self._kernels[key] = fields.kernels_of_samples(x, card.name).field(Kind.SAMPLES)
        return self._kernels[key]


def map_data(fields: Fields, data: str, request: MapRequest) -> Job:
    """A job that maps the density of a data set."""

    def job() -> Frames:
        return (yield from refined(fields.of_data(data, request.asked), request))

    return job


def map_model(fields: Fields, card: Card, request: MapRequest) -> Job:
    """A job that maps a model's density."""

    def job() -> Frames:
        field = yield from fields.of_model(card, request.asked, request.moment)
        return (yield from refined(field, request))

    return job


def refined(field: Field, request: MapRequest) -> Frames:
    from engines.maps.refine import refine

    steps = Timed(refine(field, request.area, request.wide, request.high))
    shown: Map | None = None
    frame: MapFrame | None = None
    for found in steps:
        if found is not None:
            before, frame = frame, _frame(found, field, request, steps.seconds)
            if before is not None and shown is not None and found.values is shown.values:
                frame = replace(frame, values=before.values)  # known as what is seen already
            shown = found
        yield frame  # again where there is no news: a step of nothing would replace one unseen
    last = _last(steps.result, field, request, steps.seconds)
    yield last
    return last


def _frame(found: Map, field: Field, request: MapRequest, spent: float) -> MapFrame:
    paths = None if field.paths is None else field.paths.numpy()
    share = min(found.share, 0.999)  # the last frame comes with contours
    return MapFrame(
        request,
        field.kind,
        found.values.numpy(),
        found.stride,
        share,
        found.method,
        spent,
        paths=paths,
    )


def _last(found: Map, field: Field, request: MapRequest, spent: float) -> MapFrame:
    from engines.maps import regions

    cell = request.area.cell(request.wide, request.high)
    frame = _frame(found, field, request, spent)
    return MapFrame(
        request,
        frame.kind,
        frame.values,
        1,
        1.0,
        frame.method,
        spent,
        levels=regions.levels(found.values, cell),
        mass=regions.mass(found.values, cell),
        paths=frame.paths,
    )


def patched(fresh: MapFrame, old: MapFrame | None) -> Values:
    """The values of a frame, with those of an older map where that is finer and overlaps.

    While a new map is still coarse, what was seen sharp stays sharp.
    """
    if old is None or fresh.complete or old.request.asked != fresh.request.asked:
        return fresh.values
    if old.request.moment != fresh.request.moment:
        return fresh.values
    theirs, mine = old.request.area, fresh.request.area
    pitch = old.stride * theirs.size[0] / old.request.wide
    if pitch >= 0.75 * fresh.stride * mine.size[0] / fresh.request.wide:
        return fresh.values
    xs, ys = mine.axes(fresh.request.wide, fresh.request.high)
    across = np.floor((xs - theirs.x0) / theirs.size[0] * old.request.wide).astype(np.intp)
    up = np.floor((ys - theirs.y0) / theirs.size[1] * old.request.high).astype(np.intp)
    columns = (across >= 0) & (across < old.request.wide)
    rows = (up >= 0) & (up < old.request.high)
    if not (rows.any() and columns.any()):
        return fresh.values
    values = fresh.values.copy()
    # what overlaps is one piece of both: many times as fast as picking each pixel
    place = tuple(slice(axis.argmax(), axis.argmax() + axis.sum()) for axis in (rows, columns))
    values[place] = old.values.take(up[rows], 0).take(across[columns], 1)
    return values
