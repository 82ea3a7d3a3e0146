"""Mixtures of factor analysers of pictures: a known pixel is a cell of normal scores, not a point.

p(x_m | levels of x_o) has no closed form, for the scores y_o within their cells are as unknown as
the hole. Given a component and its factors they are independent, each a truncated normal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from engines.diagnostics import Diagnosis, moved
from engines.families.kde.net import to_levels
from engines.families.mfa.net import FactorAnalysers, NormalScores
from engines.inpaint.method import Hole
from engines.model import Model, Run, Step
from engines.noise import Streams, choose
from engines.parts import Components

_INNER = 2
"""Turns of factors and scores in a sweep, for each turn of the component: they cost much less."""
_FAR = 30.0
"""Deviations beyond which a normal's tail underflows and is taken as exponential."""


@dataclass
class Chains:
    """n states of component (n,), factors (n, K) and the known pixels' scores (n, D_o), float64.

    `low` and `high` (D_o,) are the ends of the known pixels' cells.
    """

    mixture: FactorAnalysers
    known: Tensor
    low: Tensor
    high: Tensor
    y: Tensor
    component: Tensor
    factors: Tensor

    def sweep(self, seen: FactorAnalysers, streams: Streams) -> None:
        """One turn of the component and a few of all else.

        p(j | y_o), factors summed over; then p(z | j, y_o) and p(y_o | j, z) in turns.
        """
        j = choose(seen.log_components(self.y).log_softmax(1), streams.uniform())
        self.component = j
        mean, loading, sd = seen.mean[j], seen.loading[j], seen.noise[j].sqrt()
        pull, root = seen.posterior(j)
        for _ in range(_INNER):
            at = torch.einsum("nkd,nd->nk", pull, self.y - mean)
            e = streams.normal(at.shape[1]).double()
            self.factors = at + torch.einsum("nkj,nj->nk", root, e)
            centre = mean + torch.einsum("ndk,nk->nd", loading, self.factors)
            u = streams.uniform(len(self.low)).double()
            inside = truncated((self.low - centre) / sd, (self.high - centre) / sd, u)
            self.y = centre + sd * inside

    def expected(self) -> Tensor:
        """E[y_m | j, z]: (n, D_m)."""
        hidden = self.mixture.loading[self.component][:, ~self.known]
        mean = self.mixture.mean[self.component][:, ~self.known]
        return mean + torch.einsum("ndk,nk->nd", hidden, self.factors)

    def spread(self) -> Tensor:
        """The deviations of y_m given j and z: (n, D_m)."""
        return self.mixture.noise[self.component][:, ~self.known].sqrt()


def truncated(low: Tensor, high: Tensor, u: Tensor) -> Tensor:
    """Standard normals between `low` and `high`, at the quantiles u in (0, 1); float64.

    By inversion, from the side where the tail is small (Devroye 1986, section II.2).
    """
    flip = low + high > 0
    a, b = torch.where(flip, -high, low), torch.where(flip, -low, high)
    at = torch.where(flip, 1 - u, u)
    below, upto = _phi(a), _phi(b)
    t = torch.special.ndtri(below + at * (upto - below))
    # e^(−b²/2 − |b| d) at a distance d from the nearer end
    far = b + at.log() / b.abs().clamp_min(1)
    t = torch.where(b < -_FAR, far, t)
    t = torch.maximum(torch.minimum(t, b), a)
    return torch.where(flip, -t, t)


def _phi(z: Tensor) -> Tensor:
    return 0.5 * torch.erfc(-z / math.sqrt(2))


@runtime_checkable
class InCells(Components, Protocol):
    """What is asked of components that live on normal scores of pixels' levels."""

    @property
    def classes(self) -> tuple[FactorAnalysers, ...]:
        """The mixture of each class, then that of all."""

    @property
    def scores(self) -> NormalScores | None:
        """None where data are what they are."""

    @property
    def dims(self) -> int: ...


def mixture_of(model: Model) -> InCells | None:
    """The components of a model in which a known value is a cell; None for other models."""
    part = model.components
    return part if isinstance(part, InCells) and part.scores is not None else None


def started(
    mfa: InCells, hole: Hole, uniforms: Tensor, pick: Tensor
) -> tuple[Chains, FactorAnalysers]:
    """Chains that begin with the known pixels uniform in their cells, and the known part's mixture.

    uniforms (n, D) place the scores, pick (n,) the component.
    """
    assert mfa.scores is not None
    known, mixture = hole.known.flatten(), mfa.classes[hole.label]
    levels = to_levels(hole.picture).flatten().long()
    low, high = (end[known] for end in mfa.scores.cells(levels))
    y, _ = mfa.scores.encode(levels.expand(len(pick), -1), uniforms)
    seen = mixture.on(known)
    y = y[:, known]
    component = choose(seen.log_components(y).log_softmax(1), pick)
    factors = torch.zeros(len(pick), mixture.loading.shape[2], dtype=torch.float64)
    return Chains(mixture, known, low, high, y, component, factors), seen


def fill(hole: Hole) -> Run:
    """Gibbs sampling of component, factors and known scores; then the hole given the first two."""
    mfa, streams, n = mixture_of(hole.model), hole.streams, hole.count
    assert mfa is not None
    total = int(hole.knobs["sweeps"])
    chains, seen = started(mfa, hole, streams.uniform(mfa.dims), streams.uniform())
    e = streams.normal(int((~chains.known).sum())).double()
    first: Tensor | None = None
    for i in range(1, total + 1):
        chains.sweep(seen, streams)
        at = chains.expected()
        first = at if first is None else first
        found = Diagnosis(moved=moved(at, first), remedy="Sweeps")
        shown = _shown(mfa, hole, at + chains.spread() * e, chains.known)
        yield Step(n * i // total, n, shown.clone(), i, found.note, found.poor)
    return shown


def _shown(mfa: InCells, hole: Hole, y: Tensor, known: Tensor) -> Tensor:
    """Pictures (n, *shape) with these scores (n, D_m) in the hole."""
    assert mfa.scores is not None
    every = torch.zeros(len(y), mfa.dims, dtype=torch.float64)
    every[:, ~known] = y
    x = (mfa.scores.decode(every) / 127.5 - 1).float()
    return hole.clamp(x.view(len(y), *hole.card.shape))
