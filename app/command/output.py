"""Where the results of the command line go: sheets, single pictures, tables. No Qt."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from app.recipes import files
from app.recipes.pictures import scatter_sheet, sheet, to_pixels, to_points
from app.recipes.recipe import Recipe, csv_bytes, file_name, save_png
from engines.model import Card, Step
from engines.naming import Sentence

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
Writer: TypeAlias = "Callable[[Path, Tensor, Recipe], None]"


class UsageError(Sentence):
    """The command line asks for what cannot be; the message is one sentence for a person."""


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
        return self.separate or ends or os.path.isdir(self.out or "")


def carry_out(recipe: Recipe, place: Place, write: Writer, draw: Callable[[], Tensor]) -> Path:
    """Draw and write what the recipe shows; returns the file or folder. Raises SaveError."""
    path = Path(place.out or file_name(recipe, "" if place.is_folder else ".png"))
    folder = path if place.is_folder else path.parent
    make_folder(folder, path)  # better to fail before the work than after
    write(path, draw(), recipe)
    return path


def make_folder(folder: Path, path: Path) -> None:
    """Make the folder in which `path` is to be written. Raises SaveError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.SaveError(files.unwritable(path, error)) from error


def driven(run: Generator[Step, None, T], name: str) -> T:
    """Drive a run to its end, with one line of progress where someone watches.

    What the run finds poor of itself is said at its end, whoever watches.
    """
    watched, poor = sys.stderr is not None and sys.stderr.isatty(), ""
    try:
        while True:
            step = next(run)
            poor = step.poor
            if watched:
                of = f" of {step.total}" if step.total else ""
                print(f"\r{name}: {step.done}{of}\x1b[K", end="", file=sys.stderr, flush=True)
    except StopIteration as end:
        if watched:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        if poor and sys.stderr is not None:
            print(f"{name}: {poor}.", file=sys.stderr)
        return end.value  # type: ignore[no-any-return]
    finally:
        run.close()
        if watched:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def writer(place: Place, card: Card, together: int) -> Writer:
    """How to write this kind of result to this kind of place.

    `together` is how many pictures are drawn together, as in Recipe.picture. Raises UsageError.
    """
    if place.is_folder:
        if not card.is_picture:
            raise UsageError(f"{card.name} draws points; write them to one .csv, .npz or .png file")
        return partial(_write_separately, batch=together)
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
