"""Interpolation jobs: frames along a path, one frame at a place. On the lane.

Codes cross to the window as arrays that it keeps and hands back; what they mean the engines know.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from app.kinds import view_of
from app.models.open_models import Loading, Models
from app.recipes.pictures import Values
from app.tasks.condition import decoding
from app.work.lane import Job
from engines.checkpoints.catalog import no_density
from engines.kinds import Pictures, Value
from engines.model import NO_PROMPT, Card, Given, Pace, Procedure, Prompt
from engines.steps import Steps

if TYPE_CHECKING:
    from torch import Tensor

    from engines.latents.walks import Walk
    from engines.model import Model, Run

Array: TypeAlias = npt.NDArray[Any]
Reals: TypeAlias = npt.NDArray[np.float64]

_BATCH = {Pace.FAST: 16, Pace.SLOW: 4}


@dataclass(frozen=True)
class Walks:
    """The walks of the models that are open, of a text where they read one. On the lane only.

    `given` are values of attributes to decode as.
    """

    models: Models
    prompt: Prompt = NO_PROMPT
    given: Given = field(default_factory=dict)

    def get(self, card: Card) -> Generator[Loading, None, tuple[Model, Walk]]:
        """A model and its walk. Raises ValueError with one sentence where it has none."""
        model = yield from self.models.get(card, self.prompt)
        made = self.models.made(card.name)
        given = dict(self.given)
        if "walk" not in made or made["walk"][0] is not model or made["walk"][2] != given:
            from engines.latents.walks import walk_of

            made["walk"] = model, walk_of(decoding(model, given)), given
        walk: Walk = made["walk"][1]
        return model, walk

    def of(self, given: Given) -> Walks:
        """The walks that decode to what is given."""
        return replace(self, given=given)

    def at(self, place: float) -> Walks:
        """The walks at a place 0 … 1 of a path: its text may lie between two."""
        return replace(self, prompt=self.prompt.at(place))


@dataclass(frozen=True, eq=False)
class Progress:
    """A share of the work is done; `values` are the best examples so far, where there are any."""

    share: float
    values: Values | None = None


@dataclass(frozen=True, eq=False)
class Codes:
    """The codes (m, size) of end points, what they decode to, and how far that is from them.

    `errors` (m,) are PSNR in dB for pictures, distances in data units for points. They are decoded
    as `label` and `given` say: not at all, but for samples of a class or of attributes.
    """

    z: Array
    shown: Values
    errors: Reals
    nature: str
    inverse: Procedure
    free: int
    pace: Pace
    sketches: bool
    draws: bool
    seconds: float
    label: int | None = None
    given: Given = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Wish:
    """What is to be seen of a path: its codes, how they are mixed, and how far sliders are turned.

    `offset` (free,) is added to every code; `label` is the class to decode as, `given` are values
    of attributes in its place.
    """

    codes: Codes
    way: str = "slerp"
    offset: Array | None = None
    label: int | None = None
    given: Given = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Whether the end points come back as they are."""
        same = self.label == self.codes.label and dict(self.given) == dict(self.codes.given)
        return self.offset is None and same


@dataclass(frozen=True, eq=False)
class Still:
    """The example at one place of a path; `stamp` rises from wish to wish."""

    wish: Wish
    place: float
    stamp: int
    values: Values
    rough: bool
    seconds: float


@dataclass(frozen=True, eq=False)
class Film:
    """Frames along a path: the first `done` are there. Then lengths of steps and log-densities."""

    wish: Wish | None
    values: Values
    done: int
    seconds: float
    codes: Array | None = None
    steps: Reals | None = None
    log_p: Reals | None = None
    errors: Reals | None = None
    meaning: str = ""
    method: str = ""

    @property
    def complete(self) -> bool:
        return self.done == len(self.values)

    @property
    def share(self) -> float:
        """How many of the frames are there, 0 … 1."""
        return self.done / max(1, len(self.values))


def still(walks: Walks, card: Card, wish: Wish, place: float, stamp: int, *, rough: bool) -> Job:
    """A job that yields the Still at a place; a `rough` one where the model has a cheaper way."""

    view = view_of(card)

    def job() -> Generator[Loading | Still, None, None]:
        _, walk = yield from walks.of(wish.given).at(place).get(card)
        start = time.perf_counter()
        if wish.plain and (key := key_at(place, len(wish.codes.z))) is not None:
            yield Still(wish, place, stamp, wish.codes.shown[key : key + 1], False, 0.0)
            return
        z = codes_at(walk, wish, [place])
        sketch = walk.sketch if rough else None
        run = walk.decode(z, wish.label) if sketch is None else sketch(z, wish.label)
        steps = Steps(run)
        for step in steps:
            if step.guess is not None and step.done != step.total:
                spent = time.perf_counter() - start
                yield Still(wish, place, stamp, view.array_of(step.guess), True, spent)
        spent = time.perf_counter() - start
        yield Still(wish, place, stamp, view.array_of(steps.result), sketch is not None, spent)

    return job


def mixture(walks: Walks, card: Card, wish: Wish, weights: Reals, stamp: int) -> Job:
    """A job that yields the Still of a mix of the end points in these shares (m,)."""

    view = view_of(card)

    def job() -> Generator[Loading | Progress | Still, None, None]:
        import torch

        along = float(weights @ np.linspace(0, 1, len(weights)))
        asked = walks.of(wish.given).at(min(max(along, 0.0), 1.0))
        _, walk = yield from asked.get(card)
        start = time.perf_counter()
        keys = torch.from_numpy(wish.codes.z)
        z = (torch.from_numpy(weights).to(keys) @ keys)[None]
        norm = float(weights @ np.linalg.norm(wish.codes.z[:, : walk.free], axis=1))
        if wish.way == "slerp" and walk.free:
            z[:, : walk.free] *= norm / z[:, : walk.free].norm().clamp_min(1e-12)
        run = (walk.sketch or walk.decode)(_moved(walk, z, wish), wish.label)
        found = yield from _quiet(run)
        spent = time.perf_counter() - start
        yield Still(wish, -1.0, stamp, view.array_of(found), walk.sketch is not None, spent)

    return job


def film(walks: Walks, card: Card, wish: Wish, count: int) -> Job:
    """A job that yields the Film of a path as it grows, then with steps and log-densities."""

    def job() -> Generator[Loading | Film, None, Film]:
        model, walk = yield from walks.of(wish.given).get(card)
        start = time.perf_counter()
        shown = Film(wish, view_of(card).room(count), 0, 0.0)
        steps = Steps(frames(walks, card, wish, np.linspace(0, 1, count).tolist()))
        for step in steps:
            if isinstance(step, Loading):
                yield step
                continue
            values, done = step
            spent = time.perf_counter() - start
            shown = replace(shown, values=values, done=done, seconds=spent)
            yield shown
        values = steps.result
        codes = codes_at(walk, wish, np.linspace(0, 1, count).tolist()).numpy()
        whole = view_of(card).tensor_of(values)
        shown = replace(shown, codes=codes, steps=step_lengths(card, whole))
        yield shown
        yield from _with_density(shown, model, whole, wish)
        return shown

    return job


def frames(
    walks: Walks, card: Card, wish: Wish, places: list[float]
) -> Generator[Loading | tuple[Values, int], None, Values]:
    """The examples at these places; yields all as they stand, and how many are there.

    Batches start at the same frames everywhere, so that a path made again has the same pixels.
    Between two texts every frame is one, for each has a text of its own.
    """
    view = view_of(card)
    values = view.room(len(places))
    size = 1 if walks.prompt.other else _BATCH[wish.codes.pace]
    for first in range(0, len(places), size):
        part = places[first : first + size]
        _, walk = yield from walks.of(wish.given).at(part[0]).get(card)
        run = walk.decode(codes_at(walk, wish, part), wish.label)
        steps = Steps(run)
        for step in steps:
            if step.done != step.total:
                yield values, first
        values[first : first + len(part)] = view.array_of(steps.result)
        _put_ends(values, wish, places)
        yield values, first + len(part)
    return values


def key_at(place: float, keys: int) -> int | None:
    """The end point that lies exactly at a place, None between them."""
    along = place * (keys - 1)
    return round(along) if abs(along - round(along)) < 1e-9 else None


def codes_at(walk: Walk, wish: Wish, places: list[float]) -> Tensor:
    """The codes (n, size) at these places of a path, with the sliders' offset."""
    import torch

    from engines.paths import Way, segment

    keys = torch.from_numpy(wish.codes.z)
    found = []
    for place in places:
        k, lam = segment(place, len(keys))
        mixed = walk.between(
            Way(wish.way), keys[k], keys[k + 1], torch.tensor([lam], dtype=torch.float64)
        )
        found.append(mixed)
    return _moved(walk, torch.cat(found).to(keys.dtype), wish)


def _moved(walk: Walk, z: Tensor, wish: Wish) -> Tensor:
    if wish.offset is None or not walk.free:
        return z
    import torch

    z = z.clone()
    z[:, : walk.free] += torch.from_numpy(wish.offset).to(z)
    return z


def _put_ends(values: Values, wish: Wish, places: list[float]) -> None:
    """Where a frame is an end point it is the very example that the end point shows."""
    if not wish.plain:
        return
    for i, place in enumerate(places):
        if (key := key_at(place, len(wish.codes.z))) is not None:
            values[i] = wish.codes.shown[key]


def step_lengths(card: Card, x: Tensor) -> Reals | None:
    """How far frame from frame looks, None where no measure of that is known."""
    from engines.readers import perception

    if len(x) < 2 or card.kind.value is Value.CATEGORY:  # symbols are no distance apart
        return None
    if not perception.exists(card.data, pictures=isinstance(card.kind, Pictures)):
        return None
    return perception.step_lengths(card.data, x).double().numpy()


def _with_density(shown: Film, model: Model, x: Tensor, wish: Wish) -> Generator[Film, None, None]:
    """The film with log-densities, at the model's own settings."""
    if model.density is None:
        yield replace(shown, meaning="", method=no_density(model.card))
        return
    from engines.drawing import codes_of

    labels = codes_of(model.card, wish.label, wish.given, len(x))
    steps = Steps(model.density.run(x, labels, {}))
    for _ in steps:
        yield shown
    found = steps.result
    known = found.stderr is not None and bool(found.stderr.isfinite().all())
    errors = found.stderr.double().numpy() if found.stderr is not None and known else None
    yield replace(
        shown,
        log_p=found.value.double().numpy(),
        errors=errors,
        meaning=found.meaning.value,
        method=found.method,
    )


def _quiet(run: Run) -> Generator[Progress, None, Tensor]:
    """Drive a run; a yield lets others in."""
    steps = Steps(run)
    for step in steps:
        if step.done != step.total:
            yield Progress(0.0)
    return steps.result
