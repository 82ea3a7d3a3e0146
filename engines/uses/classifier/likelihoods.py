"""log p(x | c) for every class of a model, with the same noise for all of them."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from engines.checkpoints.catalog import no_density
from engines.kinds import Pictures
from engines.model import NO_KNOBS, Card, Density, Knobs, Meaning, Model, Step, Steps
from engines.uses.classifier import elimination
from engines.uses.classifier.bayes import Floats
from engines.uses.errors import UseError

_QUICK = 4
"""Importance samples of a first look."""
_PICTURES = 10
"""Examples whose classes are asked together of a density that goes through all its centres anew for
each call; of others one by one, so that a step is short."""


@dataclass(frozen=True, eq=False)
class Likelihoods:
    """log p(x | c) in nats (n, classes), what it is, and how it was found.

    `meaning` None: known up to a constant that all classes share, which Bayes' rule needs not.
    """

    log_p: Floats
    meaning: Meaning | None
    method: str


LikelihoodRun: TypeAlias = Generator[Step, None, Likelihoods]


def refusal_of_card(card: Card) -> str | None:
    """Why a model is no classifier, as far as its card tells; None if it may be one."""
    if not card.labels:
        return f"{card.name} knows no classes, so that it has no p(x | class)"
    return None


def refusal(model: Model) -> str | None:
    """Why a model is no classifier, in one sentence that begins with its name; None if it is."""
    if (why := refusal_of_card(model.card)) is not None:
        return why
    if model.density is None:
        return no_density(model.card)
    if model.density.meaning is Meaning.UNNORMALISED:
        return (
            f"{model.card.name} knows log p(x | class) up to a constant, which differs from class "
            "to class: Bayes' rule needs it"
        )
    return None


def is_quick(model: Model) -> bool:
    """Whether log p(x | c) of a few pictures takes one pass a class: it may follow a pen."""
    if refusal(model) is not None or model.denoise is not None or model.decoded is not None:
        return False
    parts = (model.kernels, model.components, model.posterior, model.bijection)
    return any(part is not None for part in parts)


def of_classes(model: Model, x: Tensor, *, quick: bool = False) -> LikelihoodRun:
    """log p(x | c) of examples x (n, …), for all classes. Raises UseError where there is none.

    The draws of an estimate are of the picture alone, so that classes differ in nothing else.
    Denoisers of pictures are compared by their losses, see `elimination`. `quick` takes fewer
    draws where a density has them.
    """
    if (why := refusal(model)) is not None:
        raise UseError(why)
    assert model.density is not None
    if model.denoise is not None and isinstance(model.card.kind, Pictures):
        return _by_elimination(model, x)
    return _by_density(model, model.density, x, quick_knobs(model.density) if quick else NO_KNOBS)


def quick_knobs(density: Density) -> Knobs:
    """The knobs of a first look."""
    names = {knob.name for knob in density.knobs}
    return {**density.rough, **({"importance": _QUICK} if "importance" in names else {})}


def _by_density(model: Model, density: Density, x: Tensor, knobs: Knobs) -> LikelihoodRun:
    classes, found, method = len(model.labels), [], ""
    labels = torch.arange(classes)
    together = _PICTURES if model.kernels is not None or model.components is not None else 1
    for start in range(0, len(x), together):
        part = x[start : start + together]
        every = part.repeat_interleave(classes, 0)
        steps = Steps(density.run(every, labels.repeat(len(part)), knobs))
        for step in steps:
            share = step.done / step.total if step.total else 0.0
            yield Step(start + math.floor(share * len(part)), len(x), calls=step.calls)
        found.append(steps.result.value.view(len(part), classes).double().numpy())
        method = steps.result.method
        yield Step(start + len(part), len(x))
    return Likelihoods(np.concatenate(found), density.meaning, method)


def _by_elimination(model: Model, x: Tensor) -> LikelihoodRun:
    assert model.denoise is not None
    found = []
    for place in range(len(x)):
        steps = Steps(elimination.losses(model.denoise, x[place : place + 1], len(model.labels)))
        for draws in steps:
            yield Step(place, len(x), calls=draws)
        found.append(-steps.result)
        yield Step(place + 1, len(x))
    method = (
        f"denoising losses with the same noise for every class, at most {elimination.MOST} draws; "
        f"a class goes when it is {elimination.APART:g} s.e. behind"
    )
    return Likelihoods(np.stack(found), None, method)
