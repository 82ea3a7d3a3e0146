"""Points with one coordinate known: many draws of the other, and its exact density, on the lane.

The door to tables of any width: only `LineRequest` knows that there are two coordinates.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.models.open_models import Loading, Models
from app.tasks.filling import Choice, Offer, When, chosen, fitting, keeps, offer_of
from app.work.lane import Job
from engines.model import Card, Given, Knobs, Procedure, settle
from engines.steps import Timed, finish

if TYPE_CHECKING:
    from torch import Tensor

    from engines.inpaint import Method
    from engines.model import Model, Run

Reals = npt.NDArray[np.float64]
MOST_DRAWS = 5_000
PLACES, QUICK_PLACES = 601, 201
"""Points of the quadrature along a line at rest, and of one that a hand drags: for Gaussians as
wide as their spacing the error is below 10⁻⁸."""


@dataclass(frozen=True)
class LineRequest:
    """Draws of one coordinate given the other: coordinate `axis` (0 or 1) is `value`.

    `method` is the name of one, "" for the model's default; `knobs` are those of the method;
    `label` is a class, `given` are values of attributes in its place.
    """

    axis: int
    value: float
    count: int
    seed: int
    method: str = ""
    knobs: Knobs = field(default_factory=dict)
    label: int | None = None
    given: Given = field(default_factory=dict)

    def settled(self, method: str, knobs: Knobs) -> LineRequest:
        """The same with its method and knobs named."""
        return replace(self, method=method, knobs=knobs)

    def same(self, other: LineRequest) -> bool:
        """Whether both ask for the same draws."""
        mine, theirs = (replace(r, knobs=dict(r.knobs), given=dict(r.given)) for r in (self, other))
        return mine == theirs


@dataclass(frozen=True, eq=False)
class LineFilling:
    """What can be shown of one request by now: `values` (count,) of the free coordinate.

    `points` (count, 2) are the whole draws; `kept` says of complete ones whether the known
    coordinate is the one asked for, to the bit.
    """

    request: LineRequest
    offer: Offer
    procedure: Procedure
    points: npt.NDArray[np.float32]
    share: float
    seconds: float
    calls: int
    note: str
    kept: bool | None = None
    poor: str = ""

    @property
    def values(self) -> npt.NDArray[np.float32]:
        free: npt.NDArray[np.float32] = self.points[:, 1 - self.request.axis]
        return free

    @property
    def complete(self) -> bool:
        return self.kept is not None

    @property
    def done(self) -> int:
        """How many draws are final: all come at once."""
        return self.request.count if self.complete else 0

    @property
    def choice(self) -> Choice:
        return next(c for c in self.offer.choices if c.name == self.request.method)


@dataclass(frozen=True)
class Line:
    """Where a density is wanted: coordinate `axis` is `value`, the other runs over `span`."""

    data: str
    axis: int
    value: float
    span: tuple[float, float]
    label: int | None = None
    places: int = PLACES
    given: Given = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Curve:
    """A conditional density (places,) along a line, normalised by quadrature over its span.

    `meaning` and `method` are those of the joint density it is made of; `log_known` is the log of
    the integral, log p of the known coordinate, in nats. `density` is None where there is none.
    """

    line: Line
    places: Reals
    density: Reals | None
    log_known: float = float("-inf")
    meaning: str = ""
    method: str = ""
    seconds: float = 0.0
    """What it took to compute."""


LineSteps = Generator[Loading | Offer | LineFilling, None, LineFilling | None]


def fill_line(models: Models, card: Card, request: LineRequest, when: When = When.ALWAYS) -> Job:
    """A job that yields the Offer of a model if that is all, else a LineFilling after every step.

    A live job that a newer one replaces ends after its first step: that step must have draws.
    """

    def job() -> LineSteps:
        model = yield from models.get(card)
        methods = fitting(model)
        offer = offer_of(model, methods)
        if not methods:
            yield offer
            return None
        method = chosen(methods, request.method, card.name)
        if when is When.NEVER or (when is When.IF_LIVE and not method.live):
            yield offer
            return None
        settled = request.settled(method.name, settle(method.knobs, request.knobs))
        return (yield from _fill(model, method, settled, offer))

    return job


def started(model: Model, request: LineRequest) -> tuple[Run, Tensor, Tensor]:
    """The run of a request, with the point (2,) and the known places (2,) it is given.

    Raises ValueError for a request that the model cannot be asked.
    """
    import torch

    method = chosen(fitting(model), request.method, model.card.name)
    point, known = torch.zeros(2), torch.zeros(2, dtype=torch.bool)
    point[request.axis], known[request.axis] = request.value, True
    run = method.run(
        model,
        point,
        known,
        request.count,
        request.seed,
        request.knobs,
        request.label,
        given=request.given,
    )
    return run, point, known


def _fill(model: Model, method: Method, request: LineRequest, offer: Offer) -> LineSteps:
    run, point, known = started(model, request)
    procedure = method.standing(model, request.knobs, known)
    steps, calls, note, poor = Timed(run), 0, "", ""

    def filling(x: Tensor, share: float, kept: bool | None = None) -> LineFilling:
        points = x.float().cpu().numpy()
        spent = steps.seconds
        return LineFilling(request, offer, procedure, points, share, spent, calls, note, kept, poor)

    for step in steps:
        calls, note, poor = step.calls, step.note, step.poor
        if step.guess is not None:
            yield filling(step.guess, step.done / step.total if step.total else 0.0)
    whole = filling(steps.result, 1.0, keeps(steps.result, point, known))
    yield whole
    return whole


def model_curve(models: Models, card: Card, line: Line) -> Job:
    """A job that yields the Curve of a model's own density; one without density where it is
    implicit."""

    def job() -> Generator[Loading | Curve, None, None]:
        import torch

        from engines.maps.grids import log_density_grid

        model = yield from models.get(card)
        places = np.linspace(*line.span, line.places)
        if model.density is None:
            yield Curve(line, places, None)
            return
        axes = torch.from_numpy(places), torch.tensor([line.value], dtype=torch.float64)
        xs, ys = axes if line.axis == 1 else axes[::-1]
        before = time.perf_counter()
        found = finish(log_density_grid(model, xs, ys, line.label, given=line.given))
        curve = _curve(line, places, found.value.numpy(), found.meaning.value, found.method)
        yield replace(curve, seconds=time.perf_counter() - before)

    return job


def true_curve(line: Line) -> Job:
    """A job that yields the Curve of the data themselves, one without density for data whose
    density nobody knows."""

    def job() -> Generator[Curve, None, None]:
        import torch

        from engines.data.toys import TOYS

        places = np.linspace(*line.span, line.places)
        if line.data not in TOYS:
            yield Curve(line, places, None)
            return
        x = np.full((line.places, 2), line.value)
        x[:, 1 - line.axis] = places
        log_p = TOYS[line.data].log_density(torch.from_numpy(x), line.label)
        yield _curve(line, places, log_p.double().numpy(), "log p(x)", "closed form")

    return job


def _curve(line: Line, places: Reals, log_p: Reals, meaning: str, method: str) -> Curve:
    """p(x_m | x_o) = p(x_m, x_o) / ∫ p(x_m, x_o) dx_m by the trapezoidal rule."""
    top = log_p.max()
    if not np.isfinite(top):
        return Curve(line, places, None, meaning=meaning, method=method)
    p = np.exp(log_p - top)
    whole = float(np.trapezoid(p, places))
    return Curve(line, places, p / whole, float(top + np.log(whole)), meaning, method)


def distance(values: npt.NDArray[np.float32], curve: Curve) -> float | None:
    """The largest gap between the draws' distribution and that of a density: Kolmogorov–Smirnov."""
    if curve.density is None or not len(values) or not np.isfinite(values).all():
        return None
    p, x = curve.density, curve.places
    below = np.concatenate([[0.0], np.cumsum((p[1:] + p[:-1]) / 2 * np.diff(x))])
    at = np.interp(np.sort(values.astype(np.float64)), x, below / below[-1])
    ranks = np.arange(len(at) + 1) / len(at)
    return float(max(np.abs(at - ranks[1:]).max(), np.abs(at - ranks[:-1]).max()))


def usual(count: int) -> float:
    """The distance that 95 % of as many independent exact draws stay below (asymptotically)."""
    return 1.3581 / float(np.sqrt(count))
