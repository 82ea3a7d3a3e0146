"""In-painting jobs whose results are kept, and come back while they are remembered. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from app.models.open_models import Models
from app.recipes.pictures import Values
from app.recipes.recipe import Recipe
from app.recipes.result import Result
from app.tasks import filling_recipe, line_recipe
from app.tasks.filling import Filling, FillRequest, Offer, When, fill
from app.tasks.line import LineFilling, LineRequest, fill_line
from app.tasks.sampling import KEPT_SECONDS
from app.work.lane import Job
from engines.model import Card, Steps, settle


def fill_and_keep(
    models: Models, card: Card, request: FillRequest, when: When = When.ALWAYS
) -> Job:
    """As `filling.fill`; what is finished is kept, and comes back where nothing is to be filled."""
    job = fill(models, card, request, when)
    return _kept(models, card, request, when, job, filling_recipe.recipe_of, _pictures)


def fill_line_and_keep(
    models: Models, card: Card, request: LineRequest, when: When = When.ALWAYS
) -> Job:
    """As `line.fill_line`, kept in the same way."""
    job = fill_line(models, card, request, when)
    return _kept(models, card, request, when, job, line_recipe.recipe_of, _points)


def _pictures(frame: Filling) -> Values:
    return frame.values


def _points(frame: LineFilling) -> Values:
    return frame.points


def _kept(
    models: Models,
    card: Card,
    request: Any,
    when: When,
    job: Job,
    recipe_of: Callable[[Card, Any], Recipe],
    values_of: Callable[[Any], Values],
) -> Job:
    def keeping() -> Generator[Any, None, Any | None]:
        offer: Offer | None = None
        with Steps(job()) as steps:
            for step in steps:
                offer = step if isinstance(step, Offer) else offer
                yield step
        frame = steps.result
        if frame is not None:
            models.recent.put(card, frame, values_of(frame).nbytes)
            recipe = partial(recipe_of, card, frame.request)
            values, queued = values_of(frame), when is When.ALWAYS
            kept = models.keep.finish(Result("inpaint", card, recipe, values, queued))
            while not kept.wait(KEPT_SECONDS):
                yield frame
        elif offer is not None and (frame := _remembered(models, card, request, offer)):
            yield frame
        return frame

    return keeping


def _remembered(models: Models, card: Card, request: Any, offer: Offer) -> Any | None:
    """What this very request made before, by the method and the knobs that it means."""
    choices = {choice.name: choice for choice in offer.choices}
    choice = choices.get(request.method) or next(iter(offer.choices), None)
    if choice is None:
        return None
    try:
        settled = request.settled(choice.name, settle(choice.knobs, request.knobs))
    except ValueError:  # knobs that the method refuses
        return None
    return models.recent.find(card, lambda frame: frame.request.same(settled))
