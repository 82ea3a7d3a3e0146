"""A normalizing flow of whole rows; gaps by Gibbs sampling under its density.

Every column becomes a normal number v: a score is one, a level is a stretch of the normal law as
wide as its share, and v lies anywhere in it (uniform dequantisation: Theis et al. 2016). A neural
spline flow (Durkan et al. 2019) has p(v). While it learns, gaps and places within stretches are
those of a chain that the flow itself moves (stochastic EM), as they are when draws are made.
Candidates are of equal probability under the normal law: exact as their number grows.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engines.model import Exactness, Knob, Procedure
from engines.tables.data import Floats
from engines.tables.design import Design, Rng
from engines.tables.families.nets import Optimiser, bootstraps
from engines.tables.family import Ask, Drawn, Family, Outcome, Progress, Run, Weights
from engines.tables.margins import normal_cdf, normal_quantile

BATCH, CANDIDATES, EVERY, NOISE = 128, 8, 40, 0.1
_ROWS, _EDGE = 1024, 1e-6
KNOBS = (
    Knob(
        "fits",
        "Fits",
        3,
        1,
        20,
        1,
        "Flows, each fitted on a bootstrap of the rows; one alone is fitted on all rows, and its "
        "weights are fixed.",
    ),
    Knob("steps", "Steps", 300, 10, 20000, 10, "Steps of training, each on 128 rows."),
    Knob("sweeps", "Sweeps", 2, 1, 500, 1, "Sweeps of the chain between two draws."),
)


@dataclass(frozen=True, eq=False)
class Stretches:
    """Between which probabilities each observed cell's v lies: `low` and `high` (n, F).

    0 and 1 for gaps; equal for scores, which are known.
    """

    low: Floats
    high: Floats
    ends: tuple[Floats | None, ...]

    @staticmethod
    def of(design: Design) -> Stretches:
        low, high = np.zeros(design.z.shape), np.ones(design.z.shape)
        every: list[Floats | None] = []
        for f, feature in enumerate(design.features):
            seen, z = ~design.gaps[:, f], design.z[:, f]
            if not feature.levels:
                low[seen, f] = high[seen, f] = normal_cdf(z[seen])
                every.append(None)
                continue
            codes = z[seen].astype(int)
            counts = np.bincount(codes, minlength=feature.levels) + 0.5
            ends = np.concatenate([[0.0], counts.cumsum() / counts.sum()])
            low[seen, f], high[seen, f] = ends[codes], ends[codes + 1]
            every.append(ends)
        return Stretches(low, high, tuple(every))

    def values(self, v: Floats) -> Floats:
        """Scores and levels (n, F) of normal numbers."""
        z = v.copy()
        for f, ends in enumerate(self.ends):
            if ends is not None:
                place = np.searchsorted(ends, normal_cdf(v[:, f]), side="right") - 1
                z[:, f] = place.clip(0, len(ends) - 2)
        return z


@dataclass(eq=False)
class Chain:
    """One flow and the rows v (n, F) that it moves."""

    flow: Any
    stretches: Stretches
    v: Tensor
    rng: Rng

    @staticmethod
    def start(stretches: Stretches, rng: Rng) -> Chain:
        import zuko

        n, features = stretches.low.shape
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**62)))
            flow = zuko.flows.NSF(features, transforms=1, bins=8, hidden_features=(48, 48))
        u = stretches.low + rng.random((n, features)) * (stretches.high - stretches.low)
        v = torch.from_numpy(normal_quantile(u.clip(_EDGE, 1 - _EDGE))).float()
        return Chain(flow, stretches, v, rng)

    @torch.no_grad()
    def sweep(self) -> None:
        """Draw every v that is not known once, column after column in a random order."""
        free = self.stretches.high > self.stretches.low
        for f in self.rng.permutation(free.shape[1]).tolist():
            for rows in np.array_split(np.flatnonzero(free[:, f]), free.shape[0] // _ROWS + 1):
                if len(rows):
                    self._draw(f, rows)

    def _draw(self, f: int, rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> None:
        low, high = self.stretches.low[rows, f, None], self.stretches.high[rows, f, None]
        u = (np.arange(CANDIDATES) + self.rng.random((len(rows), CANDIDATES))) / CANDIDATES
        u = (low + u * (high - low)).clip(_EDGE, 1 - _EDGE)
        values = torch.from_numpy(normal_quantile(u)).float()
        tried = self.v[rows][:, None].repeat(1, CANDIDATES, 1)
        tried[..., f] = values
        log_p = self.flow().log_prob(tried.flatten(0, 1)).view(len(rows), CANDIDATES)
        log_w = log_p.nan_to_num(-1e9) + 0.5 * values.square()
        gumbel = torch.from_numpy(self.rng.gumbel(size=tuple(values.shape))).float()
        best = (log_w + gumbel).argmax(-1, keepdim=True)
        self.v[rows, f] = values.gather(-1, best)[:, 0]


def run(design: Design, ask: Ask) -> Run:
    """Train and draw, one flow after the other. Yields after each step and each sweep."""
    knobs = FAMILY.settled(ask.knobs)
    fits, steps, sweeps = min(int(knobs["fits"]), ask.m), int(knobs["steps"]), int(knobs["sweeps"])
    stretches = Stretches.of(design)
    rows = bootstraps(design.n, fits, ask.rng(12, 0))
    drawn = 0
    for fit in range(fits):
        chain = Chain.start(stretches, ask.rng(12, 1, fit))
        for done in _trained(chain, rows[fit], steps):
            yield Progress((fit + 0.8 * done) / fits, "training")
        mine = (ask.m - fit - 1) // fits + 1
        for i in range(mine):
            for _ in range(sweeps):
                chain.sweep()
                yield Progress((fit + 0.8 + 0.2 * (i + 0.5) / mine) / fits, "draws")
            z = np.where(design.gaps, stretches.values(chain.v.double().numpy()), design.z)
            drawn += 1
            yield Progress((fit + 0.8 + 0.2 * (i + 1) / mine) / fits, "draws", Drawn(z))
    return Outcome(notes=("one chain for each fit: no R-hat",))


def _trained(chain: Chain, rows: Tensor, steps: int) -> Generator[float, None, None]:
    parameters = list(chain.flow.parameters())
    optimiser = Optimiser(parameters, steps, 5e-3, 0.02)
    n = len(rows)
    for step in range(steps):
        if step % EVERY == EVERY - 1:
            chain.sweep()
        at = rows[torch.from_numpy(chain.rng.integers(n, size=min(BATCH, n)))]
        batch = chain.v[at]
        noise = torch.from_numpy(chain.rng.standard_normal(tuple(batch.shape))).float()
        optimiser.step(-chain.flow().log_prob(batch + NOISE * noise).mean())
        yield (step + 1) / steps


def seconds(design: Design, ask: Ask) -> float:
    """About how long it takes on two slow cores."""
    knobs = FAMILY.settled(ask.knobs)
    fits, features = min(int(knobs["fits"]), ask.m), len(design.features)
    step = 1.2e-2 + min(BATCH, design.n) * features * 8e-6
    free = int(design.gaps.sum()) + design.n * len(design.categories)
    sweep = 1e-2 * features + free * CANDIDATES * features * 2e-6
    sweeps = fits * knobs["steps"] / EVERY + knobs["sweeps"] * ask.m
    return float(fits * knobs["steps"] * step + sweeps * sweep)


FAMILY = Family(
    name="flow",
    title="Normalizing flow",
    procedure=Procedure(
        Exactness.ASYMPTOTIC,
        "Gibbs sampling of the gaps under a flow's density",
        "Durkan et al. 2019; Theis et al. 2016",
    ),
    weights=lambda knobs: Weights.BOOTSTRAPPED if knobs.get("fits", 3) > 1 else Weights.FIXED,
    run=run,
    seconds=seconds,
    chain=True,
    knobs=KNOBS,
    summary="an exact density of whole rows; gaps move under it",
)
