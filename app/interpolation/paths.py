"""What the interpolation tab asks of a kind of data: its frames, its examples, its files.

The presenter knows no more than this; the kinds and their paths stand in `PATHS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.kinds import view_of
from app.kinds.view import Format
from app.recipes.files import write_atomically
from app.recipes.pictures import Pixels, Values
from app.recipes.recipe import Recipe
from app.tab.parts import Parts
from app.tasks.walking import Reals
from app.tasks.walking_recipe import Sample
from engines.model import Card, Prompt
from widgets.interpolation.frame import Frame
from widgets.interpolation.row import InterpolationRow
from widgets.interpolation.tab import InterpolationTab
from widgets.pictures.keyframes import letter

Write: TypeAlias = Callable[[Path, Values, Recipe], None]
"""Writes the examples (n, …) of a path to a file, or to a folder."""

LOOKING = "Loading examples…"
NO_EXAMPLES = "This data set has no examples. Sample an end point from a model."


@dataclass(frozen=True)
class Origin:
    """A sample of a model, by the hash of its weights, under a text where it reads one."""

    sha256: str
    sample: Sample
    prompt: Prompt


@dataclass(frozen=True, eq=False)
class Key:
    """An end point as the view of its kind shows it, and what it is.

    `origin` says which model drew it, where one of this window did.
    """

    value: Values
    title: str
    origin: Origin | None = None


@dataclass(frozen=True)
class Way:
    """One way to save a path: words of the menu, and a file as its dialog puts it.

    One without a suffix fills a folder. `blocked` says why it cannot be chosen, "" where it can.
    """

    title: str
    suffix: str
    filter: str
    write: Write
    blocked: str = ""


@dataclass(frozen=True)
class FilmWay:
    """One way to save a film of several rows, as `Way`; `title` is its kind, such as "GIF"."""

    title: str
    suffix: str
    filter: str
    write: Callable[[Path, Pixels, tuple[Recipe, ...]], None]
    blocked: str = ""


class Paths(QObject):
    """One kind of data. `lost` when other examples are looked for, `found` when they were, be there
    any or not; `brought(key)` is an end point out of a file.

    `below` is a row of no model that stands below the others, `files` says whether examples have
    classes and may come out of files, `each` writes one file for each example.
    """

    lost = Signal()
    found = Signal()
    brought = Signal(object)

    below: InterpolationRow | None = None
    files = False
    each: Way | None = None

    def __init__(self, tab: InterpolationTab, parts: Parts) -> None:
        super().__init__(tab)
        self.tab, self.parts = tab, parts

    # how a row shows it

    def frame(self, parent: QWidget) -> Frame:
        """A new frame for a row."""
        raise NotImplementedError

    def dress(self, frame: Frame) -> None:
        """The examples are known: show in a frame what stands below every path."""

    def errors(self, card: Card, errors: Reals) -> tuple[str, str]:
        """How well the end points come back, in a line, and what that means."""
        unit = view_of(card).error_unit
        words = (f"{letter(k)} {error:.3f} {unit}".rstrip() for k, error in enumerate(errors))
        return errors_text("distance", tuple(words))

    # examples as end points

    def show(self, card: Card) -> None:
        """Look for the examples of a data set; those of the same one stay."""
        raise NotImplementedError

    def leave(self) -> None:
        """Another kind of data is in view: at the next `show` the examples are found anew."""

    def missing(self) -> str:
        """Why there is no end point to start from yet."""
        return LOOKING

    def places(self) -> list[int]:
        """The numbers of the examples that the arrows step through."""
        raise NotImplementedError

    def first(self) -> tuple[int, ...]:
        """The numbers of the examples to start from; none where there are none."""
        raise NotImplementedError

    def start(self) -> tuple[Key, ...]:
        """End points to start from where the examples turned out to be none; none without any."""
        return ()

    def key(self, place: int) -> Key:
        """An example as an end point."""
        raise NotImplementedError

    def like(self, value: Values) -> int | None:
        """The number of the example that this very value is; None where it is none."""
        return None

    def key_of(self, value: Values, title: str) -> Key:
        """Any example as an end point, such as a draw."""
        return Key(value, title)

    # pictures from elsewhere

    def open(self, source: Path | bytes) -> bool:
        """Read a picture file, for `brought`; False where the kind has no use for it."""
        return False

    def received(self, picture: Pixels, title: str) -> Key | None:
        """A picture of another tab as an end point; None where the kind has no use for it."""
        return None

    # what stands below the rows

    def refresh(self, card: Card, ends: Values, count: int) -> None:
        """The end points, or the number of frames, are others."""

    def go(self, place: float, ends: Values) -> None:
        """Be at a place 0 … 1 of the path between the end points."""

    # files

    def films(self) -> tuple[FilmWay, ...]:
        """How a film of several rows side by side can be saved; none where a path is no film."""
        return ()

    def ways(self, card: Card, count: int) -> tuple[Way, ...]:
        """How a path of so many frames can be saved: as examples are."""
        return tuple(
            Way(f"{form.title}…", form.suffix, form.filter, partial(_write, form))
            for form in view_of(card).formats
        )


def errors_text(what: str, words: tuple[str, ...]) -> tuple[str, str]:
    """A figure for each end point in a line, and what it means."""
    tip = f"How well each end point is reconstructed: {what}."
    return f"{what}: {' · '.join(words)}", tip


def _write(form: Format, path: Path, values: Values, recipe: Recipe) -> None:
    write_atomically(path, form.pack(values, recipe))
