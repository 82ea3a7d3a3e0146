"""Filling holes from the command line: the same draws as in the window. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.command.names import card_for, card_named, one_condition, opened, prompted
from app.command.output import Place, UsageError, carry_out, driven, say, writer
from app.kinds import Hole, view_of
from app.kinds.view import Options, names_of
from app.recipes.condition import Condition
from app.recipes.recipe import Recipe, RecipeError, check_fit
from app.tasks import line, line_recipe
from app.tasks.filling import MOST_DRAWS, FillRequest, chosen, fitting, started
from app.tasks.filling_recipe import recipe_of, request_of
from engines.checkpoints.catalog import ROOT
from engines.kinds import is_plane
from engines.model import Card, Given, Model, Prompt, SampleRequest, settle

if TYPE_CHECKING:
    from torch import Tensor

_COUNTS = {False: (8, MOST_DRAWS), True: (500, line.MOST_DRAWS)}
"""How many draws are usual and how many at most, with a known coordinate of the plane and else."""
_LOOKED_AT, _FAR = 2000, 0.5
"""Points that tell where the data lie, and beyond how much of their width a value is far away."""


@dataclass(frozen=True)
class FillOptions:
    """What the command line asks to be filled, in the words it was given in.

    `hole` are the options that say what is known, as the view of the kind takes them.
    """

    model: str
    hole: Options
    count: int | None = None
    """None for as many as are usual of the kind."""
    seed: int = 7
    label: str | None = None
    """A class by name or index, or None for p(x)."""
    given: Given = field(default_factory=dict)
    method: str = ""
    """One by its name, "" for the model's default."""
    knobs: Mapping[str, float] = field(default_factory=dict)
    columns: int | None = None
    prompt: str = ""
    negative: str = ""


def inpaint(
    options: FillOptions, place: Place, *, device: str | None = None, root: Path = ROOT
) -> Path:
    """Fill the hole and write the draws; returns the file or folder written.

    Raises UsageError for options that no model can fulfil, CheckpointError or SaveError where the
    work fails.
    """
    card = card_named(options.model, root)
    view, usual, most = view_of(card), *_COUNTS[is_plane(card.kind)]
    if set(options.hole) != set(view.hole_options):
        remedy = f"give {view.hole_words}" if view.hole_options else "these cannot be filled"
        said = names_of(tuple(options.hole))
        raise UsageError(f"{card.name} is a model of {card.kind.things}: {remedy}, not {said}")
    options = options if options.count is not None else replace(options, count=usual)
    count = options.count or 0
    _check_numbers(count, options.seed, most)
    if options.columns is not None and view.columns(count) is None:
        raise UsageError(
            f"{card.name} is a model of {card.kind.things}; --columns is for sheets of pictures"
        )
    if options.columns is not None and not 1 <= options.columns <= count:
        raise UsageError(f"--columns must lie in 1 … {options.count}, got {options.columns}")
    asked = one_condition(
        options.label, options.given, card, ("a hole is filled with one class, or with any")
    )
    try:
        hole = view.hole(options.hole)
    except ValueError as error:
        raise UsageError(str(error)) from error
    for note in hole.notes:
        say(note)
    write = writer(place, card, count)
    model = prompted(opened(card, device, root), options.prompt, options.negative)
    recipe = _recipe(options, count, model, hole, asked)
    return carry_out(recipe, place, write, lambda: _drawn(recipe, model))


def _recipe(options: FillOptions, count: int, model: Model, hole: Hole, asked: Condition) -> Recipe:
    """The recipe of the draws, with a method and knobs that the model has. Raises UsageError."""
    card = model.card
    try:
        method = chosen(fitting(model), options.method, card.name)
        knobs = settle(method.knobs, options.knobs)
        if is_plane(card.kind):
            axis = int(hole.mask.argmin())
            value = float(options.hole["fix"][1])
            _warn_far(model, axis, value)
            return line_recipe.recipe_of(
                card,
                line.LineRequest(
                    axis, value, count, options.seed, method.name, knobs, asked.one, asked.given
                ),
            )
        request = FillRequest(
            hole.value,
            hole.mask,
            count,
            options.seed,
            method.name,
            knobs,
            asked.one,
            Prompt(options.prompt, options.negative),
            asked.given,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    return recipe_of(card, request, columns=options.columns or view_of(card).columns(count))


def remake(
    recipe: Recipe,
    place: Place,
    *,
    model: str | None = None,
    device: str | None = None,
    root: Path = ROOT,
) -> Path:
    """Fill a saved hole again and write it as `inpaint` does. Raises RecipeError as well."""
    card = card_for(recipe, model, root)
    write = writer(place, card, recipe.count)
    check_fit(recipe, card)
    _request(recipe, card)
    made = prompted(opened(card, device, root), recipe.prompt, recipe.negative)
    return carry_out(recipe, place, write, lambda: _drawn(recipe, made))


def _warn_far(model: Model, axis: int, value: float) -> None:
    """Say where a known coordinate lies far from all data, or all samples where those are unknown.

    A conditional exists there as well, but it is the tails that speak.
    """
    from engines.data import examples

    card = model.card
    if known := examples.has_points(card.data):
        x = examples.points(card.data, _LOOKED_AT)
    else:
        x = driven(model.sample(SampleRequest(_LOOKED_AT, 0)), card.name)
    low, high = x[:, axis].min().item(), x[:, axis].max().item()
    reach = _FAR * (high - low)
    if not low - reach <= value <= high + reach:
        say(
            f"p({'xy'[axis]} = {value:g}) ≈ 0: the {'data' if known else 'samples'} lie in "
            f"{low:.3g} … {high:.3g}, so the samples say little about {card.name}"
        )


def _check_numbers(count: int, seed: int, most: int) -> None:
    if not 1 <= count <= most:
        raise UsageError(f"--count must lie in 1 … {most}, got {count}")
    if not 0 <= seed < 2**64:
        raise UsageError(f"--seed must lie in 0 … 2^64 − 1, got {seed}")


def _request(recipe: Recipe, card: Card) -> FillRequest | line.LineRequest:
    return line_recipe.request_of(recipe, card) if is_plane(card.kind) else request_of(recipe, card)


def _drawn(recipe: Recipe, model: Model) -> Tensor:
    """The draws that the recipe shows; all are made, for they may depend on each other."""
    request = _request(recipe, model.card)
    try:
        if isinstance(request, FillRequest):
            run, _, _ = started(model, request)
        else:
            run, _, _ = line.started(model, request)
    except ValueError as error:
        raise RecipeError(f"the recipe cannot be followed: {error}") from error
    x = driven(run, model.card.name)
    return x[recipe.indices.start : recipe.indices.stop]
