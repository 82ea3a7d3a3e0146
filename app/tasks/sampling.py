"""Sampling jobs: a model's run as frames of arrays that a gallery shows. Runs on the lane."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from app.kinds import KindView, view_of
from app.models.open_models import Loading, Models
from app.recipes.pictures import Values, to_points
from app.recipes.recipe import recipe_of
from app.recipes.result import Result
from app.work.lane import Job
from engines.model import (
    NO_PROMPT,
    Card,
    Knob,
    Procedure,
    Prompt,
    SampleRequest,
    batch_of,
    in_force,
)

if TYPE_CHECKING:
    from app.recipes.pictures import Points
    from engines.model import Run

BACKDROP = 2000
"""Points of the data shown behind a scatter."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What can be shown of one request by now.

    `values` holds the whole request as its kind's view shows it. Its first `done` are final, those
    up to `begun` are guesses, the rest is empty.
    """

    request: SampleRequest
    values: Values
    done: int
    begun: int
    seconds: float
    calls: int
    procedure: Procedure
    knobs: tuple[Knob, ...]
    prompt: Prompt = NO_PROMPT
    poor: str = ""
    """What the run finds poor of its own quality, and the remedy; of a batch that was, if any."""
    share: float = 0.0
    """How much of the work is done, 0 … 1: more than the `done` say while some are on their way."""

    @property
    def complete(self) -> bool:
        return self.done == self.request.count


Frames = Generator[Loading | Frame, None, Frame]


def draw(
    models: Models,
    card: Card,
    request: SampleRequest,
    prompt: Prompt = NO_PROMPT,
    *,
    queued: bool = False,
) -> Job:
    """A job that draws the request and yields a Frame after every step of the model.

    `values` is one array, filled in place: what is final never changes, so a frame that the
    window skips is not missed. A `queued` one goes on where a run that was cut off had come to.
    """

    def job() -> Frames:
        model, view = (yield from models.get(card, prompt)), view_of(card)
        frame = Frame(
            request,
            view.room(request.count),
            done=0,
            begun=0,
            seconds=0.0,
            calls=0,
            procedure=model.procedure(in_force(model.knobs, request)),
            knobs=model.knobs,
            prompt=prompt,
        )
        recipe = partial(recipe_of, card, model.knobs, request, prompt=prompt)
        size = batch_of(card)
        frame = _gone_on(frame, models.keep.begun(recipe()), size) if queued else frame
        for start in range(frame.done, request.count, size):
            count = min(size, request.count - start)
            part = replace(request, count=count, first=request.first + start)
            frame = yield from _fill(frame, view, model.sample(part), range(start, start + count))
            if queued and not frame.complete:
                models.keep.grow(recipe(), start, frame.values[start : frame.done])
        kept = models.keep.finish(Result("sample", card, recipe, frame.values, queued))
        while not kept.wait(KEPT_SECONDS):
            yield frame
        return frame

    return job


KEPT_SECONDS = 0.02
"""How long to wait for a result to be on disk before the lane is offered to others again."""


def _gone_on(frame: Frame, begun: Values | None, size: int) -> Frame:
    """The frame with what a run that was cut off had finished: whole batches of `size`."""
    if begun is None or begun.shape[1:] != frame.values.shape[1:]:
        return frame
    done = min(len(begun), frame.request.count) // size * size
    frame.values[:done] = begun[:done]
    return replace(frame, done=done, begun=done)


def _fill(frame: Frame, view: KindView, run: Run, rows: range) -> Frames:
    """Drive one run and show each step in the given rows."""
    poor = ""
    while True:
        before = time.perf_counter()
        try:
            step = next(run)
        except StopIteration as end:
            guess, calls, done, part = end.value, frame.calls, rows.stop, 1.0
            frame = replace(frame, poor=poor or frame.poor)
        else:
            guess, calls, done, poor = step.guess, step.calls, rows.start, step.poor
            part = step.done / step.total if step.total else 0.0
        if guess is not None:
            frame.values[rows.start : rows.stop] = view.array_of(guess)
        seconds = frame.seconds + time.perf_counter() - before
        begun = rows.stop if guess is not None else frame.begun
        share = (rows.start + part * len(rows)) / frame.request.count
        frame = replace(frame, done=done, begun=begun, seconds=seconds, calls=calls, share=share)
        yield frame
        if done == rows.stop:
            return frame


@dataclass(frozen=True, eq=False)
class Backdrop:
    """Examples of a data set in the plane, and the rectangle (x0, x1, y0, y1) to look at."""

    data: str
    points: Points
    view: tuple[float, float, float, float]


UNKNOWN = (-4.0, 4.0, -4.0, 4.0)
"""Where to look where nobody knows the data."""


def backdrop(data: str) -> Job:
    """A job that yields the Backdrop of a data set."""

    def job() -> Generator[Backdrop, None, None]:
        from engines.data import examples

        if not examples.has_points(data):  # those of an imported model are its makers' alone
            yield Backdrop(data, np.empty((0, 2), np.float32), UNKNOWN)
            return
        found = to_points(examples.points(data, BACKDROP))
        low, high = found.min(0), found.max(0)
        margin = 0.08 * (high - low)
        (x0, y0), (x1, y1) = (low - margin).tolist(), (high + margin).tolist()
        yield Backdrop(data, found, (x0, x1, y0, y1))

    return job
