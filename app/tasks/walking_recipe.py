"""What a path is made again from: its end points, how codes are mixed, and how sliders stood.

Pictures travel as PNGs in base64, points as numbers. Places follow from the number of frames and
the easing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.recipes.model_names import name_of
from app.recipes.packing import picture_text, pixels_of
from app.recipes.pictures import Values
from app.recipes.recipe import MAX_PROMPT, Recipe, RecipeError, prompt_of
from engines.maps.coordinate import coordinate
from engines.model import NO_PROMPT, Card, Prompt
from widgets.interpolation.easing import EASINGS, eased

TASK = "interpolate"
WAYS, ENCODERS, BASES = ("slerp", "lerp"), ("mean", "draw"), ("principal", "single")
MOST_KEYS, MOST_FRAMES = 8, 600

_FIELDS = {"keys", "way", "encoder", "easing", "basis", "turned", "place"}
_MOST_TURNED = 10.0


@dataclass(frozen=True, eq=False)
class Plan:
    """A path in words: `keys` (m, …), and `turned` sliders in standard deviations of a `basis`.

    `seed` is that of codes drawn from p(z | x); `label` the class to decode as. With a `place`
    0 … 1 there is but the one frame there. `prompt` goes from its text to its `other` one.
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
        task=TASK, model=name_of(card), sha256=card.sha256, seed=plan.seed, count=plan.count,
        index=index, columns=columns, label=plan.label,
        prompt=plan.prompt.text, negative=plan.prompt.negative,
        extra={
            "keys": [_text(key, card) for key in plan.keys],
            "way": plan.way, "encoder": plan.encoder, "easing": plan.easing, "basis": plan.basis,
            "turned": [float(value) for value in plan.turned], "place": plan.place,
            **({"to": plan.prompt.other} if plan.prompt.other else {}),
        },
    )  # fmt: skip


def plan_of(recipe: Recipe, card: Card) -> Plan:
    """What to make again. Raises RecipeError for a payload that is no such path."""
    extra = recipe.extra
    if recipe.task != TASK or set(extra) - {"to"} != _FIELDS:
        raise RecipeError("the recipe lacks the end points or the way of its path")
    other = extra.get("to", "")
    if not isinstance(other, str) or len(other) > MAX_PROMPT:
        raise RecipeError("the recipe's second prompt is no text, or has no end")
    for field, known in (("way", WAYS), ("encoder", ENCODERS), ("easing", EASINGS),
                         ("basis", BASES)):  # fmt: skip
        if extra[field] not in known:
            raise RecipeError(f"the recipe's {field} is none of {', '.join(known)}")
    place = extra["place"]
    if place is not None and not (isinstance(place, int | float) and 0 <= place <= 1):
        raise RecipeError("the recipe's place is not on its path")
    least, most = (2, MOST_FRAMES) if place is None else (1, 1)
    if recipe.first != 0 or not least <= recipe.count <= most or isinstance(recipe.label, tuple):
        raise RecipeError(f"the recipe is not of 2 … {MOST_FRAMES} frames of one class from 0 on")
    keys = extra["keys"]
    if not isinstance(keys, list | tuple) or not 2 <= len(keys) <= MOST_KEYS:
        raise RecipeError(f"the recipe has no 2 … {MOST_KEYS} end points")
    values: Values = np.stack([_value(key, card) for key in keys])
    return Plan(
        values, recipe.count, extra["way"], extra["encoder"], extra["easing"], extra["basis"],
        _turned(extra["turned"]), recipe.seed, recipe.label, place,
        replace(prompt_of(recipe), other=other),
    )  # fmt: skip


def _turned(given: Any) -> tuple[float, ...]:
    if not isinstance(given, list | tuple) or len(given) > 64:
        raise RecipeError("the recipe's sliders are damaged")
    for value in given:
        if not isinstance(value, int | float) or not abs(value) <= _MOST_TURNED:
            raise RecipeError(f"the recipe turns a slider beyond ± {_MOST_TURNED:g}")
    return tuple(float(value) for value in given)


def _text(key: Any, card: Card) -> Any:
    if not card.is_picture:
        return [float(value) for value in key]
    return picture_text(key[..., 0] if card.shape[0] == 1 else key)


def _value(key: Any, card: Card) -> Any:
    """An end point out of a recipe, trusting nothing."""
    if card.is_picture:
        pixels = pixels_of({"end point": key}, "end point")
        if pixels.shape != (*card.shape[1:], 3):
            raise RecipeError("the recipe's end points have another size than the model's pictures")
        if card.shape[0] == 1 and not (pixels == pixels[..., :1]).all():
            raise RecipeError(f"the recipe's end points have colours; {card.name} takes grey ones")
        return pixels
    good = isinstance(key, list | tuple) and len(key) == card.shape[0]
    if not good or not all(isinstance(v, int | float) for v in key):
        raise RecipeError("the recipe's end points are no points of the plane")
    try:
        return np.array([coordinate(v) for v in key], np.float32)
    except ValueError as error:
        raise RecipeError(f"the recipe's end points are impossible: {error}") from error
