"""What kinds share whose examples are rows of numbers: arrays as they are, numbers in recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from app.kinds.view import Examples, Format, Hole, Option, Options, Read, names_of
from app.recipes.pictures import Pixels, Values
from app.recipes.recipe import RecipeError

if TYPE_CHECKING:
    from torch import Tensor

    from engines.kinds import Kind


class ArrayView:
    """The part of a view that needs to know no more than the shape of its examples.

    A view of such a kind says its `formats`, how an example is written and read, and which options
    name one on the command line.
    """

    formats: tuple[Format, ...] = ()
    single: Format | None = None
    live, most_live = 100, 1000
    unasked: int | None = None
    error_unit = ""
    example = "numbers with commas between them"
    options: tuple[Option, ...] = ()
    hole_options: tuple[str, ...] = ()
    score_options: tuple[str, ...] = ()

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    @property
    def kind(self) -> Kind:
        return self._kind

    @property
    def usual(self) -> str:
        return self.formats[0].suffix

    @property
    def hole_words(self) -> str:
        return names_of(self.hole_options)

    @property
    def save_all(self) -> str:
        return f"Save all {self.kind.things}…"

    def room(self, count: int) -> Values:
        """Not-a-number where nothing is yet."""
        return np.full((count, *self.kind.shape), np.nan, np.float32)

    def array_of(self, x: Tensor) -> Values:
        """Contiguous float32 (n, …)."""
        if tuple(x.shape[1:]) != self.kind.shape:
            shape = ", ".join(map(str, self.kind.shape))
            raise ValueError(f"{self.kind.things} must be (n, {shape}), got {tuple(x.shape)}")
        return np.ascontiguousarray(x.detach().float().cpu().numpy())

    def tensor_of(self, values: Values) -> Tensor:
        import torch  # only whoever has a model open comes here

        return torch.from_numpy(np.array(values, np.float32))

    def columns(self, count: int) -> int | None:
        return None

    def picture(self, value: Values) -> Pixels | None:
        return None

    def text(self, value: Values) -> str:
        """Numbers with commas between them."""
        return ", ".join(f"{number:.6g}" for number in value.ravel().tolist())

    def said(self, value: Values) -> str:
        return self.text(value).replace("-", "−")

    def packed(self, value: Values) -> Any:
        return [float(number) for number in value.ravel().tolist()]

    def unpacked(self, stored: Any, what: str, model: str) -> Values:
        size = int(np.prod(self.kind.shape))
        good = isinstance(stored, list | tuple) and len(stored) == size
        if not good or not all(type(v) in (int, float) for v in stored):
            raise RecipeError(f"the recipe's {what} is not a {self.kind.thing} of {model}")
        import torch

        value = np.array(stored, np.float32).reshape(self.kind.shape)
        if fault := self.kind.fault(torch.from_numpy(value)):
            raise RecipeError(f"the recipe's {what} is impossible: {fault}")
        return value

    def errors(self, x: Tensor, shown: Tensor) -> npt.NDArray[np.float64]:
        """Distances in the units of the data."""
        distances: npt.NDArray[np.float64] = (shown - x).flatten(1).norm(dim=1).double().numpy()
        return distances

    def read(self, words: str) -> Read:
        """Numbers with commas between them."""
        import torch

        numbers = [float(part) for part in words.split(",")]
        value = np.array(numbers, np.float32)
        if value.shape != self.kind.shape:
            wanted = " × ".join(map(str, self.kind.shape))
            raise ValueError(f"a {self.kind.thing} has {wanted} numbers, got {len(value)}")
        if fault := self.kind.fault(torch.from_numpy(value)):
            raise ValueError(fault)
        return Read(value)

    def hole(self, options: Options) -> Hole:
        raise ValueError(f"a hole in {self.kind.things} cannot be given on the command line")

    def examples(self, options: Options) -> Examples:
        raise ValueError(f"{self.kind.things} cannot be given on the command line")
