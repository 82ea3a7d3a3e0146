"""An energy of whole rows by noise-contrastive estimation; gaps by Gibbs sampling.

log p(x) = f(x) + log q(x) + const, where q draws every column alone and f tells rows from such
noise (Gutmann & Hyvärinen 2012). While it learns, the gaps are those of a chain that the energy
itself moves (stochastic EM: Celeux & Diebolt 1985), so nothing is filled in and forgotten. A gap
is drawn among candidates of equal probability under q, by exp f: exact as their number grows.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as nn
from torch import Tensor

from engines.model import Exactness, Knob, Procedure
from engines.tables.design import Design, Rng
from engines.tables.families.nets import FITS, Layout, Net, Optimiser, bootstraps
from engines.tables.family import Ask, Drawn, Family, Outcome, Progress, Run, Weights

WIDTH, BATCH, NOISE, CANDIDATES, EVERY = 48, 128, 4, 24, 20
_ROWS = 2048
KNOBS = (
    FITS,
    Knob("steps", "Steps", 600, 10, 20000, 10, "Steps of training, each on 128 rows."),
    Knob("sweeps", "Sweeps", 10, 1, 500, 1, "Sweeps of the chain between two draws."),
)


@dataclass(eq=False)
class Chains:
    """An energy for each fit and its completed rows z (E, n, F)."""

    net: Net
    layout: Layout
    z: Tensor
    gaps: Tensor
    log_shares: dict[int, Tensor]
    rng: Rng

    @staticmethod
    def start(design: Design, fits: int, rng: Rng) -> Chains:
        layout = Layout.of(design)
        net = Net((layout.inputs, WIDTH, WIDTH, 1), fits, rng)
        z = np.broadcast_to(design.z, (fits, *design.z.shape)).copy()
        shares = {}
        for f, feature in enumerate(design.features):
            gap, seen = design.gaps[:, f], design.z[~design.gaps[:, f], f]
            z[:, gap, f] = rng.choice(seen, (fits, int(gap.sum())))
            if feature.levels:
                counts = np.bincount(seen.astype(int), minlength=feature.levels) + 0.5
                shares[f] = torch.from_numpy(np.log(counts / counts.sum())).float()
        whole, gaps = torch.from_numpy(z).float(), torch.from_numpy(design.gaps)
        return Chains(net, layout, whole, gaps, shares, rng)

    def tell(self, z: Tensor) -> Tensor:
        """f of whole rows (E, …, F): (E, …)."""
        flat = z.flatten(1, -2)
        out = self.net(self.layout.enter(flat, torch.ones_like(flat, dtype=torch.bool)))
        return out[..., 0].view(z.shape[:-1])

    def noise(self, shape: tuple[int, ...]) -> Tensor:
        """Rows (…, F) of q."""
        parts = []
        for f, levels in enumerate(self.layout.levels):
            if levels:
                gumbel = torch.from_numpy(self.rng.gumbel(size=(*shape, levels))).float()
                parts.append((self.log_shares[f] + gumbel).argmax(-1).float())
            else:
                parts.append(torch.from_numpy(self.rng.standard_normal(shape)).float())
        return torch.stack(parts, -1)

    @torch.no_grad()
    def sweep(self) -> None:
        """Draw every gap once, column after column in a random order."""
        for f in self.rng.permutation(len(self.layout.levels)).tolist():
            for rows in torch.nonzero(self.gaps[:, f])[:, 0].split(_ROWS):
                self._draw(f, rows)

    def _draw(self, f: int, rows: Tensor) -> None:
        some = self.z[:, rows]
        levels = self.layout.levels[f]
        if levels:
            values = torch.arange(levels).float().expand(*some.shape[:2], levels)
            log_q = self.log_shares[f]
        else:
            u = (
                np.arange(CANDIDATES) + self.rng.random((*some.shape[:2], CANDIDATES))
            ) / CANDIDATES
            values = torch.special.ndtri(torch.from_numpy(u).clamp(1e-6, 1 - 1e-6)).float()
            log_q = torch.zeros(CANDIDATES)
        tried = some[:, :, None].repeat(1, 1, values.shape[-1], 1)
        tried[..., f] = values
        gumbel = torch.from_numpy(self.rng.gumbel(size=tuple(values.shape))).float()
        best = (self.tell(tried) + log_q + gumbel).argmax(-1, keepdim=True)
        self.z[:, rows, f] = values.gather(-1, best)[..., 0]


def run(design: Design, ask: Ask) -> Run:
    """Train, then draw. Yields after each step of training and each sweep."""
    knobs = FAMILY.settled(ask.knobs)
    fits, steps, sweeps = min(int(knobs["fits"]), ask.m), int(knobs["steps"]), int(knobs["sweeps"])
    chains = Chains.start(design, fits, ask.rng(11))
    yield from _trained(chains, steps)
    rounds, drawn = -(-ask.m // fits), 0
    for number in range(rounds):
        for sweep in range(sweeps):
            chains.sweep()
            yield Progress(0.8 + 0.2 * (number + (sweep + 1) / sweeps) / rounds, "draws")
        for fit in range(min(fits, ask.m - drawn)):
            z = np.where(design.gaps, chains.z[fit].double().numpy(), design.z)
            drawn += 1
            yield Progress(0.8 + 0.2 * (number + 1) / rounds, "draws", Drawn(z))
    return Outcome(notes=("one chain for each fit: no R-hat",))


def _trained(chains: Chains, steps: int) -> Generator[Progress, None, None]:
    fits, n = chains.z.shape[:2]
    rng = chains.rng
    rows = bootstraps(n, fits, rng)
    optimiser = Optimiser(chains.net.parameters, steps, 4e-3, 0.05)
    for step in range(steps):
        if step % EVERY == EVERY - 1:
            chains.sweep()
        at = rows.gather(1, torch.from_numpy(rng.integers(n, size=(fits, min(BATCH, n)))))
        data = chains.z.gather(1, at[..., None].expand(-1, -1, chains.z.shape[-1]))
        real = chains.tell(data) - np.log(NOISE)
        fake = chains.tell(chains.noise((fits, NOISE * at.shape[1]))) - np.log(NOISE)
        loss = nn.softplus(-real).mean(1) + NOISE * nn.softplus(fake).mean(1)
        optimiser.step(loss.sum())
        yield Progress(0.8 * (step + 1) / steps, "training")


def seconds(design: Design, ask: Ask) -> float:
    """About how long it takes on two slow cores."""
    knobs = FAMILY.settled(ask.knobs)
    fits, layout = min(int(knobs["fits"]), ask.m), Layout.of(design)
    weights = WIDTH * (layout.inputs + WIDTH)
    features = len(layout.levels)
    each = 1.2e-9 * weights + 1.5e-7 * features
    step = 3e-3 + fits * min(BATCH, design.n) * (1 + NOISE) * each
    sweep = 1e-3 * features + fits * int(design.gaps.sum()) * CANDIDATES * each / 2
    sweeps = knobs["steps"] / EVERY + knobs["sweeps"] * -(-ask.m // fits)
    return float(knobs["steps"] * step + sweeps * sweep)


FAMILY = Family(
    name="energy",
    title="Energy (contrast with noise)",
    procedure=Procedure(
        Exactness.ASYMPTOTIC,
        "Gibbs sampling of the gaps under an energy",
        "Gutmann & Hyvärinen 2012",
    ),
    weights=lambda knobs: Weights.BOOTSTRAPPED if knobs.get("fits", 5) > 1 else Weights.FIXED,
    run=run,
    seconds=seconds,
    chain=True,
    knobs=KNOBS,
    summary="one number says how well a whole row fits together; gaps move until it does",
)
