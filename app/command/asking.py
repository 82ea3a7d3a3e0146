"""Questions on a terminal, before a recipe of others keeps the computer busy. No Qt."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from app.command.output import UsageError, driven
from app.recipes.recipe import Recipe, RecipeError, request_of
from app.tasks import large

if TYPE_CHECKING:
    from engines.model import Model

_TIMED = 4
"""Pictures drawn to tell how long one takes; many together take less each."""


def check_wanted(recipe: Recipe, model: Model) -> None:
    """Ask whether a very large recipe is to be followed.

    Raises UsageError where there is nobody to ask, RecipeError where the answer is no.
    """
    if not large.is_large(recipe, model.card):
        return
    request = replace(request_of(recipe), count=_TIMED)
    before = time.perf_counter()
    driven(model.sample(request), model.card.name)
    asked = large.question(recipe, (time.perf_counter() - before) / _TIMED)
    if sys.stdin is None or sys.stderr is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{asked}; --yes starts it")
    print(f"{asked[:1].upper()}{asked[1:]}. Start? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        raise RecipeError("nothing was drawn, as you chose")
