"""Moments inside a model whose density can be mapped: a noise level, a layer, a step of a chain.

Torch-free at import: the window speaks of moments, too.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engines.maps.fields import Field
    from engines.model import Card, Model


class Process(Enum):
    """What is followed, by the family that has it."""

    NOISE = "diffusion"
    LAYERS = "flow"
    CHAIN = "energy"

    def describe(self, place: float) -> str:
        """What is shown at a place from 0 to 1."""
        return f"{place:.0%}"


@dataclass(frozen=True)
class Moment:
    """`place` runs from 0, pure noise, to 1, the model's own density."""

    process: Process
    place: float


def process_of(card: Card) -> Process | None:
    """What can be followed inside a model of points."""
    for process in Process:
        if process.value == card.family and not card.is_picture:
            return process
    return None


def field_at(model: Model, moment: Moment, label: int | None) -> Generator[object, None, Field]:
    """The density at a moment. Raises ValueError for a model without such a process."""
    if process_of(model.card) is not moment.process:
        raise ValueError(f"{model.card.name} has no {moment.process.value} process to follow")
    raise ValueError("not yet")
    yield
