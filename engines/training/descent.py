"""What trains: the protocol that the loop drives, and the usual case of one loss and one network.

Rates, averages and warm-ups follow the step and the number of steps planned, never the clock, and
every draw comes from the trainer's own generator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor, nn

from engines.adam import Adam, clipped

_Many: TypeAlias = tuple[Tensor, ...] | list[Tensor]
Loss: TypeAlias = Callable[[Any, Tensor, Tensor, float, torch.Generator], Tensor]
"""loss(net, x, labels, progress, generator): the mean over a batch, a scalar."""

_AVERAGE_EVERY = 10


class Trainer(Protocol):
    """One training procedure with all its state (networks, optimisers, buffers).

    `knobs` are the values that may be changed between two steps, by the names of the recipe's
    options; the peak of the learning rate, "rate", is one of them.
    """

    knobs: dict[str, float]

    @property
    def rate(self) -> float:
        """The learning rate of the last step."""

    def step(self, x: Tensor, labels: Tensor, progress: float) -> dict[str, float]:
        """One update on a batch; `progress` runs from 0 to 1. Returns losses by name."""

    def see(self, x: Tensor, labels: Tensor) -> None:
        """All examples from now on, where they are others than those it was built with."""

    def weights(self) -> dict[str, Tensor]:
        """What the checkpoint ships. It may take seconds."""

    def sketch(self) -> dict[str, Tensor]:
        """The same as good as can be had in milliseconds: what a view of the training shows."""

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        """Start from shipped weights."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class Descent:
    """The usual case: one network, one loss, Adam with cosine rate, averaged weights (EMA).

    The average is updated every ten steps and keeps `averaging` of itself each time. `generator`
    is what the loss draws from; `knobs` are values that the loss reads at every step, so that they
    may be changed between two.
    """

    def __init__(
        self,
        net: nn.Module,
        loss: Loss,
        *,
        generator: torch.Generator,
        rate: float,
        averaging: float = 0.95,
        clip: float = 1.0,
        warm_up: int = 100,
        decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.99),
        knobs: dict[str, float] | None = None,
    ) -> None:
        self.net, self._loss, self._generator = net, loss, generator
        self._average = torch.optim.swa_utils.AveragedModel(
            net, multi_avg_fn=warming(averaging), use_buffers=False
        )
        learned = [p for p in net.parameters() if p.requires_grad]
        self._optimiser = Adam(learned, rate=rate, betas=betas, decay=decay)
        self.knobs = {} if knobs is None else knobs
        self.knobs["rate"] = rate
        self._clip, self._warm_up, self._steps = clip, warm_up, 0

    @property
    def rate(self) -> float:
        return self._optimiser.rate

    def step(self, x: Tensor, labels: Tensor, progress: float) -> dict[str, float]:
        self._steps += 1
        warmth = min(1.0, self._steps / self._warm_up)
        self._optimiser.rate = self.knobs["rate"] * cosine(progress) * warmth
        loss = self._loss(self.net, x, labels, progress, self._generator)
        slopes = self._optimiser.slopes(loss)
        norm = clipped(slopes, self._clip)
        if norm.isfinite():
            self._optimiser.step(slopes)
        if self._steps % _AVERAGE_EVERY == 0:
            self._average.update_parameters(self.net)
        return {"loss": loss.item(), "gradient": norm.item()}

    def see(self, x: Tensor, labels: Tensor) -> None:
        pass

    def weights(self) -> dict[str, Tensor]:
        averaged = self._average.module.state_dict() if self._average.n_averaged else {}
        return {**self.net.state_dict(), **_floats(averaged, self.net)}

    def sketch(self) -> dict[str, Tensor]:
        return self.weights()

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        self.net.load_state_dict(dict(weights))
        self._average.module.load_state_dict(dict(weights))

    def state_dict(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "average": self._average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "steps": self._steps,
            "knobs": self.knobs,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self._average.load_state_dict(state["average"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._steps = state["steps"]
        self.knobs.update(state["knobs"])


def warming(decay: float) -> Callable[[_Many, _Many, Tensor | int], None]:
    """An average that forgets its start: the decay grows from 0.1 to `decay` with the updates."""

    @torch.no_grad()
    def update(averaged: _Many, current: _Many, count: Tensor | int) -> None:
        n = int(count)
        torch._foreach_lerp_(averaged, current, 1 - min(decay, (1 + n) / (10 + n)))

    return update


def _floats(averaged: dict[str, Tensor], net: nn.Module) -> dict[str, Tensor]:
    """The averaged parameters; buffers stay those of the network itself."""
    return {name: averaged[name] for name, _ in net.named_parameters() if name in averaged}


def cosine(progress: float) -> float:
    """1 at the start, 0 at the end."""
    return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
