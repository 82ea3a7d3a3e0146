"""What a path is made again from: its end points, how codes are mixed, and how sliders stood.

Pictures travel as PNGs in base64, points as numbers. Places follow from the number of frames and
the easing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from app.kinds import view_of
from app.recipes.model_names import name_of
from app.recipes.pictures import Values
from app.recipes.recipe import MAX_PROMPT, Recipe, RecipeError, prompt_of
from engines.facts.tasks import Task
from engines.model import NO_PROMPT, Card, Given, Knobs, Prompt, SampleRequest
from widgets.interpolation.easing import EASINGS, eased

TASK = Task.INTERPOLATE
WAYS, ENCODERS, BASES = ("slerp", "lerp"), ("mean", "draw"), ("principal", "single")
MOST_KEYS, MOST_FRAMES = 8, 600

_FIELDS = {"keys", "way", "encoder", "easing", "basis", "turned", "place"}
_SAMPLES, _ASKED = "samples", {"label", "given", "knobs"}
_MOST_TURNED = 10.0


@dataclass(frozen=True)
class Sample:
    """An end point that the model drew itself: picture `index` of a seed.

    `label` and `given` are the class or the attributes that it was asked to be, `knobs` those that
    were not at their defaults.
    """

    seed: int
    index: int = 0
    label: int | None = None
    given: Given = field(default_factory=dict)
    knobs: Knobs = field(default_factory=dict)

    @property
    def request(self) -> SampleRequest:
        """How it was drawn. Raises ValueError for numbers that no sample has."""
        return SampleRequest(1, self.seed, self.label, self.knobs, self.index, self.given)

    def asks(self, label: int | None, given: Given) -> bool:
        """Whether it was asked to be this."""
        return self.label == label and dict(self.given) == dict(given)


Samples: TypeAlias = tuple[Sample | None, ...]
"""Of each end point, what it is a sample of; None where it came from elsewhere."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A path in words: `keys` (m, …), and `turned` sliders in standard deviations of a `basis`.

    `seed` is that of codes drawn from p(z | x); `label` the class to decode as, `given`
    values of attributes. With a `place` 0 … 1 there is but the one frame there. `prompt` goes from
    its text to its `other` one. `samples` say which end points the model drew itself; () for none.
    """

    keys: Values
    count: int
    way: str = "slerp"
    encoder: str = "mean"
    easing: str = "linear"
    basis: str = "principal"
    turned: tuple[float, ...] = ()
    seed: int = 0
    label: int | None = None
    place: float | None = None
    prompt: Prompt = NO_PROMPT
    given: Given = field(default_factory=dict)
    samples: Samples = ()

    def places(self) -> list[float]:
        """Where the frames are, 0 … 1."""
        if self.place is not None:
            return [self.place]
        last = max(1, self.count - 1)
        return [eased(i / last, self.easing) for i in range(self.count)]


def recipe_of(
    card: Card, plan: Plan, *, index: int | None = None, columns: int | None = None
) -> Recipe:
    """The recipe of all frames of a path, or of frame `index`."""
    if plan.place is not None:
        index, columns = 0, None
    return Recipe(
        task=TASK,
        model=name_of(card),
        sha256=card.sha256,
        seed=plan.seed,
        count=plan.count,
        index=index,
        columns=columns,
        label=plan.label,
        prompt=plan.prompt.text,
        negative=plan.prompt.negative,
        given=dict(plan.given),
        extra={
            "keys": [view_of(card).packed(key) for key in plan.keys],
            "way": plan.way,
            "encoder": plan.encoder,
            "easing": plan.easing,
            "basis": plan.basis,
            "turned": [float(value) for value in plan.turned],
            "place": plan.place,
            **({"to": plan.prompt.other} if plan.prompt.other else {}),
            **({_SAMPLES: [_stored(each) for each in plan.samples]} if any(plan.samples) else {}),
        },
    )


def plan_of(recipe: Recipe, card: Card) -> Plan:
    """What to make again. Raises RecipeError for a payload that is no such path."""
    extra = recipe.extra
    if recipe.task != TASK or set(extra) - {"to", _SAMPLES} != _FIELDS:
        raise RecipeError("the recipe lacks the end points or the way of its path")
    other = extra.get("to", "")
    if not isinstance(other, str) or len(other) > MAX_PROMPT:
        raise RecipeError("the recipe's second prompt is no text, or has no end")
    for name, known in (
        ("way", WAYS),
        ("encoder", ENCODERS),
        ("easing", EASINGS),
        ("basis", BASES),
    ):
        if extra[name] not in known:
            raise RecipeError(f"the recipe's {name} is none of {', '.join(known)}")
    place = extra["place"]
    if place is not None and not (isinstance(place, int | float) and 0 <= place <= 1):
        raise RecipeError("the recipe's place is not on its path")
    least, most = (2, MOST_FRAMES) if place is None else (1, 1)
    if recipe.first != 0 or not least <= recipe.count <= most or isinstance(recipe.label, tuple):
        raise RecipeError(f"the recipe is not of 2 … {MOST_FRAMES} frames of one class from 0 on")
    keys = extra["keys"]
    if not isinstance(keys, list | tuple) or not 2 <= len(keys) <= MOST_KEYS:
        raise RecipeError(f"the recipe has no 2 … {MOST_KEYS} end points")
    values: Values = np.stack([view_of(card).unpacked(key, "end point", card.name) for key in keys])
    return Plan(
        values,
        recipe.count,
        extra["way"],
        extra["encoder"],
        extra["easing"],
        extra["basis"],
        _turned(extra["turned"]),
        recipe.seed,
        recipe.label,
        place,
        replace(prompt_of(recipe), other=other),
        dict(recipe.given),
        _samples(extra[_SAMPLES], card, len(keys)) if _SAMPLES in extra else (),
    )


def _stored(sample: Sample | None) -> dict[str, Any] | None:
    if sample is None:
        return None
    asked = {"label": sample.label, "given": dict(sample.given), "knobs": dict(sample.knobs)}
    return {
        "seed": sample.seed,
        "index": sample.index,
        **{name: value for name, value in asked.items() if value not in (None, {})},
    }


def _samples(stored: Any, card: Card, count: int) -> Samples:
    """What `_stored` wrote of each end point, trusting nothing."""
    damaged = RecipeError("the recipe's words of which end points are samples are damaged")
    if not isinstance(stored, list | tuple) or len(stored) != count:
        raise damaged
    found: list[Sample | None] = []
    for each in stored:
        if each is None:
            found.append(None)
            continue
        if not isinstance(each, Mapping) or set(each) - _ASKED != {"seed", "index"}:
            raise damaged
        label, given, knobs = each.get("label"), each.get("given", {}), each.get("knobs", {})
        numbers = (each["seed"], each["index"], *(() if label is None else (label,)))
        if not all(type(number) is int for number in numbers) or not isinstance(given, Mapping):
            raise damaged
        if not isinstance(knobs, Mapping) or not all(map(_is_number, knobs.values())):
            raise damaged
        if label is not None and not 0 <= label < len(card.labels):
            raise RecipeError(f"an end point of the recipe is of a class that {card.name} has not")
        sample = Sample(each["seed"], each["index"], label, dict(given), dict(knobs))
        try:
            card.codes(sample.given)
            found.append(replace(sample, seed=sample.request.seed))
        except ValueError as error:
            raise RecipeError(f"the recipe draws an impossible end point: {error}") from error
    return tuple(found)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _turned(given: Any) -> tuple[float, ...]:
    if not isinstance(given, list | tuple) or len(given) > 64:
        raise RecipeError("the recipe's sliders are damaged")
    for value in given:
        if not isinstance(value, int | float) or not abs(value) <= _MOST_TURNED:
            raise RecipeError(f"the recipe turns a slider beyond ± {_MOST_TURNED:g}")
    return tuple(float(value) for value in given)
