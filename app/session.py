"""What is chosen (data, models, seed), the same in every tab, and which models are loaded.

Reads cards without torch. `Models` belongs to the lane: its methods run there only.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engines.catalog import (
    DATA_TITLES,
    FAMILY_TITLES,
    ROOT,
    Broken,
    CheckpointError,
    read_card,
    scan,
)
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


class Session(QObject):
    """The choice that holds in every tab. Setters that change nothing are silent."""

    data_changed = Signal()
    models_changed = Signal()
    seed_changed = Signal()

    def __init__(
        self, device: str | None, root: Path = ROOT, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.open = Models(device)
        self.cards: dict[str, Card] = {}
        self.broken: tuple[Broken, ...] = ()
        self.root = root
        self._data = ""
        self._models: tuple[str, ...] = ()
        self._seed = 0
        self.rescan()

    def rescan(self) -> None:
        """Read all cards again."""
        cards, self.broken = scan(self.root)
        self.cards = {card.name: card for card in cards}

    def reread(self, name: str) -> Card:
        """The card of a model as it is on disk now, or as it was where that cannot be read."""
        card = self.cards[name]
        with suppress(CheckpointError):
            self.cards[name] = card = read_card(card.folder / f"{card.family}.toml")
        return card

    @property
    def data(self) -> str:
        return self._data

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the chosen models, in the order of the catalogue."""
        return self._models

    @property
    def seed(self) -> int:
        return self._seed

    def choose(self, data: str, models: tuple[str, ...]) -> None:
        """Choose a data set and models of it; names not in the catalogue are left out."""
        wanted = tuple(name for name in self.cards if name in models)
        wanted = tuple(name for name in wanted if self.cards[name].data == data)
        if data != self._data:
            self._data, self._models = data, wanted
            self.data_changed.emit()
        elif wanted != self._models:
            self._models = wanted
            self.models_changed.emit()

    def set_seed(self, seed: int) -> None:
        if seed != self._seed:
            self._seed = seed
            self.seed_changed.emit()

    def chosen(self) -> tuple[Card, ...]:
        """Cards of the chosen models."""
        return tuple(self.cards[name] for name in self._models)

    def of_data(self, data: str) -> tuple[Card, ...]:
        """Cards of all models of a data set."""
        return tuple(card for card in self.cards.values() if card.data == data)


def family_title(card: Card) -> str:
    """ "VAE", …"""
    return FAMILY_TITLES.get(card.family, card.family)


def data_title(data: str) -> str:
    """ "MNIST digits", …"""
    return DATA_TITLES.get(data, data)
