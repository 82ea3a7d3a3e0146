"""Where the results of the command line go: sheets, single pictures, tables. No Qt."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from app.recipes import files
from app.recipes.pictures import scatter_sheet, sheet, to_pixels, to_points
from app.recipes.recipe import Recipe, csv_bytes, file_name, save_png
from engines.checkpoints import leftovers
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
        # os.path, for pathlib raises where a name is too long
        return self.separate or ends or (self.out is not None and os.path.isdir(self.out))

    def path(self, recipe: Recipe, suffix: str) -> Path:
        """Where the result of a recipe goes; `suffix` is of a file whose name is made here."""
        return Path(self.out or file_name(recipe, "" if self.is_folder else suffix))

    def say_where(self) -> None:
        """Where nobody chose the place of a result, name its folder."""
        if self.out is None:
            say(f"written into the current folder, {Path.cwd()}; --out names another place")


def say(note: str) -> None:
    """A sentence beside the result, on stderr."""
    if sys.stderr is not None:
        print(f"{files.APP}: {note}", file=sys.stderr)


def prepared(path: Path, *, is_folder: bool = False) -> None:
    """Make the folder that a result goes into, and say so where it was not there.

    Better to fail before the work than after: raises SaveError for a place that cannot be.
    """
    folder = path if is_folder else path.parent
    is_new = not os.path.isdir(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            os.lstat(path)  # the name may be too long
    except OSError as error:
        raise files.SaveError(files.unwritable(path, error)) from error
    leftovers.clean([folder])
    if is_new:
        say(f"the folder {folder} was made")


def carry_out(recipe: Recipe, place: Place, write: Writer, draw: Callable[[], Tensor]) -> Path:
    """Draw and write what the recipe shows; returns the file or folder. Raises SaveError."""
    path = place.path(recipe, ".png")
    prepared(path, is_folder=place.is_folder)
    write(path, draw(), recipe)
    place.say_where()
    return path


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
