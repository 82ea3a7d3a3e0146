"""Points of one's own fitted by a family, and kept among the user's own models."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from engines.checkpoints import own
from engines.checkpoints.catalog import ROOT
from engines.data import own as own_data
from engines.data.own import DataError, Points
from engines.learning.learner import DivergedError, Learner, learner
from engines.learning.small import SMALL
from engines.model import NO_KNOBS, Card, Model, Step, Steps
from engines.naming import part_of
from engines.training.loop import Lesson, Moment, Training
from engines.training.randomness import seeded, shuffled
from engines.training.recipe import NO_OPTIONS, Options

_HELD_OUT, _MOST_HELD_OUT, _LEAST_HELD_OUT = 10, 2_000, 10
_IMPORTANCE = 256
FAMILIES = tuple(SMALL)
"""The families that learn points, by the name that they have on the command line."""


def fit(
    points: Points,
    family: str,
    *,
    name: str,
    seed: int = 1,
    steps: int | None = None,
    minutes: float | None = None,
    options: Options = NO_OPTIONS,
    command: str = "",
    root: Path = ROOT,
) -> Generator[Moment | Step, None, Card]:
    """Train a family on points and keep the model as `<name>/<family>`; its card.

    A tenth of the points is held out and measured on. `minutes` of its own working time end it
    early. Raises ValueError or DivergedError in one sentence, and CheckpointError where it cannot
    be kept.
    """
    train, held_out = parted(points)
    made = learner(
        family, *train, seed=seed, steps=steps, options=options, classes=points.classes, name=name
    )
    try:
        tensors = yield from _trained(made, minutes)
    except ArithmeticError as error:
        raise DivergedError(f"{family} has no density that can be normalised: {error}") from error
    figures = yield from figures_of(made.opened(tensors), held_out)
    return keep(made, tensors, figures=figures, command=command, root=root)


def keep(
    made: Learner,
    tensors: Mapping[str, Tensor],
    *,
    figures: Mapping[str, Any],
    command: str = "",
    root: Path = ROOT,
) -> Card:
    """Put what a learner has found into the user's own models, with what made it; its card.

    Raises CheckpointError where it cannot be kept.
    """
    raw = packed(tensors)
    course, drawn = made.course, made.card(tensors)
    training: dict[str, Any] = {
        "minutes": round(course.seconds / 60, 2),
        "steps": course.step,
        "points": len(made.data.train.x),
        "threads": torch.get_num_threads(),
        "options": {name: value for name, value in made.options.items() if value is not None},
    }
    if isinstance(course, Training):
        training["batch"] = course.plan.batch
        if {course.step, course.plan.steps} != {made.planned}:
            training["planned"] = made.planned
    if made.changes:
        training["changes"] = [list(change) for change in made.changes]
    if command:
        training["command"] = command
    card = Card(
        folder=drawn.folder,
        name=drawn.name,
        family=drawn.family,
        data=drawn.data,
        kind=drawn.kind,
        attributes=drawn.attributes,
        weights="",
        sha256="",
        parameters=drawn.parameters,
        seed=drawn.seed,
        recipe=drawn.recipe,
        licence="the user's own",
        net=drawn.net,
        training=training,
        figures=figures,
    )
    return own.add(card, raw, root)


def packed(tensors: Mapping[str, Tensor]) -> bytes:
    """Tensors as the file that a model is kept in."""
    return safetensors.torch.save({name: t.detach().contiguous() for name, t in tensors.items()})


def sha256_of(raw: bytes) -> str:
    """What the card of such a file says of its weights."""
    return hashlib.sha256(raw).hexdigest()


def data_set(points: Points, title: str) -> str:
    """Keep the points as a data set of the user's own, unless they are one already; its name."""
    wanted = part_of(title, "data")
    for name in own_data.names():
        if name == wanted or name.startswith(f"{wanted}-"):
            try:
                kept = own_data.load(name)
            except DataError:
                continue
            if _same(kept, points):
                return name
    return own_data.save(title, points)


def _same(one: Points, other: Points) -> bool:
    if (one.columns, one.classes) != (other.columns, other.classes):
        return False
    same_labels = one.labels is other.labels or np.array_equal(
        np.asarray(one.labels), np.asarray(other.labels)
    )
    return same_labels and np.array_equal(one.x, other.x)


Part = tuple[Tensor, Tensor | None]


def parted(points: Points) -> tuple[Part, Part]:
    """Points and labels to learn from, and those held out: a tenth, drawn by a fixed seed.

    None is held out where there are too few, and none that would leave a class without points.
    """
    x = torch.from_numpy(points.x.copy())
    labels = None if points.labels is None else torch.from_numpy(points.labels.copy())
    count = min(len(x) // _HELD_OUT, _MOST_HELD_OUT)
    order = shuffled(seeded(0), len(x))
    if count < _LEAST_HELD_OUT:
        order, count = torch.arange(len(x)), 0
    away, rest = order[:count], order[count:].sort().values
    if labels is not None and len(labels[rest].unique()) < len(points.classes):
        away, rest = away[:0], torch.arange(len(x))
    first = (x[rest], None if labels is None else labels[rest])
    return first, (x[away], None if labels is None else labels[away])


def _trained(made: Learner, minutes: float | None) -> Lesson:
    """The tensors that ship, at the end of the steps or of the time."""
    with Steps(made.lesson()) as lesson:
        for moment in lesson:
            yield moment
            if minutes is not None and made.course.seconds >= 60 * minutes:
                break
        else:
            return lesson.result
    return made.course.weights()


def figures_of(model: Model, held_out: Part) -> Generator[Step, None, dict[str, Any]]:
    """−log p of the held-out points in nats, with what kind of number that is."""
    x, _ = held_out
    figures: dict[str, Any] = {"parameters": {"value": model.card.parameters}}
    if model.density is None or not len(x):
        return figures
    known = {knob.name for knob in model.density.knobs}
    knobs = {"importance": _IMPORTANCE} if "importance" in known else NO_KNOBS
    found = yield from model.density.run(x, None, knobs)
    nats = -found.value.double()
    if not nats.isfinite().all():
        return figures
    figures["cross_entropy"] = {
        "value": round(nats.mean().item(), 5),
        "stderr": round(nats.std().item() / math.sqrt(len(x)), 5),
        "meaning": found.meaning.name.lower(),
        "method": found.method,
        "examples": len(x),
    }
    return figures
