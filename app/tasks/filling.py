"""In-painting jobs: many draws of one hole as frames of arrays that a row shows. Runs on the lane.

Knows nothing of which methods there are: the engines say what fits a model.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.kinds import view_of
from app.models.open_models import Loading, Models
from app.recipes.pictures import Values
from app.tasks.summary import Summary, summarise
from app.work.lane import Job
from engines import naming
from engines.model import NO_PROMPT, Card, Given, Knob, Knobs, Procedure, Prompt, settle
from engines.steps import Timed

if TYPE_CHECKING:
    from torch import Tensor

    from engines.inpaint import Method
    from engines.model import Model, Run

MOST_DRAWS = 64


@dataclass(frozen=True, eq=False)
class FillRequest:
    """An example with a hole, as its kind's view shows it, such as a picture uint8 (H, W, 3).

    `mask` is bool of the kind's mask_shape, such as (H, W), True = unknown. `label` is a class,
    `given` are values of attributes in its place. `method` is the name of one, "" for the model's
    default; `knobs` are those of the method.
    """

    picture: Values
    mask: npt.NDArray[np.bool_]
    count: int
    seed: int
    method: str = ""
    knobs: Knobs = field(default_factory=dict)
    label: int | None = None
    prompt: Prompt = NO_PROMPT
    given: Given = field(default_factory=dict)

    def settled(self, method: str, knobs: Knobs) -> FillRequest:
        """The same with its method and knobs named."""
        return replace(self, method=method, knobs=knobs)

    def same(self, other: FillRequest) -> bool:
        """Whether both ask for the same draws."""
        mine, theirs = (
            (
                r.count,
                r.seed,
                r.method,
                dict(r.knobs),
                r.label,
                dict(r.given),
                r.prompt,
                r.picture.shape,
            )
            for r in (self, other)
        )
        equal = mine == theirs and (self.mask == other.mask).all()
        return bool(equal and (self.picture == other.picture).all())


@dataclass(frozen=True)
class Choice:
    """A method as a person chooses it; `procedure` is that at its default knobs."""

    name: str
    title: str
    says: str
    live: bool
    knobs: tuple[Knob, ...]
    procedure: Procedure


@dataclass(frozen=True)
class Offer:
    """The methods that fit a model, its default first."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, eq=False)
class Filling:
    """What can be shown of one request by now: its `request` names the method and every knob.

    `values` (count, H, W, 3) holds all draws as they stand, `raw` the same before the known pixels
    were put back; `share` of the work is done. `kept` says of a complete filling whether every
    known value is that of the picture to the bit.
    """

    request: FillRequest
    offer: Offer
    procedure: Procedure
    values: Values
    raw: Values
    summary: Summary
    share: float
    seconds: float
    calls: int
    note: str
    """What the run finds of its own quality, such as "acceptance 0.57"; empty for none."""
    kept: bool | None = None
    poor: str = ""
    """What of that quality is poor, and the remedy; empty for nothing."""

    @property
    def complete(self) -> bool:
        return self.kept is not None

    @property
    def done(self) -> int:
        """How many draws are final: all come at once."""
        return self.request.count if self.complete else 0

    @property
    def drift(self) -> int:
        """How far the method left a known value from the picture's, in levels of 255."""
        known = ~self.request.mask
        if not known.any():
            return 0
        apart = self.raw[:, known].astype(np.int16) - self.request.picture[known]
        return int(np.abs(apart).max())

    @property
    def choice(self) -> Choice:
        return next(c for c in self.offer.choices if c.name == self.request.method)


Fillings = Generator[Loading | Offer | Filling, None, Filling | None]


class When(Enum):
    """Which methods a job runs; with the others it ends once it has made its Offer."""

    ALWAYS = auto()
    IF_LIVE = auto()
    NEVER = auto()


def fill(models: Models, card: Card, request: FillRequest, when: When = When.ALWAYS) -> Job:
    """A job that yields the Offer of a model, then a Filling after every step of the method."""

    def job() -> Fillings:
        model = yield from models.get(card, request.prompt)
        methods = fitting(model)
        offer = offer_of(model, methods)
        yield offer
        if not methods:
            return None
        method = chosen(methods, request.method, card.name)
        if when is When.NEVER or (when is When.IF_LIVE and not method.live):
            return None
        check_shape(card, request.mask)
        knobs = settle(method.knobs, request.knobs)
        settled = replace(request, method=method.name, knobs=knobs)
        return (yield from _fill(model, method, settled, offer))

    return job


def fitting(model: Model) -> tuple[Method, ...]:
    """The methods that fit a model, its default first."""
    from engines import inpaint  # torch comes in here

    return inpaint.methods_for(model)


def chosen(methods: Sequence[Method], name: str, model: str) -> Method:
    """The method of this name, the default for "". Raises ValueError for one that is not there."""
    for method in methods:
        if name in ("", method.name):
            return method
    offer = naming.offered(name, (method.name for method in methods), "it has")
    raise ValueError(f"{model} has no in-painting method '{name}'; {offer}")


def check_shape(card: Card, mask: npt.NDArray[np.bool_]) -> None:
    """Raise ValueError unless a mask, and so its picture, has the size that the model fills."""
    wanted, found = (" × ".join(map(str, s[::-1])) for s in (card.kind.mask_shape, mask.shape))
    if wanted != found:
        what = "pixels" if mask.ndim == 2 else "places"
        raise ValueError(f"{card.name} fills {wanted} {what}; this {card.kind.thing} has {found}")


def offer_of(model: Model, methods: Sequence[Method]) -> Offer:
    """The methods as plain data for the window."""
    return Offer(
        tuple(
            Choice(
                m.name, m.title, m.says, m.live, m.knobs, m.procedure(model, settle(m.knobs, {}))
            )
            for m in methods
        )
    )


def started(
    model: Model, request: FillRequest, *, clamp: bool = True
) -> tuple[Run, Tensor, Tensor]:
    """The run of a request, with the picture (C, H, W) and the known places (H, W) it is given.

    Without `clamp` the known places are as the method leaves them. Raises ValueError for a request
    that the model cannot be asked.
    """
    import torch

    method = chosen(fitting(model), request.method, model.card.name)
    picture = view_of(model.card).tensor_of(request.picture[None])[0]
    known = torch.from_numpy(~request.mask)
    run = method.run(
        model,
        picture,
        known,
        request.count,
        request.seed,
        request.knobs,
        request.label,
        given=request.given,
        clamp=clamp,
    )
    return run, picture, known


def _fill(model: Model, method: Method, request: FillRequest, offer: Offer) -> Fillings:
    from engines.inpaint.classes import asked_of
    from engines.inpaint.method import clamped

    view = view_of(model.card)
    run, picture, known = started(model, request, clamp=False)
    procedure = method.standing(model, asked_of(request.knobs, request.label), known)
    steps, calls, note, poor = Timed(run), 0, "", ""

    def filling(raw: Tensor, share: float, *, ended: bool = False) -> Filling:
        x = clamped(raw, picture, known)
        values = view.array_of(x)
        kept = keeps(x, picture, known) and _keeps_levels(values, request) if ended else None
        return Filling(
            request,
            offer,
            procedure,
            values,
            view.array_of(raw),
            summarise(values),
            share,
            steps.seconds,
            calls,
            note,
            kept,
            poor,
        )

    for step in steps:
        calls, note, poor = step.calls, step.note, step.poor
        if step.guess is not None:
            yield filling(step.guess, step.done / step.total if step.total else 0.0)
    whole = filling(steps.result, 1.0, ended=True)
    yield whole
    return whole


def keeps(x: Tensor, picture: Tensor, known: Tensor) -> bool:
    """Whether every draw of x (n, C, H, W) has the picture's own bits where it is known."""
    import torch

    mine, theirs = (t.float().view(torch.int32)[..., known] for t in (x, picture))
    return bool((mine == theirs).all())


def _keeps_levels(values: Values, request: FillRequest) -> bool:
    known = ~request.mask
    return bool((values[:, known] == request.picture[known]).all())
