"""Which models are loaded, on one device, within a budget of memory.

Belongs to the lane; no Qt, and torch when it loads.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.models.recent import Recent
from app.recipes.result import Keep, KeepNothing
from engines.checkpoints import budget, memory
from engines.checkpoints.catalog import CheckpointError
from engines.facts import abilities
from engines.facts.abilities import Ability
from engines.model import NO_PROMPT, Card, Prompt, SampleRequest

if TYPE_CHECKING:
    from engines.model import Model


@dataclass(frozen=True)
class Loading:
    """A job's word that it is opening a model and has nothing to show yet."""

    name: str


@dataclass(frozen=True)
class Held:
    """An open model, the bytes its tensors take, and whether it is pinned.

    `size` is what it was counted as, `measured` what its tensors take.
    """

    name: str
    size: int
    pinned: bool
    measured: int = field(default=0, compare=False)
    can: tuple[Ability, ...] = field(default=(), compare=False)


@dataclass
class _Open:
    """A model, its Held, and what others made of it: that goes when the model goes."""

    model: Model
    held: Held
    made: dict[str, Any] = field(default_factory=dict)


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
        self.tell: Callable[[tuple[Held, ...]], object] = lambda _: None
        """Hears which models are open whenever that has changed; called on the lane."""
        self.keep: Keep = KeepNothing()
        """Where jobs hand what they have finished."""
        self.recent = Recent()
        self._open: dict[str, _Open] = {}  # in the order of their last use
        self._pinned: set[str] = set()

    def get(self, card: Card, prompt: Prompt = NO_PROMPT) -> Generator[Loading, None, Model]:
        """The model of a card, loaded at its first use; a file that has changed is loaded again.

        One that reads texts becomes that of p(x | prompt). Raises CheckpointError when it cannot be
        loaded, and tries anew the next time; the models that were open stay so.
        """
        model = yield from self._loaded(card)
        if prompt == NO_PROMPT or model.prompted is None:
            return model
        made = self.made(card.name)
        if made.get("prompt") != prompt:
            made["prompt"], made["prompted"] = prompt, model.prompted(prompt)
        return made["prompted"]  # type: ignore[no-any-return]

    def _loaded(self, card: Card) -> Generator[Loading, None, Model]:
        known = self._open.get(card.name)
        if known is not None and known.model.card == card:
            self._open[card.name] = self._open.pop(card.name)
            return known.model
        opened = self._open
        yield Loading(card.name)
        from engines import open_model
        from engines.checkpoints import devices

        size = memory.expected(card)
        self._check_room(card.name, size)
        # before others are let go: one that cannot be opened costs them nothing
        model = open_model(card, devices.choose(self.device))
        # what torch prepares at a first call is no cost of the first pictures
        first = model.sample(SampleRequest(1, 0))
        next(first)
        first.close()
        if opened is not self._open:
            raise CheckpointError(f"{card.name} did not answer and was left behind")
        self._open.pop(card.name, None)
        for name in self._to_unload(card.name, size):
            del self._open[name]
        held = Held(
            card.name,
            size,
            card.name in self._pinned,
            memory.held_by(model),
            abilities.of_model(model),
        )
        self._open[card.name] = _Open(model, held)
        self.tell(self.held())
        return model

    def made(self, name: str) -> dict[str, Any]:
        """Per-model cache; dropped when the model is unloaded. KeyError if not open."""
        return self._open[name].made

    def held(self) -> tuple[Held, ...]:
        """The open models, the one used last at the end."""
        return tuple(known.held for known in self._open.values())

    def pin(self, name: str, pinned: bool = True) -> None:
        """Keep a model from being unloaded for others, or no longer; it need not be open yet."""
        (self._pinned.add if pinned else self._pinned.discard)(name)
        if known := self._open.get(name):
            known.held = replace(known.held, pinned=pinned)
        self.tell(self.held())

    def unload(self, name: str) -> Freed:
        """Let a model go, pinned or not. Raises KeyError where it is not open."""
        size, before = self._open[name].held.size, memory.resident()
        del self._open[name]
        memory.give_back()
        after = memory.resident()
        measured = None if before is None or after is None else before - after
        self.tell(self.held())
        return Freed(name, size, measured)

    def forget(self) -> None:
        """Let go of all that is open: a thread that was left behind may still be at work in it.

        What that thread is opening by now is not taken in. Pins stay, for when it is open again.
        """
        if self._open:
            self._open = {}
            self.tell(())

    def _to_unload(self, name: str, size: int) -> list[str]:
        """The models that must go before one of `size` bytes fits, the longest unused first."""
        others = [held for held in self.held() if held.name != name]
        over, going = sum(held.size for held in others) + size - self.limit, []
        for held in others:
            if over <= 0:
                break
            if not held.pinned:
                going.append(held.name)
                over -= held.size
        return going

    def _check_room(self, name: str, size: int) -> None:
        """Raise CheckpointError where a model cannot fit beside those that are pinned."""
        pinned = sum(held.size for held in self.held() if held.pinned and held.name != name)
        if size + pinned <= self.limit:
            return
        beside = f" beside the {budget.said(pinned)} of pinned models" if pinned else ""
        raise CheckpointError(
            f"{name} would take {budget.said(size)}{beside}; all models together may take "
            f"{budget.said(self.limit)}"
        )
