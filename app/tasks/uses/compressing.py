"""Compressing jobs: pictures to the bytes of a file and back, beside other codecs. On the lane."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from app.kinds import view_of
from app.models.open_models import Loading, Models
from app.recipes.pictures import Values, to_pixels
from app.work.lane import Job
from engines.model import Card
from engines.steps import Steps

if TYPE_CHECKING:
    from engines.model import Model
    from engines.uses.compression.codec import Compressed, Progress

T = TypeVar("T")


@dataclass(frozen=True)
class Coding:
    """How far the coder is: pictures done, and bits per pixel and channel of those."""

    done: int
    total: int
    rate: float | None = None


@dataclass(frozen=True)
class CodecRow:
    """What a codec takes for all pictures, in bytes: one by one and stacked; None for neither.

    `is_file` tells what could be kept from what is only a part of it, or a number.
    """

    name: str
    each: float | None
    stacked: float | None
    ours: bool = False
    is_file: bool = True


@dataclass(frozen=True, eq=False)
class Compressing:
    """All that is known so far: a window may miss a step, and the next one has it all.

    `coding` while the coder is at work, `raw` the file, `method` how, `same` whether decoding gave
    the very pictures, `refused` why the model codes none.
    """

    coding: Coding | None = None
    raw: bytes | None = None
    method: str = ""
    same: bool | None = None
    rows: tuple[CodecRow, ...] = ()
    refused: str = ""


def compress(models: Models, card: Card, pictures: Values) -> Job:
    """A job that writes a file in memory, reads it back, and asks the other codecs.

    Yields Loading or Compressing, and returns the last one. The model computes on the CPU, wherever
    the window's own are.
    """

    def job() -> Generator[Loading | Compressing, None, Compressing]:
        from engines.uses.compression import codec, others
        from engines.uses.errors import UseError

        model = yield from _on_cpu(models, card)
        x, known = view_of(card).tensor_of(pictures), Compressing()
        try:
            run = codec.compress(model, x, together=min(codec.TOGETHER, len(x)))
            made = yield from _walked(run, card, known)
        except UseError as error:
            refused = replace(known, refused=f"{error}.")
            yield refused
            return refused
        known = Compressing(None, made.raw, made.method, rows=_own_rows(card, made))
        yield known
        back = codec.decompress(made.raw, lambda header: model)
        found = yield from _walked(back, card, known)
        same = bool(np.array_equal(to_pixels(found.x), pictures)) and not found.lost
        known = replace(known, same=same)
        grey = pictures[..., 0] if card.shape[0] == 1 else pictures
        for row in others.rows(np.ascontiguousarray(grey)):
            known = replace(known, rows=(*known.rows, CodecRow(row.name, row.each, row.stacked)))
            yield known
        return known

    return job


def _own_rows(card: Card, made: Compressed) -> tuple[CodecRow, ...]:
    bare = float(sum(made.frames))
    return (
        CodecRow(f"{card.name}, the file", None, float(len(made.raw)), ours=True),
        CodecRow("  without header and checks", None, bare, ours=True, is_file=False),
        CodecRow("  −log₂ p of its own", None, sum(made.bits) / 8, ours=True, is_file=False),
    )


def _on_cpu(models: Models, card: Card) -> Generator[Loading, None, Model]:
    from engines.checkpoints import devices
    from engines.opening import open_model

    if devices.choose(models.device).type == "cpu":
        return (yield from models.get(card))
    yield Loading(card.name)
    return open_model(card, "cpu")


def _walked(
    run: Generator[Progress, None, T], card: Card, known: Compressing
) -> Generator[Compressing, None, T]:
    """Pass a run's progress on, with what is known already."""
    dims, steps = math.prod(card.shape), Steps(run)
    for step in steps:
        rate = sum(step.bits) / (len(step.bits) * dims) if step.bits else None
        total = step.total or 0
        yield replace(known, coding=Coding(round(step.share * total), total, rate))
    return steps.result
