"""Filling holes from the command line: the same draws as in the window. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.command.names import card_for, card_named, class_named, opened, prompted
from app.command.output import Place, UsageError, carry_out, driven, say, writer
from app.command.pictures import content_of, foreign_of
from app.recipes.packing import Mask
from app.recipes.pictures import Pixels, square_columns
from app.recipes.recipe import Recipe, RecipeError, check_fit
from app.tasks import line, line_recipe
from app.tasks.filling import MOST_DRAWS, FillRequest, chosen, fitting, started
from app.tasks.filling_recipe import recipe_of, request_of
from engines.checkpoints.catalog import ROOT
from engines.data import masks
from engines.data.fitting import fitted
from engines.data.masks import Photo, Reading
from engines.model import Card, Model, Prompt, SampleRequest, settle

if TYPE_CHECKING:
    from torch import Tensor

_LOOKED_AT, _FAR = 2000, 0.5
"""Points that tell where the data lie, and beyond how much of their width a value is far away."""


@dataclass(frozen=True)
class Wish:
    """What the command line asks to be filled, in the words it was given in."""

    model: str
    image: Path
    mask: Path
    count: int = 8
    seed: int = 7
    label: str | None = None
    """A class by name or index, or None for p(x)."""
    method: str = ""
    """One by its name, "" for the model's default."""
    knobs: Mapping[str, float] = field(default_factory=dict)
    columns: int | None = None
    prompt: str = ""
    negative: str = ""


@dataclass(frozen=True)
class LineWish:
    """Points with one coordinate known, 0 for x or 1 for y, in the words of the command line."""

    model: str
    fix: tuple[int, float]
    count: int = 500
    seed: int = 7
    label: str | None = None
    method: str = ""
    knobs: Mapping[str, float] = field(default_factory=dict)


def inpaint(wish: Wish, place: Place, *, device: str | None = None, root: Path = ROOT) -> Path:
    """Fill the hole and write the draws; returns the file or folder written.

    Raises UsageError for a wish that no model can fulfil, CheckpointError or SaveError where the
    work fails.
    """
    card = card_named(wish.model, root)
    if not card.is_picture:
        raise UsageError(f"{card.name} draws points: say --fix x=0.5, not --image and --mask")
    _check_numbers(wish.count, wish.seed, MOST_DRAWS)
    if wish.columns is not None and not 1 <= wish.columns <= wish.count:
        raise UsageError(f"--columns must lie in 1 … {wish.count}, got {wish.columns}")
    label = _label(wish.label, card)
    picture, photo = _picture(wish.image, card)
    mask = _mask(wish.mask, card, photo)
    write = writer(place, card, wish.count)
    model = prompted(opened(card, device, root), wish.prompt, wish.negative)
    try:
        method = chosen(fitting(model), wish.method, card.name)
        knobs = settle(method.knobs, wish.knobs)
        request = FillRequest(
            picture, mask, wish.count, wish.seed, method.name, knobs, label,
            Prompt(wish.prompt, wish.negative),
        )  # fmt: skip
    except ValueError as error:
        raise UsageError(str(error)) from error
    recipe = recipe_of(card, request, columns=wish.columns or square_columns(wish.count))
    return carry_out(recipe, place, write, lambda: _drawn(recipe, model))


def inpaint_points(
    wish: LineWish, place: Place, *, device: str | None = None, root: Path = ROOT
) -> Path:
    """Draw points with one coordinate known and write them, as `inpaint` does pictures."""
    card = card_named(wish.model, root)
    if card.shape != (2,):
        raise UsageError(f"{card.name} fills pictures: say --image and --mask, not --fix")
    _check_numbers(wish.count, wish.seed, line.MOST_DRAWS)
    (axis, value), label = wish.fix, _label(wish.label, card)
    write = writer(place, card, wish.count)
    model = opened(card, device, root)
    try:
        method = chosen(fitting(model), wish.method, card.name)
        knobs = settle(method.knobs, wish.knobs)
    except ValueError as error:
        raise UsageError(str(error)) from error
    _warn_far(model, axis, value)
    request = line.LineRequest(axis, value, wish.count, wish.seed, method.name, knobs, label)
    recipe = line_recipe.recipe_of(card, request)
    return carry_out(recipe, place, write, lambda: _drawn(recipe, model))


def remake(
    recipe: Recipe, place: Place, *, model: str | None = None, device: str | None = None,
    root: Path = ROOT,
) -> Path:  # fmt: skip
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
            f"{low:.3g} … {high:.3g}, so that the draws say little of {card.name}"
        )


def _check_numbers(count: int, seed: int, most: int) -> None:
    if not 1 <= count <= most:
        raise UsageError(f"--count must lie in 1 … {most}, got {count}")
    if not 0 <= seed < 2**64:
        raise UsageError(f"--seed must lie in 0 … 2^64 − 1, got {seed}")


def _label(text: str | None, card: Card) -> int | None:
    label = None if text is None else class_named(text, card)
    if isinstance(label, tuple):
        raise UsageError("--label each deals classes out; a hole is filled as one class or as any")
    return label


def _request(recipe: Recipe, card: Card) -> FillRequest | line.LineRequest:
    return request_of(recipe, card) if card.is_picture else line_recipe.request_of(recipe, card)


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


def _picture(path: Path, card: Card) -> tuple[Pixels, Photo]:
    """The picture as the model sees it: one of another size is cropped and scaled."""
    try:
        found = foreign_of(path)
    except ValueError as error:
        raise UsageError(f"--image: {error}") from error
    return fitted(found.pixels, card.shape), Photo(found.size)


def _mask(path: Path, card: Card, photo: Photo) -> Mask:
    """A mask of the model's size, or of the photo's; what was decided is said on stderr."""

    def reads(raw: bytes, name: str) -> Reading:
        return masks.sized(masks.read(raw, name), name, card.shape[1:], photo)

    try:
        found = content_of(path, reads)
    except ValueError as error:
        raise UsageError(f"--mask: {error}") from error
    for note in found.notes:
        say(note)
    return found.mask
