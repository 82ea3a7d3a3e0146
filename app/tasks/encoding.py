"""Codes of end points: found by the model, or those its own samples were made of. On the lane."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from app.kinds import KindView, view_of
from app.models.open_models import Loading
from app.recipes.pictures import Values
from app.tasks.sampling import Frame, draw
from app.tasks.walking import Codes, Progress, Walks
from app.tasks.walking_recipe import Plan, Sample, Samples
from app.work.lane import Job
from engines.model import Card, Given
from engines.steps import mapped

if TYPE_CHECKING:
    from torch import Tensor

    from engines.latents.walks import Walk
    from engines.model import Run


@dataclass(frozen=True)
class Asked:
    """Which end points are samples of the model itself, and what the path is decoded as."""

    samples: Samples = ()
    label: int | None = None
    given: Given = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> Asked:
        """What a plan asks."""
        return cls(plan.samples, plan.label, plan.given)

    @property
    def matters(self) -> bool:
        """Whether codes are others where the path is decoded as something else."""
        return any(each and not each.asks(None, {}) for each in self.samples)

    def usable(self, walk: Walk) -> dict[int, Sample]:
        """The samples by their end points whose codes mean here what they meant when drawn."""
        return {
            k: each
            for k, each in enumerate(self.samples)
            if each is not None
            and (walk.classed or each.asks(None, {}) or each.asks(self.label, self.given))
        }

    def shown_as(self, walk: Walk) -> tuple[int | None, Given]:
        """The class or the attributes that end points are shown as: the path's where it counts."""
        usable = self.usable(walk).values()
        same = [each.asks(self.label, self.given) for each in usable]
        counts = all(same) if walk.classed else any(same)
        return (self.label, self.given) if counts else (None, {})


NOTHING = Asked()


@dataclass(frozen=True, eq=False)
class End:
    """A sample as an end point (…); `why` it has no code of its own, "" where it has."""

    sample: Sample
    value: Values
    why: str = ""


def draw_end(walks: Walks, card: Card, sample: Sample) -> Job:
    """A job that draws an end point, at the default knobs or at such as leave it its code."""

    def job() -> Generator[Loading | Frame, None, End]:
        why, wanted = "", sample
        try:
            _, walk = yield from walks.get(card)
            wanted = _with_code(walk, sample)
        except ValueError as error:
            why = str(error).removeprefix(f"{card.name}: ").rstrip(".")
        found = yield from draw(walks.models, card, wanted.request, walks.prompt)()
        return End(wanted, found.values[0].copy(), why)

    return job


def _with_code(walk: Walk, sample: Sample) -> Sample:
    """The sample at knobs that leave it its code. Raises ValueError where there are none."""
    if walk.drawn is None:
        raise ValueError("samples are not made of codes")
    try:
        walk.drawn(sample.request)
    except ValueError:
        sample = replace(sample, knobs={**walk.exact, **sample.knobs})
        walk.drawn(sample.request)
    return sample


def encode(
    walks: Walks,
    card: Card,
    values: Values,
    *,
    seed: int | None = None,
    asked: Asked = NOTHING,
) -> Job:
    """A job that finds the codes of end points; with a `seed` draws from p(z | x) where it can.

    Samples of the model itself keep the codes that they were made of, and come back bit by bit.
    """

    def job() -> Generator[Loading | Progress | Codes, None, Codes]:
        _, walk = yield from walks.get(card)
        view, start = view_of(card), time.perf_counter()
        x, label, given = view.tensor_of(values), NOTHING.label, NOTHING.given
        exact = {} if walks.prompt.other else _exact(walk, asked)
        if walks.prompt.other:
            z, shown = yield from _between_texts(walks, card, x)
        elif exact:
            label, given = asked.shown_as(walk)
            z = yield from _beside(walk, view, x, exact, seed)
            _, walk = yield from walks.of(given).get(card)
            shown = yield from _watched(walk.decode(z, label), view)
            for k, sample in asked.usable(walk).items():
                if walk.classed or sample.asks(label, given):
                    shown[k] = x[k]
        else:
            z = yield from _watched(_coded(walk, x, seed), view)
            shown = yield from _watched(walk.decode(z, None), view)
        codes = Codes(
            z.numpy(),
            view.array_of(shown),
            view.errors(x, shown),
            walk.nature,
            walk.inverse,
            walk.free,
            walk.pace,
            walk.sketch is not None,
            walk.draw_code is not None,
            time.perf_counter() - start,
            label,
            given,
        )
        yield codes
        return codes

    return job


def _exact(walk: Walk, asked: Asked) -> dict[int, Tensor]:
    """The codes (1, size) of end points that are samples, where the model knows them."""
    if walk.drawn is None:
        return {}
    try:
        return {k: walk.drawn(each.request) for k, each in asked.usable(walk).items()}
    except ValueError:  # at its knobs samples are not made of codes: they are examples like others
        return {}


def _beside(
    walk: Walk, view: KindView, x: Tensor, exact: Mapping[int, Tensor], seed: int | None
) -> Generator[Progress, None, Tensor]:
    """The codes (m, size) of all end points x (m, …), of which some are known."""
    import torch

    rest, codes = [k for k in range(len(x)) if k not in exact], dict(exact)
    if rest:
        found = yield from _watched(_coded(walk, x[rest], seed), view)
        codes |= {k: found[i : i + 1] for i, k in enumerate(rest)}
    return torch.cat([codes[k] for k in range(len(x))])


def _coded(walk: Walk, x: Tensor, seed: int | None) -> Run:
    draw = walk.draw_code if seed is not None else None
    return walk.encode(x, None) if draw is None else draw(x, None, seed or 0)


def _between_texts(
    walks: Walks, card: Card, x: Tensor
) -> Generator[Loading | Progress, None, tuple[Tensor, Tensor]]:
    """Codes of end points and what they decode to, each under the text at its place.

    Equal end points have one code, found where the first of them stands: between them the text
    alone changes.
    """
    import torch

    view = view_of(card)
    codes: list[Tensor] = []
    shown: list[Tensor] = []
    for k, place in enumerate(np.linspace(0, 1, len(x)).tolist()):
        _, walk = yield from walks.at(place).get(card)
        same = next(j for j in range(k + 1) if torch.equal(x[j], x[k]))
        codes.append(
            codes[same]
            if same < k
            else (yield from _watched(walk.encode(x[k : k + 1], None), view))
        )
        shown.append((yield from _watched(walk.decode(codes[k], None), view)))
    return torch.cat(codes), torch.cat(shown)


def _watched(run: Run, view: KindView) -> Generator[Progress, None, Tensor]:
    """Drive a run and tell how far it is."""
    return mapped(
        run,
        lambda step: Progress(
            step.done / step.total if step.total else 0.0,
            None if step.guess is None else view.array_of(step.guess),
        ),
    )
