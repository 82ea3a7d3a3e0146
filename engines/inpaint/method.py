"""The vocabulary of in-painting: a hole, and a method that draws what may be behind it.

Every method is made by `filling`, which checks the request and the draws and puts the known values
back, so that the methods themselves hold only mathematics.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from engines import finite
from engines.drawing import asked, class_indices
from engines.model import (
    NO_KNOBS,
    NOTHING,
    Card,
    Given,
    Knob,
    Knobs,
    Model,
    Procedure,
    Run,
    Step,
    Steps,
    settle,
)
from engines.noise import Streams


class InpaintRun(Protocol):
    """How a method is asked for `count` draws of x_m ~ p(x_m | x_o).

    `picture` is (C, H, W) in [-1, 1] or (D,) in data units; `known` is bool (H, W) or (D,), True
    where observed; what the picture holds elsewhere never matters. `label` is a class, or None for
    p(x); `given` are values of attributes, in its place. The result is (count, *picture.shape),
    and in it and in every guess the known values are those of `picture` to the bit; with `clamp`
    False the result and the guesses are as the method left them, and `clamped` makes the others
    of them. All are finite: NotFiniteError is raised where fewer than half of the draws are, and
    copies stand for a few that are not, which the note says. Raises ValueError at once for
    anything that does not fit.
    """

    def __call__(
        self,
        model: Model,
        picture: Tensor,
        known: Tensor,
        count: int,
        seed: int,
        knobs: Knobs = NO_KNOBS,
        label: int | None = None,
        *,
        given: Given = NOTHING,
        clamp: bool = True,
    ) -> Run: ...


@dataclass(frozen=True)
class Method:
    """One way to draw x_m ~ p(x_m | x_o): what it fits, how it is labelled, how it runs."""

    name: str
    """Unique among those that fit a model, such as "closed-form"."""
    title: str
    """For menus."""
    says: str
    """One sentence for a person."""
    fits: Callable[[Model], bool]
    procedure: Callable[[Model, Knobs], Procedure]
    """How it stands for holes of any shape."""
    run: InpaintRun
    knobs: tuple[Knob, ...] = ()
    live: bool = False
    """Fast enough to follow a brush: 8 draws within 150 ms."""
    of_hole: Callable[[Model, Knobs, Tensor], Procedure] | None = None
    """How it stands for one hole, where that matters: the last argument is `known`."""

    def standing(self, model: Model, knobs: Knobs, known: Tensor) -> Procedure:
        """The procedure for this hole: `known` as for `run`."""
        if self.of_hole is None:
            return self.procedure(model, knobs)
        return self.of_hole(model, knobs, known)


@dataclass(frozen=True)
class Hole:
    """One picture with a hole, and what is wanted of it.

    `picture` and `known` have the shape of the data, the picture 0 where it is unknown; `knobs`
    has a value for every knob of the method; `codes` are the condition, as of `class_indices`.
    """

    model: Model
    picture: Tensor
    known: Tensor
    count: int
    seed: int
    knobs: dict[str, float]
    codes: tuple[int, ...]

    @property
    def label(self) -> int:
        """The class index, len(model.labels) for any."""
        return self.codes[0]

    @property
    def given(self) -> Given:
        """The condition by names, as of a `SampleRequest`."""
        pairs = zip(self.card.attributes, self.codes, strict=False)
        return {a.name: a.values[code] for a, code in pairs if code < len(a.values)}

    def labels(self, count: int) -> Tensor:
        """The condition once for each of so many draws, as `class_indices` gives it."""
        one = torch.tensor(self.codes)
        several = self.card.attributes and not self.card.labels
        return one.expand(count, -1) if several else one.expand(count)

    @property
    def card(self) -> Card:
        return self.model.card

    @property
    def streams(self) -> Streams:
        """The random streams of the draws, each from its beginning."""
        return Streams(self.seed, range(self.count))

    def clamp(self, x: Tensor) -> Tensor:
        """x (n, *shape) with the known values in their places; always a new tensor."""
        return clamped(x, self.picture, self.known)


def filling(fill: Callable[[Hole], Run], offered: tuple[Knob, ...] = ()) -> InpaintRun:
    """The `run` of a method from a `fill(hole)` that draws, and may leave known places as it likes.

    An empty hole never reaches `fill`; one that is everything does, and is sampling.
    """

    def run(
        model: Model,
        picture: Tensor,
        known: Tensor,
        count: int,
        seed: int,
        knobs: Knobs = NO_KNOBS,
        label: int | None = None,
        *,
        given: Given = NOTHING,
        clamp: bool = True,
    ) -> Run:
        card = model.card
        check(card, picture, known, count, seed)
        known = known.expand(card.shape)
        if given and label is not None:
            raise ValueError("a label and given attributes at once; give one of them")
        wanted = asked(card, given, 1) if label is None else [label]
        codes = tuple(class_indices(card, wanted, 1).flatten().tolist())
        clean = picture.detach().float().cpu().masked_fill(~known.cpu(), 0.0)
        settled = settle(offered, knobs)
        hole = Hole(model, clean, known.cpu(), count, seed, settled, codes)
        return _filled(fill, hole, hole.clamp if clamp else Tensor.cpu)

    return run


def clamped(x: Tensor, picture: Tensor, known: Tensor) -> Tensor:
    """x (n, *shape) with the known values of a picture in their places; always a new tensor."""
    return torch.where(known, picture, x.to(picture))


def _filled(fill: Callable[[Hole], Run], hole: Hole, settled: Callable[[Tensor], Tensor]) -> Run:
    if hole.known.all():
        copies = hole.picture.repeat(hole.count, *[1] * hole.picture.dim())
        yield Step(hole.count, hole.count, copies.clone())
        return copies
    with closing(fill(hole)) as inner:
        steps = Steps(finite.draws(inner, hole.card.name))
        for step in steps:
            guess = None if step.guess is None else settled(step.guess)
            yield replace(step, guess=guess)
        return settled(steps.result)


def check(card: Card, picture: Tensor, known: Tensor, count: int, seed: int) -> None:
    """Raise ValueError unless this is a request that a model of this card can be asked."""
    if tuple(picture.shape) != card.shape:
        raise ValueError(f"{card.name} fills {card.shape}, got {tuple(picture.shape)}")
    if known.dtype != torch.bool or tuple(known.shape) != card.kind.mask_shape:
        allowed = f"bool {card.kind.mask_shape}"
        raise ValueError(f"known must be {allowed}, got {known.dtype} {tuple(known.shape)}")
    observed = picture[known.expand(card.shape)]
    if fault := card.kind.fault(observed):
        raise ValueError(f"known {fault}")
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed must lie in 0 … 2^64 − 1, got {seed}")
