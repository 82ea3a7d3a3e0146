"""What is chosen (data, models, seed), the same in every tab. Reads cards without torch."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.models.open_models import Models
from engines import naming
from engines.checkpoints.catalog import ROOT, Broken, CheckpointError, read_card, scan_all
from engines.facts.abilities import reads_text
from engines.model import NO_PROMPT, Card, Prompt

if TYPE_CHECKING:
    from engines.data.examples import Pictures


class Session(QObject):
    """The choice that holds in every tab. Setters that change nothing are silent."""

    data_changed = Signal()
    models_changed = Signal()
    seed_changed = Signal()
    prompt_changed = Signal()
    catalogue_changed = Signal()
    """A model of the user's own has come: whoever offers models is to read them again."""
    examples_changed = Signal(str)
    """The data set that has got other examples."""

    def __init__(
        self, device: str | None, root: Path = ROOT, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.open = Models(device)
        self.cards: dict[str, Card] = {}
        self.broken: tuple[Broken, ...] = ()
        self.root = root
        self.examples: dict[str, Pictures] = {}
        """Pictures that a person has put in place of a data set's own examples."""
        self._data = ""
        self._models: tuple[str, ...] = ()
        self._seed = 0
        self._prompt = NO_PROMPT
        self._added: dict[str, Card] = {}
        self.rescan()

    def rescan(self) -> None:
        """Read all cards again."""
        cards, self.broken = scan_all(self.root)
        self.cards = {card.name: card for card in cards} | self._added

    def add(self, card: Card) -> None:
        """Take in a model from outside the catalogue; one of the same name gives way."""
        self._added[card.name] = self.cards[card.name] = card

    def remove(self, name: str) -> None:
        """Know nothing more of a model from outside. Whoever shows it is to choose others."""
        del self._added[name], self.cards[name]

    def reread(self, name: str) -> Card:
        """The card of a model as it is on disk now, or as it was where that cannot be read."""
        card = self.cards[name]
        with suppress(CheckpointError):
            self.cards[name] = card = read_card(card.folder / f"{naming.last(name)}.toml")
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

    @property
    def prompt(self) -> Prompt:
        """The text to draw, for every model that reads one."""
        return self._prompt

    def prompt_of(self, card: Card) -> Prompt:
        """What a model is to draw: the prompt, or none where it reads no text."""
        return self._prompt if reads_text(card) else NO_PROMPT

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

    def set_prompt(self, prompt: Prompt) -> None:
        if prompt != self._prompt:
            self._prompt = prompt
            self.prompt_changed.emit()

    def set_examples(self, data: str, pictures: Pictures | None) -> None:
        """Put pictures in place of the examples of a data set, or none: its own come back."""
        if pictures is None and data not in self.examples:
            return
        self.examples.pop(data, None)
        if pictures is not None:
            self.examples[data] = pictures
        self.examples_changed.emit(data)

    def chosen(self) -> tuple[Card, ...]:
        """Cards of the chosen models."""
        return tuple(self.cards[name] for name in self._models)

    def of_data(self, data: str) -> tuple[Card, ...]:
        """Cards of all models of a data set."""
        return tuple(card for card in self.cards.values() if card.data == data)
