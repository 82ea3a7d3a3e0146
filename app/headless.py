"""The window's tasks from the command line: results on stdout, progress on stderr. No Qt."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from app import files
from app.pictures import scatter_sheet, sheet, square_columns, to_pixels, to_points
from app.recipes import (
    MAX_COUNT,
    Recipe,
    RecipeError,
    card_of,
    check_fit,
    csv_bytes,
    file_name,
    read_png,
    recipe_of,
    request_of,
    save_png,
)
from engines.catalog import FAMILY_TITLES, ROOT, find, open_model, scan
from engines.model import Card, Model, Run, SampleRequest, batch_of, settle

if TYPE_CHECKING:
    from torch import Tensor

_HEADLINES = {"bits_per_dim": "bits/dim", "cross_entropy": "nats"}

Writer: TypeAlias = "Callable[[Path, Tensor, Recipe], None]"


class UsageError(Exception):
    """The command line asks for what cannot be; the message is one sentence for a person."""


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


@dataclass(frozen=True)
class Place:
    """Where results go: a file by its suffix, or a folder for one file per picture.

    Without `out` the name is made from the recipe, in the current folder.
    """

    out: str | None = None
    separate: bool = False

    @property
    def is_folder(self) -> bool:
        """Asked for, spelt with a slash at the end, or there already."""
        ends = self.out is not None and self.out.endswith(("/", os.sep))
        return self.separate or ends or (self.out is not None and Path(self.out).is_dir())


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
    card = _card(wish.model, root)
    request = _request(wish, card)
    write = _writer(place, card)
    model = _opened(card, device, root)
    columns = wish.columns or square_columns(request.count) if card.is_picture else None
    try:
        recipe = recipe_of(model.card, model.knobs, request, columns=columns)
    except ValueError as error:
        raise UsageError(f"{card.name}: {error}") from error
    return _carry_out(recipe, model, place, write)


def remake(saved: Path, place: Place, *, device: str | None = None, root: Path = ROOT) -> Path:
    """Draw a saved picture or sheet again from the recipe in it, and write it as `sample` does.

    Raises RecipeError where the recipe cannot be read or followed, else as `sample`.
    """
    recipe = read_png(saved)
    card = card_of(recipe, root)
    write = _writer(place, card)
    check_fit(recipe, card)
    model = _opened(card, device, root)
    try:
        settle(model.knobs, recipe.knobs)
    except ValueError as error:
        raise RecipeError(f"the recipe does not fit {card.name}: {error}") from error
    return _carry_out(recipe, model, place, write)


def _card(name: str, root: Path) -> Card:
    """Raises UsageError when there is no such model, CheckpointError when its card is broken."""
    names = {f"{path.parent.name}/{path.stem}" for path in root.glob("*/*.toml")}
    if name not in names:
        known = ", ".join(sorted(names)) or "none"
        raise UsageError(f"there is no model '{name}'; the catalogue has: {known}")
    return find(name, root)


def _request(wish: Wish, card: Card) -> SampleRequest:
    if not 1 <= wish.count <= MAX_COUNT:
        raise UsageError(f"--count must lie in 1 … {MAX_COUNT}, got {wish.count}")
    if wish.columns is not None and not 1 <= wish.columns <= wish.count:
        raise UsageError(f"--columns must lie in 1 … {wish.count}, got {wish.columns}")
    label = None if wish.label is None else _label(wish.label, card)
    try:
        return SampleRequest(wish.count, wish.seed, label, wish.knobs)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _label(text: str, card: Card) -> int | tuple[int, ...]:
    """A class by its name, else by its index, or all of them for "each"."""
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


def _opened(card: Card, device: str | None, root: Path) -> Model:
    """The model, loaded and set up as in the window: the same threads give the same last bit."""
    from engines import devices  # torch comes in here

    try:
        chosen = devices.choose(device)
    except ValueError as error:
        raise UsageError(str(error)) from error
    devices.prepare_thread()
    return open_model(card, chosen, root)


def _carry_out(recipe: Recipe, model: Model, place: Place, write: Writer) -> Path:
    path = Path(place.out or file_name(recipe, "" if place.is_folder else ".png"))
    folder = path if place.is_folder else path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)  # better to fail before the work than after
    except OSError as error:
        raise files.SaveError(files.unwritable(path, error)) from error
    write(path, _drawn(recipe, model), recipe)
    return path


def _drawn(recipe: Recipe, model: Model) -> Tensor:
    """The pictures or points the recipe shows, with no more beside them than their bits need."""
    shown = recipe.indices
    if recipe.index is not None:
        recipe = recipe.picture(recipe.index, batch_of(model.card))
    x = _driven(model.sample(request_of(recipe)), model.card.name)
    return x[shown[0] - recipe.first :][: len(shown)]


def _driven(run: Run, name: str) -> Tensor:
    """Drive a run to its end, with one line of progress where someone watches."""
    watched = sys.stderr is not None and sys.stderr.isatty()
    try:
        while True:
            step = next(run)
            if watched:
                of = f" of {step.total}" if step.total else ""
                print(f"\r{name}: {step.done}{of}\x1b[K", end="", file=sys.stderr, flush=True)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        run.close()
        if watched:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _writer(place: Place, card: Card) -> Writer:
    """How to write this kind of result to this kind of place."""
    if place.is_folder:
        if not card.is_picture:
            raise UsageError(f"{card.name} draws points; write them to one .csv, .npz or .png file")
        return partial(_write_separately, batch=batch_of(card))
    suffix = Path(place.out).suffix.lower() if place.out else ".png"
    writers = {".png": _write_sheet} if card.is_picture else _POINT_WRITERS
    if suffix not in writers:
        folder = ", or in / for a folder" if card.is_picture else ""
        raise UsageError(f"--out must end in {', '.join(writers)} for {card.name}{folder}")
    return writers[suffix]


def _write_sheet(path: Path, x: Tensor, recipe: Recipe) -> None:
    save_png(path, sheet(to_pixels(x), recipe.columns), recipe)


def _write_separately(path: Path, x: Tensor, recipe: Recipe, *, batch: int) -> None:
    for index, picture in zip(recipe.indices, to_pixels(x), strict=True):
        single = recipe.picture(index, batch)
        save_png(path / file_name(single), picture, single)


def _write_scatter(path: Path, x: Tensor, recipe: Recipe) -> None:
    save_png(path, scatter_sheet(to_points(x), recipe.classes()), recipe)


def _write_csv(path: Path, x: Tensor, recipe: Recipe) -> None:
    files.write_atomically(path, csv_bytes(to_points(x), recipe))


def _write_npz(path: Path, x: Tensor, recipe: Recipe) -> None:
    """Arrays "x" (n, 2), "classes" (n,) where the request has them, and "recipe", a string."""
    arrays = {"x": to_points(x), "recipe": np.array(recipe.to_json())}
    if classes := recipe.classes():
        arrays["classes"] = np.array(classes)
    with io.BytesIO() as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
        files.write_atomically(path, file.getvalue())


_POINT_WRITERS: Mapping[str, Writer] = {
    ".csv": _write_csv,
    ".npz": _write_npz,
    ".png": _write_scatter,
}
