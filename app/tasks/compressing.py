"""Compressing jobs: pictures to the bytes of a file and back, beside other codecs. On the lane."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.kinds import view_of
from app.models.open_models import Loading, Models
from app.recipes.pictures import Values, to_pixels
from app.work.lane import Job
from engines.model import Card

if TYPE_CHECKING:
    from engines.model import Model


@dataclass(frozen=True)
class Coding:
    """How far the coder is: pictures done, and bits per pixel and channel of those."""

    done: int
    total: int
    rate: float | None
    back: bool = False
    """Whether it decodes what it wrote."""


@dataclass(frozen=True, eq=False)
class Written:
    """The bytes of the file, and its rows: what it takes, and by the model's own probabilities."""

    raw: bytes
    rows: tuple[CodecRow, ...]
    method: str


@dataclass(frozen=True)
class CodecRow:
    """What a codec takes for all pictures, in bytes: one by one and stacked; None for neither."""

    name: str
    each: float | None
    stacked: float | None
    ours: bool = False


@dataclass(frozen=True)
class RoundTrip:
    """Whether decoding gave the very pictures."""

    same: bool
    count: int


@dataclass(frozen=True)
class Uncoded:
    """Why a model codes no pictures."""

    reason: str


def compress(models: Models, card: Card, pictures: Values) -> Job:
    """A job that writes a file in memory, reads it back, and asks the other codecs.

    Yields Loading, Coding, Written, RoundTrip and CodecRows, or Uncoded. The model computes on the
    CPU, wherever the window's own are.
    """

    def job() -> Generator[object, None, int]:
        from engines.uses.compression import codec, others
        from engines.uses.errors import UseError

        model = yield from _on_cpu(models, card)
        x = view_of(card).tensor_of(pictures)
        try:
            run = codec.compress(model, x, together=min(codec.TOGETHER, len(x)))
            made = yield from _walked(run, card)
        except UseError as error:
            yield Uncoded(f"{error}.")
            return 0
        yield Written(made.raw, _own_rows(card, made), made.method)
        back = yield from _walked(codec.decompress(made.raw, lambda header: model), card)
        same = bool(np.array_equal(to_pixels(back.x), pictures)) and not back.lost
        yield RoundTrip(same, len(pictures))
        grey = pictures[..., 0] if card.shape[0] == 1 else pictures
        for row in others.rows(np.ascontiguousarray(grey)):
            yield CodecRow(row.name, row.each, row.stacked)
        return len(pictures)

    return job


def _own_rows(card: Card, made: object) -> tuple[CodecRow, ...]:
    from engines.uses.compression.codec import Compressed

    assert isinstance(made, Compressed)
    bare = float(sum(made.frames))
    return (
        CodecRow(f"{card.name}, the file", None, float(len(made.raw)), ours=True),
        CodecRow("  without header and checks", None, bare, ours=True),
        CodecRow("  −log₂ p of its own", None, sum(made.bits) / 8, ours=True),
    )


def _on_cpu(models: Models, card: Card) -> Generator[Loading, None, Model]:
    from engines.checkpoints import devices
    from engines.opening import open_model

    if devices.choose(models.device).type == "cpu":
        return (yield from models.get(card))
    yield Loading(card.name)
    return open_model(card, "cpu")


def _walked(run: Generator[object, None, object], card: Card) -> Generator[Coding, None, object]:
    """Pass a run's progress on."""
    from engines.uses.compression.codec import Progress

    dims = math.prod(card.shape)
    while True:
        try:
            step = next(run)
        except StopIteration as end:
            return end.value
        assert isinstance(step, Progress)
        rate = sum(step.bits) / (len(step.bits) * dims) if step.bits else None
        yield Coding(round(step.share * step.total), step.total, rate)
