"""Samples from the command line. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.command.names import card_named, condition_named, opened, prompted
from app.command.output import Place, UsageError, carry_out, driven, writer
from app.kinds import view_of
from app.recipes.recipe import MAX_COUNT, Recipe, recipe_of, request_of
from engines.checkpoints.catalog import ROOT
from engines.model import Card, Given, Model, Prompt, SampleRequest, batch_of

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class SampleOptions:
    """What the command line asks to be drawn, in the words it was given in."""

    model: str
    count: int = 16
    seed: int = 7
    label: str | None = None
    """A class by name or index, "each", or None for p(x)."""
    given: Given = field(default_factory=dict)
    """Values of attributes by their names."""
    knobs: Mapping[str, float] = field(default_factory=dict)
    columns: int | None = None
    prompt: str = ""
    negative: str = ""


def sample(
    options: SampleOptions, place: Place, *, device: str | None = None, root: Path = ROOT
) -> Path:
    """Draw what is asked for and write it; returns the file or folder written.

    Raises UsageError for options that no model can fulfil, CheckpointError or SaveError where the
    work fails.
    """
    card = card_named(options.model, root)
    request = _request(options, card)
    write = writer(place, card, batch_of(card))
    model = prompted(opened(card, device, root), options.prompt, options.negative)
    columns = options.columns or view_of(card).columns(request.count)
    try:
        prompt = Prompt(options.prompt, options.negative)
        recipe = recipe_of(model.card, model.knobs, request, columns=columns, prompt=prompt)
    except ValueError as error:
        raise UsageError(f"{card.name}: {error}") from error
    return carry_out(recipe, place, write, lambda: drawn(recipe, model))


def _request(options: SampleOptions, card: Card) -> SampleRequest:
    if not 1 <= options.count <= MAX_COUNT:
        raise UsageError(f"--count must lie in 1 … {MAX_COUNT}, got {options.count}")
    if options.columns is not None and not 1 <= options.columns <= options.count:
        raise UsageError(f"--columns must lie in 1 … {options.count}, got {options.columns}")
    asked = condition_named(options.label, options.given, card)
    try:
        return SampleRequest(
            options.count, options.seed, asked.label, options.knobs, given=asked.given
        )
    except ValueError as error:
        raise UsageError(str(error)) from error


def drawn(recipe: Recipe, model: Model) -> Tensor:
    """The pictures or points the recipe shows, with no more beside them than their bits need."""
    shown = recipe.indices
    if recipe.index is not None:
        recipe = recipe.picture(recipe.index, batch_of(model.card))
    x = driven(model.sample(request_of(recipe)), model.card.name)
    return x[shown[0] - recipe.first :][: len(shown)]
