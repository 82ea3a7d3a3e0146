"""Which models are loaded, on one device. Belongs to the lane; no Qt, and torch when it loads."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engines.model import Card, SampleRequest

if TYPE_CHECKING:
    from engines.model import Model


@dataclass(frozen=True)
class Loading:
    """A job's word that it is opening a model and has nothing to show yet."""

    name: str


class Models:
    """The models that are open, on one device. Used on the lane's thread only."""

    def __init__(self, device: str | None) -> None:
        self.device = device
        self._open: dict[str, Model] = {}

    def get(self, card: Card) -> Generator[Loading, None, Model]:
        """The model of a card, loaded at its first use; a file that has changed is loaded again.

        Raises CheckpointError when it cannot be loaded, and tries anew the next time.
        """
        held = self._open.get(card.name)
        if held is not None and held.card == card:
            return held
        yield Loading(card.name)
        from engines import devices, open_model

        model = open_model(card, devices.choose(self.device))
        # what torch prepares at a first call is no cost of the first pictures
        first = model.sample(SampleRequest(1, 0))
        next(first)
        first.close()
        self._open[card.name] = model
        return model
