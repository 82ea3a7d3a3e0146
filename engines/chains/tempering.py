"""Metropolis-adjusted Langevin chains at several temperatures that swap places.

A chain alone seldom leaves a mode; a hot one crosses, and hands down what it finds. Knows no
models: an energy known by value and slope is all it asks.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from engines.chains.langevin import Energy, State, adapted, mala
from engines.noise import Streams

HOTTEST = 20.0


def ladder(rungs: int) -> Tensor:
    """β = 1 > … > 1/20 in equal ratios (rungs,)."""
    if rungs == 1:
        return torch.ones(1)
    return HOTTEST ** -torch.linspace(0, 1, rungs)


def tempered_chains(
    energy: Energy, x: Tensor, *, rungs: int, step: float, settling: int, streams: Streams
) -> Iterator[Tensor]:
    """Positions of the chains at β = 1 after each round, without end: (n, d).

    x (n, d) starts every rung; rung r of chain i is row r·n + i of the energy's argument. A round
    is a MALA step at every rung and swaps between neighbours, even and odd pairs by turns (Geyer
    1991; Earl & Deem 2005). Step sizes are each row's own and settle in the first `settling`
    rounds.
    """
    n, d = x.shape
    beta = ladder(rungs).repeat_interleave(n)
    at = State.of(heated(energy, beta), x.repeat(rungs, 1))
    # a distribution e^(−βE) of a valley is wider by √(1/β)
    sizes, count = step / beta, 0
    while True:
        z = streams.normal(rungs, d).transpose(0, 1).reshape(-1, d)
        coin = streams.uniform(rungs).T.reshape(-1)
        at, chance = mala(heated(energy, beta), at, step=sizes, noise=z, coin=coin)
        if count < settling:
            sizes = adapted(sizes, chance, 1.0 / (1 + count / 20) ** 0.6)
        if rungs > 1:
            at = swapped(at, beta, n=n, first=count % 2, coin=streams.uniform(rungs - 1).T)
        count += 1
        yield at.x[:n].clone()


def heated(energy: Energy, beta: Tensor) -> Energy:
    """β E and its slope, β (rows,) each row's own."""

    def found(x: Tensor) -> tuple[Tensor, Tensor]:
        value, slope = energy(x)
        return beta.to(value) * value, beta.to(slope)[:, None] * slope

    return found


def swapped(at: State, beta: Tensor, *, n: int, first: int, coin: Tensor) -> State:
    """Neighbouring rungs r, r + 1 for r = first, first + 2, … exchange by Metropolis.

    Accepted with chance min(1, exp((β_r − β_r+1)(E_r − E_r+1))); `coin` is (rungs − 1, n).
    """
    rungs = len(beta) // n
    rows = torch.arange(len(beta)).view(rungs, n).clone()
    b, energy = beta.view(rungs, n).double(), (at.value / beta).double().view(rungs, n)
    for r in range(first, rungs - 1, 2):
        log_chance = (b[r] - b[r + 1]) * (energy[r] - energy[r + 1])
        swap = coin[r] < log_chance.clamp_max(0).exp()
        low, high = rows[r].clone(), rows[r + 1].clone()
        rows[r], rows[r + 1] = torch.where(swap, high, low), torch.where(swap, low, high)
    source = rows.flatten()
    ratio = (beta / beta[source]).to(at.value)
    return State(
        at.x[source], at.value[source] * ratio, at.slope[source] * ratio.to(at.slope)[:, None]
    )
