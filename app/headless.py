"""The window's tasks from the command line: results on stdout, progress on stderr. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.headless_output import Place, UsageError, carry_out, driven, writer
from app.pictures import square_columns
from app.recipes import (
    MAX_COUNT,
    Recipe,
    RecipeError,
    card_of,
    check_fit,
    read_png,
    recipe_of,
    request_of,
)
from engines.catalog import FAMILY_TITLES, ROOT, scan
from engines.model import Card, Model, Prompt, SampleRequest, batch_of, settle
from engines.opening import find, is_outside, locate, open_model

if TYPE_CHECKING:
    from torch import Tensor

_HEADLINES = {"bits_per_dim": "bits/dim", "cross_entropy": "nats"}


@dataclass(frozen=True)
class Wish:
    """What the command line asks to be drawn, in the words it was given in."""

    model: str
    count: int = 16
    seed: int = 7
    label: str | None = None
    """A class by name or index, "each", or None for p(x)."""
    knobs: Mapping[str, float] = field(default_factory=dict)
    columns: int | None = None
    prompt: str = ""
    negative: str = ""


def print_models(root: Path = ROOT) -> None:
    """The catalogue as a table, broken cards below it with the reason."""
    cards, broken = scan(root)
    table = [("MODEL", "FAMILY", "PARAMETERS", "ON TEST DATA")]
    for card in cards:
        table.append(
            (card.name, FAMILY_TITLES[card.family], f"{card.parameters:,}", _headline(card))
        )
    name, family, parameters = (max(len(row[i]) for row in table) for i in range(3))
    for row in table:
        print(f"{row[0]:{name}}  {row[1]:{family}}  {row[2]:>{parameters}}  {row[3]}".rstrip())
    for card_file in broken:
        print(f"broken: {card_file.reason}")


def _headline(card: Card) -> str:
    """How well the model fits the test set, and what kind of number says so."""
    for name, unit in _HEADLINES.items():
        figure = card.figures.get(name)
        if isinstance(figure, Mapping) and isinstance(figure.get("value"), int | float):
            return f"{figure['value']:.3f} {unit}, {figure.get('meaning', 'of unknown meaning')}"
    return ""


def sample(wish: Wish, place: Place, *, device: str | None = None, root: Path = ROOT) -> Path:
    """Draw what is wished and write it; returns the file or folder written.

    Raises UsageError for a wish that no model can fulfil, CheckpointError or SaveError where the
    work fails.
    """
    card = card_named(wish.model, root)
    request = _request(wish, card)
    write = writer(place, card, batch_of(card))
    model = prompted(opened(card, device, root), wish.prompt, wish.negative)
    columns = wish.columns or square_columns(request.count) if card.is_picture else None
    try:
        prompt = Prompt(wish.prompt, wish.negative)
        recipe = recipe_of(model.card, model.knobs, request, columns=columns, prompt=prompt)
    except ValueError as error:
        raise UsageError(f"{card.name}: {error}") from error
    return carry_out(recipe, place, write, lambda: _drawn(recipe, model))


def remake(
    saved: Path, place: Place, *, model: str | None = None, device: str | None = None,
    root: Path = ROOT,
) -> Path:  # fmt: skip
    """Draw a saved picture or sheet again from the recipe in it, and write it as `sample` does.

    `model` says where a model from outside is. Raises RecipeError where the recipe cannot be read
    or followed, else as `sample`.
    """
    recipe = read_png(saved)
    if recipe.task == "inpaint":
        from app import headless_inpainting

        return headless_inpainting.remake(recipe, place, model=model, device=device, root=root)
    if recipe.task == "interpolate":
        from app import headless_interpolation

        return headless_interpolation.remake(recipe, place, model=model, device=device, root=root)
    card = card_of(recipe, root) if model is None else card_named(model, root)
    write = writer(place, card, batch_of(card))
    check_fit(recipe, card)
    made = prompted(opened(card, device, root), recipe.prompt, recipe.negative)
    try:
        settle(made.knobs, recipe.knobs)
    except ValueError as error:
        raise RecipeError(f"the recipe does not fit {card.name}: {error}") from error
    return carry_out(recipe, place, write, lambda: _drawn(recipe, made))


def card_named(name: str, root: Path) -> Card:
    """The card of a model: of the catalogue, a card's or folder's by its path, the hub's by id.

    Raises UsageError when there is no such model, CheckpointError when its card is broken.
    """
    if name.endswith(".toml") and Path(name).is_file():
        return find(name, root)
    names = {f"{path.parent.name}/{path.stem}" for path in root.glob("*/*.toml")}
    if is_outside(name, root):
        return locate(name, root)
    if name not in names:
        known = ", ".join(sorted(names)) or "none"
        raise UsageError(f"there is no model '{name}'; the catalogue has: {known}")
    return find(name, root)


def _request(wish: Wish, card: Card) -> SampleRequest:
    if not 1 <= wish.count <= MAX_COUNT:
        raise UsageError(f"--count must lie in 1 … {MAX_COUNT}, got {wish.count}")
    if wish.columns is not None and not 1 <= wish.columns <= wish.count:
        raise UsageError(f"--columns must lie in 1 … {wish.count}, got {wish.columns}")
    label = None if wish.label is None else class_named(wish.label, card)
    try:
        return SampleRequest(wish.count, wish.seed, label, wish.knobs)
    except ValueError as error:
        raise UsageError(str(error)) from error


def class_named(text: str, card: Card) -> int | tuple[int, ...]:
    """A class by its name, else by its index, or all of them for "each". Raises UsageError."""
    if not card.labels:
        raise UsageError(f"{card.name} has no classes; leave --label out")
    if text == "each":
        return tuple(range(len(card.labels)))
    if text in card.labels:
        return card.labels.index(text)
    if text.isdecimal() and int(text) < len(card.labels):
        return int(text)
    known = ", ".join(card.labels)
    raise UsageError(f"{card.name} has no class '{text}'; it has: each, {known}")


def prompted(model: Model, prompt: str, negative: str) -> Model:
    """The model of p(x | prompt). Raises UsageError where a model that reads none is given one."""
    if not prompt and not negative:
        return model
    if model.prompted is None:
        raise UsageError(f"{model.card.name} reads no text; leave --prompt and --negative out")
    return model.prompted(Prompt(prompt, negative))


def opened(card: Card, device: str | None, root: Path) -> Model:
    """The model, loaded and set up as in the window: the same threads give the same last bit."""
    from engines import devices  # torch comes in here

    try:
        chosen = devices.choose(device)
    except ValueError as error:
        raise UsageError(str(error)) from error
    devices.prepare_thread()
    return open_model(card, chosen, root)


def _drawn(recipe: Recipe, model: Model) -> Tensor:
    """The pictures or points the recipe shows, with no more beside them than their bits need."""
    shown = recipe.indices
    if recipe.index is not None:
        recipe = recipe.picture(recipe.index, batch_of(model.card))
    x = driven(model.sample(request_of(recipe)), model.card.name)
    return x[shown[0] - recipe.first :][: len(shown)]
