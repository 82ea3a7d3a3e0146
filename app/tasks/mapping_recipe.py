"""What a view of density maps is made again from: models, area, scale and what lies over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.recipes.model_names import names_here, renamed
from app.recipes.recipe import Recipe, RecipeError
from app.tasks.shown_models import TASK, check_condition, check_models, recipe_with
from engines.kinds import is_plane
from engines.maps.area import Area
from engines.maps.coordinate import coordinate
from engines.model import Card, Given

MOST_POINTS, SIDES = 1000, range(16, 4097)
_FIELDS = {
    "models",
    "area",
    "side",
    "logarithmic",
    "range",
    "contours",
    "data",
    "points",
    "difference",
    "inside",
    "samples",
}


@dataclass(frozen=True)
class View:
    """One view of maps of the plane. `models` are names; `difference` and `inside` may be none.

    `label` is a class, `given` are values of attributes in its place.

    `inside` is a model's name and the moment in it, 0 … 1.
    """

    models: tuple[str, ...]
    area: Area
    side: int = 512
    label: int | None = None
    logarithmic: bool = True
    range: float = 12.0
    contours: bool = True
    data: bool = False
    points: tuple[tuple[float, float], ...] = ()
    difference: tuple[str, str] | None = None
    inside: tuple[str, float] | None = None
    samples: bool = False
    given: Given = field(default_factory=dict)


def recipe_of(view: View, cards: Mapping[str, Card], seed: int) -> Recipe:
    """The recipe of a view; all its models are kept with their weights."""
    area = view.area
    return recipe_with(
        view.models,
        cards,
        seed,
        {
            "area": list(area.box),
            "side": view.side,
            "logarithmic": view.logarithmic,
            "range": view.range,
            "contours": view.contours,
            "data": view.data,
            "points": [list(point) for point in view.points],
            "difference": list(view.difference) if view.difference else None,
            "inside": list(view.inside) if view.inside else None,
            "samples": view.samples,
        },
        label=view.label,
        given=view.given,
    )


def view_of(recipe: Recipe, cards: Mapping[str, Card]) -> View:
    """The view in a recipe. Raises RecipeError for one that this catalogue cannot show."""
    extra = {"samples": False, **recipe.extra}  # the first recipes knew of none
    extra = renamed(extra, names_here(extra.get("models"), cards))
    if recipe.task != TASK or set(extra) != _FIELDS:
        raise RecipeError("the recipe lacks parts of the view of its maps")
    try:
        view = View(
            models=tuple(extra["models"]),
            area=Area(*_numbers(extra["area"], 4)),
            side=int(extra["side"]),
            label=recipe.label if isinstance(recipe.label, int) else None,
            logarithmic=extra["logarithmic"] is True,
            range=_numbers([extra["range"]], 1)[0],
            contours=extra["contours"] is True,
            data=extra["data"] is True,
            points=tuple(_pair(point) for point in extra["points"][:MOST_POINTS]),
            difference=_names(extra["difference"]),
            inside=_inside(extra["inside"]),
            samples=extra["samples"] is True,
            given=recipe.given,
        )
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise RecipeError("the recipe's view of maps is damaged") from error
    _check(view, extra["models"], cards)
    return view


def _check(view: View, hashes: Mapping[str, str], cards: Mapping[str, Card]) -> None:
    plane = "a 2-D model"
    shown = check_models(hashes, cards, lambda card: is_plane(card.kind), plane, "these maps")
    check_condition(view.label, view.given, shown)
    if view.side not in SIDES:
        raise RecipeError(f"the recipe asks for maps of {view.side} pixels, not 16 … 4096")


def _numbers(values: Any, count: int) -> list[float]:
    found = [coordinate(value) for value in values]
    if len(found) != count:
        raise ValueError(values)
    return found


def _pair(values: Any) -> tuple[float, float]:
    x, y = _numbers(values, 2)
    return x, y


def _names(values: Sequence[str] | None) -> tuple[str, str] | None:
    if values is None:
        return None
    first, second = values
    return str(first), str(second)


def _inside(values: Any) -> tuple[str, float] | None:
    if values is None:
        return None
    name, place = values
    if not 0 <= place <= 1:
        raise ValueError(place)
    return str(name), float(place)
