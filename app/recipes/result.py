"""A result that is finished, and what may keep it. No Qt, no torch.

Jobs hand their results to a `Keep` on the lane; what becomes of them is no business of theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.recipes.pictures import Pixels, Values
from app.recipes.recipe import Recipe
from engines.model import Card


@dataclass(frozen=True, eq=False)
class Result:
    """What came of a request of a `task`; nobody changes `values` any more.

    `recipe` may pack pictures, so it is asked for on the thread that keeps the result. `queued` is
    whether a person has pressed a button for it: the results of a moving hand replace one another
    until it rests. `picture` draws what is no example of the model's kind, such as maps.
    """

    task: str
    card: Card
    recipe: Callable[[], Recipe]
    values: Values
    queued: bool = True
    picture: Callable[[], Pixels] | None = None


class Promise(Protocol):
    """That something will be on disk."""

    def wait(self, timeout: float) -> bool:
        """Whether it is there, or never will be, within so many seconds."""


class Keep(Protocol):
    """Any thread. None of these raises, and none waits for a disk but `begun`."""

    def finish(self, result: Result) -> Promise:
        """Keep a result. What the promise is of, nothing that happens to the program can lose."""

    def begun(self, recipe: Recipe) -> Values | None:
        """The first examples of this very request, where a run of it was cut off; else None."""

    def grow(self, recipe: Recipe, start: int, values: Values) -> None:
        """Keep examples `start` … of a request that runs on, in case it is cut off."""


class Fulfilled:
    """A promise with nothing to wait for."""

    def wait(self, timeout: float) -> bool:
        return True


class KeepNothing:
    """A Keep for whoever keeps nothing, such as the command line."""

    def finish(self, result: Result) -> Promise:
        return Fulfilled()

    def begun(self, recipe: Recipe) -> Values | None:
        return None

    def grow(self, recipe: Recipe, start: int, values: Values) -> None:
        """Nothing."""
