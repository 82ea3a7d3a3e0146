"""One knob at several values, everything else alike: what it does, side by side. On the lane."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from app.models.open_models import Loading, Models
from app.recipes.recipe import Recipe
from app.tasks.sampling import Frame, draw
from app.work.lane import Job
from engines.facts.tasks import Task
from engines.model import NO_PROMPT, Card, Prompt, SampleRequest

MOST_VALUES, MOST_SAMPLES = 12, 16


@dataclass(frozen=True, eq=False)
class Sweep:
    """`request` with `knob` at each of `values`."""

    card: Card
    request: SampleRequest
    knob: str
    values: tuple[float, ...]
    prompt: Prompt = NO_PROMPT

    def at(self, value: float) -> SampleRequest:
        """What is asked at one value."""
        return replace(self.request, knobs={**self.request.knobs, self.knob: value})


@dataclass(frozen=True, eq=False)
class Swept:
    """The frames of a sweep by now, in the order of its values; None where none is there yet."""

    sweep: Sweep
    frames: tuple[Frame | None, ...]


def swept(models: Models, sweep: Sweep) -> Job:
    """A job that draws at one value after the other and yields Swept after every step."""

    def job() -> Generator[Loading | Swept, None, Swept]:
        frames: list[Frame | None] = [None] * len(sweep.values)
        for place, value in enumerate(sweep.values):
            for step in draw(models, sweep.card, sweep.at(value), sweep.prompt)():
                if isinstance(step, Loading):
                    yield step
                else:
                    frames[place] = step
                    yield Swept(sweep, tuple(frames))
        return Swept(sweep, tuple(frames))

    return job


def sweep_in(recipes: Sequence[Recipe]) -> tuple[str, tuple[float, ...]] | None:
    """The knob, and its values, that alone make these recipes of samples different; else None."""
    first = recipes[0]
    names = {
        name
        for recipe in recipes
        for name in first.knobs.keys() | recipe.knobs.keys()
        if first.knobs.get(name) != recipe.knobs.get(name)
    }
    alike = all(replace(recipe, knobs=first.knobs) == first for recipe in recipes)
    if first.task != Task.SAMPLE or len(recipes) < 2 or len(names) != 1 or not alike:
        return None
    (name,) = names
    values = [recipe.knobs.get(name) for recipe in recipes]
    found = tuple(value for value in values if value is not None)
    return (name, found) if len(found) == len(recipes) <= MOST_VALUES else None
