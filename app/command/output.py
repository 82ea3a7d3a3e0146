"""Where the results of the command line go: sheets, single pictures, tables. No Qt."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.kinds import KindView, view_of
from app.recipes import files
from app.recipes.recipe import Recipe, file_name
from engines.checkpoints import leftovers
from engines.model import Card, Step
from engines.naming import Sentence
from engines.steps import Steps

if TYPE_CHECKING:
    from torch import Tensor

    from app.recipes.pictures import Values

T = TypeVar("T")


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


class ProgressLine:
    """One line on stderr that is written over where someone watches; else a line now and then.

    Used as a context: at its end the line is wiped. `every` are seconds between two lines on a
    terminal, `plain` elsewhere, None for none there.
    """

    def __init__(self, *, every: float = 0.0, plain: float | None = None) -> None:
        self._out = sys.stderr
        self.over = self._out is not None and self._out.isatty()
        self._pause = every if self.over else plain
        self.began = self._last = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.began

    def show(self, text: str) -> None:
        """Say how far it is, unless that was said a moment ago."""
        now = time.monotonic()
        if self._out is None or self._pause is None or now - self._last < self._pause:
            return
        self._last = now
        line = f"\r{text}\x1b[K" if self.over else f"{text}\n"
        print(line, end="", file=self._out, flush=True)

    def wipe(self) -> None:
        """Leave the line empty."""
        if self.over:
            print("\r\x1b[K", end="", file=self._out, flush=True)

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()


def driven(run: Generator[Step, None, T], name: str) -> T:
    """Drive a run to its end, with one line of progress where someone watches.

    What the run finds poor of itself is said at its end, whoever watches.
    """
    poor = ""
    with ProgressLine() as line, Steps(run) as steps:
        for step in steps:
            poor, of = step.poor, f" of {step.total}" if step.total else ""
            line.show(f"{name}: {step.done}{of}")
        line.wipe()
        if poor and sys.stderr is not None:
            print(f"{name}: {poor}.", file=sys.stderr)
        return steps.result


@dataclass(frozen=True)
class Writer:
    """Writes examples (n, …) and their recipe; `suffix` is of a file that nobody named."""

    view: KindView
    suffix: str
    together: int | None = None
    """Where each has a file of its own: how many are drawn together, as in Recipe.picture."""

    def __call__(self, path: Path, x: Tensor, recipe: Recipe) -> None:
        values = self.view.array_of(x)
        if self.together is not None:
            self._write_each(path, values, recipe, self.together)
            return
        suffix = path.suffix.lower()
        form = next(form for form in self.view.formats if form.suffix == suffix)
        files.write_atomically(path, form.pack(values, recipe))

    def _write_each(self, folder: Path, values: Values, recipe: Recipe, together: int) -> None:
        assert self.view.single is not None
        for place, index in enumerate(recipe.indices):
            single = recipe.picture(index, together)
            raw = self.view.single.pack(values[place : place + 1], single)
            files.write_atomically(folder / file_name(single, self.view.single.suffix), raw)


def writer(place: Place, card: Card, together: int) -> Writer:
    """How to write this kind of result to this kind of place.

    `together` is how many pictures are drawn together, as in Recipe.picture. Raises UsageError.
    """
    view = view_of(card)
    suffixes, things = [form.suffix for form in view.formats], card.kind.things
    if place.is_folder:
        if view.single is None:
            *most, last = suffixes
            offer = f"{', '.join(most)} or {last}" if most else last
            raise UsageError(f"{card.name} makes {things}; write them to one {offer} file")
        return Writer(view, view.single.suffix, together)
    suffix = Path(place.out).suffix.lower() if place.out else view.usual
    if suffix not in suffixes:
        folder = ", or in / for a folder" if view.single else ""
        raise UsageError(f"--out must end in {', '.join(suffixes)} for {card.name}{folder}")
    return Writer(view, suffix)


def carry_out(recipe: Recipe, place: Place, write: Writer, draw: Callable[[], Tensor]) -> Path:
    """Draw and write what the recipe shows; returns the file or folder. Raises SaveError."""
    path = place.path(recipe, write.suffix)
    prepared(path, is_folder=place.is_folder)
    write(path, draw(), recipe)
    place.say_where()
    return path
