"""Foreign denoising networks behind one way to ask: a noisy picture, a time, a condition.

A condition is a class or a text; guidance is the same for both. Knows no noise schedule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

from engines.outside.memory import Portions

Call: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""The network's output (n, …) for a picture (n, C, H, W) and a time, () or (n,)."""


class Network(Protocol):
    """`channels` of the picture it denoises; further channels of its output are a variance."""

    @property
    def channels(self) -> int: ...

    @property
    def classes(self) -> int: ...

    @property
    def portions(self) -> Portions: ...

    def bind(self, labels: Tensor, guidance: float) -> Call:
        """The network asked about these classes (n,), `classes` standing for any."""
        ...

    def cost(self, labels: Tensor, guidance: float) -> int:
        """Evaluations of one call of what `bind` makes."""
        ...


@dataclass(frozen=True)
class ClassNetwork:
    """UNet2DModel or DiTTransformer2DModel: `null` is the class that stands for any, if there is.

    `ask(x, t, labels)` is the network itself; labels None where there are no classes.
    """

    ask: Callable[[Tensor, Tensor, Tensor | None], Tensor]
    channels: int
    classes: int
    null: int | None
    portions: Portions = field(default_factory=Portions)

    def bind(self, labels: Tensor, guidance: float) -> Call:
        if not self.classes:
            return lambda x, t: self.portions.run(
                lambda x, t: self.ask(x, t, None), x, _spread(t, len(x))
            )
        numbers = self.numbers(labels)
        if not self._guides(labels, guidance):
            return lambda x, t: self.portions.run(self.ask, x, _spread(t, len(x)), numbers)
        assert self.null is not None

        def guided(x: Tensor, t: Tensor, given: Tensor) -> Tensor:
            both = torch.cat([given, torch.full_like(given, self.null or 0)])
            out = self.ask(torch.cat([x, x]), torch.cat([t, t]), both)
            return _guided(out[: len(x)], out[len(x) :], guidance, self.channels)

        return lambda x, t: self.portions.run(guided, x, _spread(t, len(x)), numbers)

    def numbers(self, labels: Tensor) -> Tensor:
        """The network's own numbers of classes. Raises ValueError where it knows no "any"."""
        if self.null is None and bool((labels == self.classes).any()):
            raise ValueError("this model was trained with classes alone: choose one")
        return (
            labels if self.null is None else labels.masked_fill(labels == self.classes, self.null)
        )

    def cost(self, labels: Tensor, guidance: float) -> int:
        return 2 if self._guides(labels, guidance) else 1

    def _guides(self, labels: Tensor, guidance: float) -> bool:
        asked = bool((labels != self.classes).any())
        return self.classes > 0 and self.null is not None and guidance != 1.0 and asked


@dataclass(frozen=True, eq=False)
class Words:
    """A text as a network reads it: states (1, tokens, width), for SDXL a summary (1, width)."""

    states: Tensor
    pooled: Tensor | None = None

    def towards(self, other: Words, share: float) -> Words:
        """What lies between two texts, state by state: lerp of the embeddings."""
        pooled = self.pooled
        if pooled is not None and other.pooled is not None:
            pooled = torch.lerp(pooled, other.pooled, share)
        return Words(torch.lerp(self.states, other.states, share), pooled)


@dataclass(frozen=True, eq=False)
class TextNetwork:
    """UNet2DConditionModel asked about `words`, guided away from `negative`.

    `sizes` (1, 6) are the sizes that SDXL is told. `hole` (1, 1 + C, H, W) is what in-painting
    networks see besides: the mask, 1 where unknown, and the latents of the rest.
    """

    body: Any
    channels: int
    words: Words
    negative: Words
    sizes: Tensor | None = None
    hole: Tensor | None = None
    classes: int = 0
    portions: Portions = field(default_factory=Portions)

    def within(self, hole: Tensor) -> TextNetwork:
        """The same asked about another hole."""
        return replace(self, hole=hole)

    def bind(self, labels: Tensor, guidance: float) -> Call:
        def plain(x: Tensor, t: Tensor) -> Tensor:
            return self._ask(x, t, [self.words])

        def guided(x: Tensor, t: Tensor) -> Tensor:
            both = self._ask(torch.cat([x, x]), torch.cat([t, t]), [self.negative, self.words])
            free, given = both.chunk(2)
            return _guided(given, free, guidance, self.channels)

        ask = plain if guidance == 1.0 else guided
        return lambda x, t: self.portions.run(ask, x, _spread(t, len(x)))

    def cost(self, labels: Tensor, guidance: float) -> int:
        return 1 if guidance == 1.0 else 2

    def _ask(self, x: Tensor, t: Tensor, words: list[Words]) -> Tensor:
        each = len(x) // len(words)
        if self.hole is not None:
            x = torch.cat([x, self.hole.to(x).expand(len(x), *self.hole.shape[1:])], 1)
        states = torch.cat([w.states.expand(each, -1, -1) for w in words])
        more = {}
        if self.sizes is not None:
            pooled = torch.cat([w.pooled.expand(each, -1) for w in words if w.pooled is not None])
            more = {"text_embeds": pooled, "time_ids": self.sizes.expand(len(x), -1)}
        dtype = self.body.dtype
        out: Tensor = self.body(
            x.to(dtype), t, encoder_hidden_states=states.to(dtype), added_cond_kwargs=more or None
        ).sample
        return out.float()


def _guided(given: Tensor, free: Tensor, guidance: float, channels: int) -> Tensor:
    """free + w (given − free) (Ho & Salimans 2022); a learned variance stays as it was given."""
    mean = free[:, :channels] + guidance * (given[:, :channels] - free[:, :channels])
    return torch.cat([mean, given[:, channels:]], 1)


def _spread(t: Tensor, n: int) -> Tensor:
    return t.expand(n) if t.dim() == 0 else t
