"""What stands in a tab, kept while a person works: for the next start, or after a sudden end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from app.recipes.recipe import Recipe, RecipeError
from app.session.settings import Settings


@dataclass(frozen=True, eq=False)
class Standing:
    """What a hand has set in a tab: `parts` tell whether it is another, `recipe` makes it again.

    `title` is for the offer of the next start, such as "in-painting of Test picture 18". Nobody
    changes the parts any more; the recipe is made on another thread.
    """

    title: str
    parts: tuple[object, ...]
    recipe: Callable[[], Recipe]

    def same(self, other: Standing | None) -> bool:
        """Whether both are of the same."""
        return other is not None and same((self.title, self.parts), (other.title, other.parts))


def same(one: Any, other: Any) -> bool:
    """Whether two parts are of the same values, arrays and records among them."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return bool(one.shape == other.shape and (one == other).all())
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return bool(one == other)


class Continuing:
    """What the window asks of a tab to continue it; a tab without a state of its own says so."""

    def remember(self, settings: Settings) -> None:
        """Take up the controls of the last time, or of a workspace."""

    def standing(self) -> Standing | None:
        """What stands in the tab beyond its settings, None for nothing; asked every second."""
        return None

    def recall(self, recipe: Recipe) -> None:
        """Set what stood in the tab, and queue nothing. Raises RecipeError."""
        raise RecipeError("this tab has nothing to recall")

    def resume(self, recipe: Recipe) -> None:
        """Queue a job once more that had not ended. Raises RecipeError."""
        raise RecipeError("this tab has no jobs to go on with")
