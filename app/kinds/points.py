"""Points in files and in the window: tables of coordinates, and of a plane a scatter."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from app.kinds.arrays import ArrayView
from app.kinds.view import Format, Hole, Option, Options, Read
from app.recipes.pictures import Values, scatter_sheet
from app.recipes.recipe import Recipe, RecipeError, csv_bytes, png_bytes
from engines import naming
from engines.kinds import Kind, Points
from engines.maps.coordinate import FARTHEST, coordinate


def _fixed(text: str) -> tuple[int, float]:
    """The axis and the value of a coordinate that is known."""
    name, _, value = text.partition("=")
    wanted = "must be x=NUMBER or y=NUMBER, such as x=0.5"
    if name not in ("x", "y"):
        raise ValueError(f"{wanted}, got '{naming.shortened(text)}'")
    try:
        return "xy".index(name), coordinate(value)
    except ValueError as error:
        raise ValueError(f"{wanted}: {error}") from error


_AXES = {"cities": ("longitude (°)", "latitude (°)")}
"""Of data whose cards do not say it."""


def axes_of(kind: Kind, data: str = "") -> tuple[str, str]:
    """What to write at the axes of a plane: "x₁" and "x₂", or names of its own with their units.

    Of some `data` more is known than their kind says.
    """
    if not isinstance(kind, Points) or not kind.plane:
        raise ValueError(f"{kind.things} do not lie in a plane")
    if kind.names == ("x", "y") and not any(kind.units):
        return _AXES.get(data, ("x₁", "x₂"))
    said = [f"{n} ({u})" if u else n for n, u in zip(kind.names, kind.units, strict=True)]
    return said[0], said[1]


class PointView(ArrayView):
    """Coordinates in data units."""

    options = (
        Option("fix", "inpaint", "for points: the known coordinate", "x=NUMBER", reads=_fixed),
    )

    live, most_live = 1000, 5000
    usual = ".png"

    def __init__(self, kind: Points) -> None:
        super().__init__(kind)
        self._names = kind.names
        tables = (
            Format(".csv", "Comma-separated values", self._csv),
            Format(".npz", "numpy arrays", npz_bytes),
        )
        scatter = Format(".png", "PNG picture", _scatter)
        self.formats = (*tables, scatter) if kind.plane else tables
        self.usual = self.formats[-1].suffix if kind.plane else self.formats[0].suffix
        self.example = ",".join(name.upper() for name in kind.names)
        self.hole_options = ("fix",) if kind.plane else ()

    @property
    def hole_words(self) -> str:
        return f"--fix {self._names[0]}=0.5"

    def _csv(self, values: Values, recipe: Recipe) -> bytes:
        return csv_bytes(values, recipe, self._names)

    def said(self, value: Values) -> str:
        """ "x = 0.5", a line each."""
        rows = zip(self._names, value.tolist(), strict=True)
        return "\n".join(f"{name} = {number:.4g}" for name, number in rows).replace("-", "−")

    def unpacked(self, stored: Any, what: str, model: str) -> Values:
        good = isinstance(stored, list | tuple) and len(stored) == len(self._names)
        if not good or not all(isinstance(v, int | float) for v in stored):
            raise RecipeError(f"the recipe's {what} is not a point of {model}")
        try:
            return np.array([coordinate(v) for v in stored], np.float32)
        except ValueError as error:
            raise RecipeError(f"the recipe's {what} is impossible: {error}") from error

    def read(self, words: str) -> Read:
        try:
            numbers = [coordinate(part) for part in words.split(",")]
            if len(numbers) != len(self._names):
                raise ValueError(f"{len(numbers)} numbers")
        except ValueError as error:
            raise ValueError(
                f"it must be {self.example} with numbers in -{FARTHEST:g} … {FARTHEST:g}, "
                f"got '{naming.shortened(words)}'"
            ) from error
        return Read(np.array(numbers, np.float32))

    def hole(self, options: Options) -> Hole:
        """All but the coordinate that is fixed is unknown."""
        axis, number = options["fix"]
        value = np.zeros(len(self._names), np.float32)
        mask = np.ones(len(self._names), np.bool_)
        value[axis], mask[axis] = number, False
        return Hole(value, mask)


def _scatter(values: Values, recipe: Recipe) -> bytes:
    return png_bytes(scatter_sheet(values, recipe.classes()), recipe)


def npz_bytes(values: Values, recipe: Recipe) -> bytes:
    """Arrays "x" (n, D), "classes" (n,) where the request has them, and "recipe", a string."""
    arrays = {"x": values, "recipe": np.array(recipe.to_json())}
    if classes := recipe.classes():
        arrays["classes"] = np.array(classes)
    with io.BytesIO() as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
        return file.getvalue()
