"""What draws of points with one known coordinate are made again from, inside their recipe."""

from __future__ import annotations

from app.recipes.model_names import name_of
from app.recipes.recipe import Recipe, RecipeError
from app.tasks.line import MOST_DRAWS, LineRequest
from engines.facts.tasks import Task
from engines.kinds import is_plane
from engines.maps.coordinate import coordinate
from engines.model import Card

TASK = Task.INPAINT
_FIELDS = {"method", "axis", "value"}


def recipe_of(card: Card, request: LineRequest) -> Recipe:
    """The recipe of all draws of a request that names its method and every knob."""
    return Recipe(
        task=TASK,
        model=name_of(card),
        sha256=card.sha256,
        seed=request.seed,
        count=request.count,
        label=request.label,
        knobs=dict(request.knobs),
        given=dict(request.given),
        extra={"method": request.method, "axis": request.axis, "value": request.value},
    )


def request_of(recipe: Recipe, card: Card) -> LineRequest:
    """What to ask of the model. Raises RecipeError for a payload that fits no such request."""
    extra, label = recipe.extra, recipe.label
    if recipe.task != TASK or set(extra) != _FIELDS or not is_plane(card.kind):
        raise RecipeError(
            f"the recipe lacks the method or the known coordinate that {card.name} needs"
        )
    method, axis, value = extra["method"], extra["axis"], extra["value"]
    if not isinstance(method, str) or axis not in (0, 1) or isinstance(axis, bool):
        raise RecipeError("the recipe's method or axis is damaged")
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise RecipeError("the recipe's known coordinate is no number")
    try:
        coordinate(value)
    except ValueError as error:
        raise RecipeError(f"the recipe's known coordinate is impossible: {error}") from error
    if recipe.first != 0 or recipe.count > MOST_DRAWS or isinstance(label, tuple):
        raise RecipeError(f"the recipe is not of 1 … {MOST_DRAWS} samples of one class from 0 on")
    return LineRequest(
        int(axis),
        float(value),
        recipe.count,
        recipe.seed,
        method,
        dict(recipe.knobs),
        label,
        dict(recipe.given),
    )
