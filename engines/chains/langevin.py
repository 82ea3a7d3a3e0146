"""Langevin steps down an energy known by value and slope, towards draws from e^(−β E).

Chains are independent: every step takes each chain's own size, noise and coin. Knows no networks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

Energy: TypeAlias = Callable[[Tensor], tuple[Tensor, Tensor]]
"""x (n, …) -> E(x) (n,) in nats and ∇E(x) (n, …)."""

TARGET = 0.574
"""The acceptance at which MALA moves fastest (Roberts & Rosenthal 1998)."""


@dataclass(frozen=True)
class State:
    """Where n chains are: x (n, …), E(x) (n,) and ∇E(x) (n, …)."""

    x: Tensor
    value: Tensor
    slope: Tensor

    @staticmethod
    def of(energy: Energy, x: Tensor) -> State:
        """The state at x."""
        return State(x, *energy(x))

    def chosen(self, other: State, accepted: Tensor) -> State:
        """This state where the move is accepted (n,), elsewhere the other."""
        return State(
            torch.where(_wide(accepted, self.x), self.x, other.x),
            torch.where(accepted, self.value, other.value),
            torch.where(_wide(accepted, self.x), self.slope, other.slope),
        )


def drift(at: State, step: Tensor, beta: float = 1.0) -> Tensor:
    """Where a step of size ε (n,) leads on average: x − (ε / 2) β ∇E(x)."""
    return at.x - _wide(step, at.x) / 2 * (beta * at.slope)


def langevin(at: State, step: Tensor, noise: Tensor, beta: float = 1.0) -> Tensor:
    """x − (ε / 2) β ∇E(x) + √ε z with z (n, …) standard normal: the next x (n, …).

    Unadjusted, it leaves e^(−β E) by an error of the order of ε (Roberts & Tweedie 1996).
    """
    return drift(at, step, beta) + _wide(step, at.x).sqrt() * noise


def mala(
    energy: Energy, at: State, *, step: Tensor, noise: Tensor, coin: Tensor, beta: float = 1.0
) -> tuple[State, Tensor]:
    """The same, accepted or not so that e^(−β E) stays invariant; and the chances (n,) of it.

    Metropolis-adjusted Langevin (Roberts & Tweedie 1996): `coin` (n,) is uniform on (0, 1).
    """
    to = State.of(energy, langevin(at, step, noise, beta))
    forth, back = _log_move(at, to, step, beta), _log_move(to, at, step, beta)
    return _decide(at, to, beta * (at.value - to.value).double() + back - forth, coin)


def jump(
    energy: Energy,
    at: State,
    x: Tensor,
    *,
    value: Tensor,
    gain: Tensor,
    coin: Tensor,
    beta: float = 1.0,
) -> State:
    """Stay or go to one of x (n, K, …), draws from some q, so that e^(−β E) stays invariant.

    Iterated sampling importance resampling (Andrieu, Lee & Vihola 2018), which brings chains to
    distant modes between steps of MALA (Samsonov et al. 2022). `value` (n, K) is E(x) and `gain`
    (n, K) is log q(at) − log q(x): −∞ where q could not bring the chain back, which then stays.
    """
    odds = beta * (at.value[:, None] - value).double() + gain
    odds = torch.cat([torch.zeros(len(x), 1), odds.nan_to_num(nan=-torch.inf)], 1).softmax(1)
    pick = (odds.cumsum(1) <= coin[:, None]).sum(1).clamp_max(x.shape[1])
    to = x[torch.arange(len(x)), (pick - 1).clamp_min(0)]
    return State.of(energy, torch.where(_wide(pick > 0, at.x), to, at.x))


def adapted(step: Tensor, chance: Tensor, rate: float) -> Tensor:
    """Each chain's ε moved towards the acceptance of 0.574; for burn-in only.

    Stochastic approximation (Atchadé & Rosenthal 2005).
    """
    return step * (rate * (chance - TARGET)).exp().to(step.dtype)


def _log_move(start: State, end: State, step: Tensor, beta: float) -> Tensor:
    """log q(end | start) up to a constant: (n,) float64."""
    gap = (end.x - drift(start, step, beta)).double().square().flatten(1).sum(1)
    return -gap / (2 * step.double())


def _decide(at: State, to: State, log_ratio: Tensor, coin: Tensor) -> tuple[State, Tensor]:
    # a proposal of no finite energy is no place to go
    chance = log_ratio.nan_to_num(nan=-torch.inf).clamp_max(0).exp()
    return to.chosen(_lost(at), coin < chance), chance


def _lost(at: State) -> State:
    """The state with NaN for places whose energy is: such a chain can never move, nor be right."""
    x = at.x.masked_fill(_wide(at.value.isnan(), at.x), torch.nan)
    return State(x, at.value, at.slope)


def _wide(value: Tensor, like: Tensor) -> Tensor:
    return value.view(-1, *[1] * (like.dim() - 1))
