"""What is asked of a kind of data by whoever shows or writes its examples. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from app.recipes.pictures import Pixels, Values
from engines.kinds import Kind

if TYPE_CHECKING:
    from torch import Tensor

    from app.recipes.recipe import Recipe

Mask: TypeAlias = npt.NDArray[np.bool_]
Options: TypeAlias = Mapping[str, Any]
"""What the command line says, by the names of its options without their dashes."""


@dataclass(frozen=True)
class Option:
    """An option of the command line that a kind brings: of `command`, "inpaint" or "score".

    `reads` makes of its words what `hole` and `examples` take; ValueErrors say what is wrong.
    """

    name: str
    command: str
    help: str
    metavar: str | None = None
    reads: Callable[[str], Any] = str


@dataclass(frozen=True)
class Format:
    """A kind of file: ".png", "PNG picture", and its bytes of examples (n, …) and their recipe."""

    suffix: str
    title: str
    pack: Callable[[Values, Recipe], bytes]

    @property
    def filter(self) -> str:
        """As a file dialog puts it."""
        return f"{self.title} (*{self.suffix})"


@dataclass(frozen=True, eq=False)
class Read:
    """One example that a person named, and what was decided about it."""

    value: Values
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Hole:
    """One example with a hole: `mask` has the kind's mask_shape, True = unknown."""

    value: Values
    mask: Mask
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples (n, …) out of files, a name for each, and what was skipped, in sentences."""

    names: tuple[str, ...]
    values: Values
    notes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


class KindView(Protocol):
    """How examples of one kind are shown and written; `Values` are arrays (n, …) of them.

    `formats` hold many examples in one file, the window's first; `usual` is the suffix of a file
    that nobody named. `single` holds one example and its recipe, None where only many together are
    a file. `live` examples follow a hand unless a person says otherwise, at most `most_live`; a
    recipe may ask for `unasked` before a person is asked, None for any number. `save_all` stands
    in menus.
    """

    @property
    def kind(self) -> Kind: ...
    @property
    def formats(self) -> tuple[Format, ...]: ...
    @property
    def usual(self) -> str: ...
    @property
    def single(self) -> Format | None: ...
    @property
    def live(self) -> int: ...
    @property
    def most_live(self) -> int: ...
    @property
    def unasked(self) -> int | None: ...
    @property
    def save_all(self) -> str: ...

    # arrays

    def room(self, count: int) -> Values:
        """An empty place for so many examples."""

    def array_of(self, x: Tensor) -> Values:
        """Examples (n, …) of the engines as they are shown and written."""

    def tensor_of(self, values: Values) -> Tensor:
        """Examples as the model takes them. Raises ValueError for what it cannot take."""

    def columns(self, count: int) -> int | None:
        """Columns of a sheet of so many; None where examples stand in no sheet."""

    # one example

    def picture(self, value: Values) -> Pixels | None:
        """One example as a picture (H, W, 3) that can be copied and sent; None where it is none."""

    def text(self, value: Values) -> str:
        """One example in text, to copy; "" where it has none."""

    def said(self, value: Values) -> str:
        """One example in a few words or lines, for the inspector."""

    def packed(self, value: Values) -> Any:
        """One example as JSON inside a recipe."""

    def unpacked(self, stored: Any, what: str, model: str) -> Values:
        """What `packed` stored, trusting nothing.

        `what` names it in a sentence, such as "end point"; `model` takes it. Raises RecipeError.
        """

    # paths

    @property
    def error_unit(self) -> str: ...

    def errors(self, x: Tensor, shown: Tensor) -> npt.NDArray[np.float64]:
        """How far each of shown (n, …) is from x: (n,) in `error_unit`."""

    # the command line; the options themselves stand in `options`, of the class

    @property
    def example(self) -> str:
        """How one example is named on the command line, such as "X,Y" or "a picture file"."""

    @property
    def hole_options(self) -> tuple[str, ...]:
        """The options that say what is to be filled; empty where nothing can be."""

    @property
    def hole_words(self) -> str:
        """These options as a person is told of them, such as "--fix x=0.5"."""

    @property
    def score_options(self) -> tuple[str, ...]:
        """The options that say what is to be scored; empty where nothing can be."""

    def read(self, words: str) -> Read:
        """The example that a person named. Raises ValueError: what is wrong with it."""

    def hole(self, options: Options) -> Hole:
        """What is to be filled, by `hole_options`. Raises ValueError that names the option."""

    def examples(self, options: Options) -> Examples:
        """What is to be scored, by `score_options`. Raises ValueError in one sentence."""


def names_of(options: tuple[str, ...]) -> str:
    """ "--image and --mask"."""
    return " and ".join(f"--{option}" for option in options)


def place_of(options: Options, name: str) -> Path:
    """An option that is a path."""
    return Path(options[name])
