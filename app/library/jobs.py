"""What the list of models has done on the lane."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

from app.exchange.intake import sentence
from app.models.open_models import Freed, Models
from app.work.lane import Job
from engines import outside
from engines.checkpoints import budget, memory
from engines.checkpoints.catalog import CheckpointError
from engines.model import Card

Glance = Card | str | None
"""The card of a model, why there is none, or None for one of the hub that is not here."""

Weighed = tuple[Card, int | None]
"""A card, and the bytes that its model will take once it is loaded."""


def glancing(places: tuple[str, ...]) -> Job:
    """A job that yields what a glance at each of these models shows, all of them so far."""

    def job() -> Generator[dict[str, Glance], None, None]:
        found: dict[str, Glance] = {}
        for place in places:
            try:
                found[place] = outside.glance(place)
            except CheckpointError as error:
                found[place] = sentence(str(error))
            except Exception as error:  # noqa: BLE001  # one must not keep the others unread
                first = (str(error).splitlines() or [""])[0][:200]
                found[place] = sentence(f"it cannot be read: {type(error).__name__}: {first}")
            yield dict(found)

    return job


def weighing(cards: tuple[Card, ...]) -> Job:
    """A job that yields what these models will take, all of them so far; None where unknown."""

    def job() -> Generator[dict[str, Weighed], None, None]:
        found: dict[str, Weighed] = {}
        for card in cards:
            size = None
            with suppress(CheckpointError, OSError):
                size = memory.expected(card)
            found[card.name] = card, size
            yield dict(found)

    return job


def keeping(models: Models, actions: deque[Callable[[Models], Freed | None]]) -> Job:
    """A job that does what waits and yields what was given back by it."""

    def job() -> Generator[list[Freed], None, None]:
        freed = []
        while actions:
            if (back := actions.popleft()(models)) is not None:
                freed.append(back)
                yield list(freed)

    return job


def freed_sentence(freed: Freed) -> str:
    """What came back of a model, in words."""
    measured = ""
    if freed.measured is not None:
        measured = f", memory use fell by {budget.said(max(0, freed.measured))}"
    return f"{Path(freed.name).name} is unloaded: {budget.said(freed.size)} of tensors{measured}."
