"""Which models are loaded, on one device, within a budget of memory.

Belongs to the lane; no Qt, and torch when it loads.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engines import memory
from engines.catalog import CheckpointError
from engines.model import Card, SampleRequest
from engines.outside import budget

if TYPE_CHECKING:
    from engines.model import Model


@dataclass(frozen=True)
class Loading:
    """A job's word that it is opening a model and has nothing to show yet."""

    name: str


@dataclass(frozen=True)
class Held:
    """An open model, the bytes its tensors take, and whether it is kept from making room."""

    name: str
    size: int
    pinned: bool


@dataclass(frozen=True)
class Freed:
    """What unloading a model gave back: `size` by its tensors, `measured` of the process's memory.

    `measured` is None where the system does not say; other work at the same time shows in it.
    """

    name: str
    size: int
    measured: int | None


class Models:
    """The models that are open, on one device. Used on the lane's thread only.

    Together they take at most `limit` bytes (half of the computer's memory if not given): room is
    made by unloading the models whose last use is longest ago, never one that is pinned.
    """

    def __init__(self, device: str | None, limit: int | None = None) -> None:
        self.device = device
        self.limit = budget.default() if limit is None else limit
        self._open: dict[str, Model] = {}  # in the order of their last use
        self._sizes: dict[str, int] = {}
        self._pinned: set[str] = set()

    def get(self, card: Card) -> Generator[Loading, None, Model]:
        """The model of a card, loaded at its first use; a file that has changed is loaded again.

        Raises CheckpointError when it cannot be loaded, and tries anew the next time; the models
        that were open stay so.
        """
        held = self._open.get(card.name)
        if held is not None and held.card == card:
            self._open[card.name] = self._open.pop(card.name)
            return held
        yield Loading(card.name)
        from engines import devices, open_model

        size = memory.expected(card)
        self._check_room(card.name, size)
        # before others are let go: one that cannot be opened costs them nothing
        model = open_model(card, devices.choose(self.device))
        # what torch prepares at a first call is no cost of the first pictures
        first = model.sample(SampleRequest(1, 0))
        next(first)
        first.close()
        self._open.pop(card.name, None)
        for name in self._to_unload(card.name, size):
            self._drop(name)
        self._open[card.name], self._sizes[card.name] = model, size
        return model

    def held(self) -> tuple[Held, ...]:
        """The open models, the one used last at the end."""
        return tuple(Held(n, self._sizes[n], n in self._pinned) for n in self._open)

    def pin(self, name: str, pinned: bool = True) -> None:
        """Keep a model from being unloaded for others, or no longer; it need not be open yet."""
        (self._pinned.add if pinned else self._pinned.discard)(name)

    def unload(self, name: str) -> Freed:
        """Let a model go, pinned or not. Raises KeyError where it is not open."""
        size, before = self._sizes[name], memory.resident()
        self._drop(name)
        memory.give_back()
        after = memory.resident()
        measured = None if before is None or after is None else before - after
        return Freed(name, size, measured)

    def _drop(self, name: str) -> None:
        del self._open[name], self._sizes[name]

    def _to_unload(self, name: str, size: int) -> list[str]:
        """The models that must go before one of `size` bytes fits, the longest unused first."""
        others = {n: self._sizes[n] for n in self._open if n != name}
        over, going = sum(others.values()) + size - self.limit, []
        for other, taken in others.items():
            if over <= 0:
                break
            if other not in self._pinned:
                going.append(other)
                over -= taken
        return going

    def _check_room(self, name: str, size: int) -> None:
        """Raise CheckpointError where a model cannot fit beside those that are pinned."""
        pinned = sum(self._sizes[n] for n in self._open if n in self._pinned and n != name)
        if size + pinned <= self.limit:
            return
        beside = f" beside the {budget.said(pinned)} of pinned models" if pinned else ""
        raise CheckpointError(
            f"{name} would take {budget.said(size)}{beside}; all models together may take "
            f"{budget.said(self.limit)}"
        )
