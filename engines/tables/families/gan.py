"""GAIN (Yoon et al. 2018): a generator fills the gaps, a critic guesses which cells were filled.

A heuristic, kept for the lesson: nothing makes the draws spread as p(x_m | x_o) does, and on
surveys chained trees were better (Wang et al. 2021). Levels enter the critic as probabilities.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
import torch.nn.functional as nn
from torch import Tensor

from engines.model import Exactness, Knob, Procedure
from engines.tables.design import Design, Rng
from engines.tables.families.nets import FITS, Layout, Net, Optimiser, bootstraps
from engines.tables.family import Ask, Drawn, Family, Outcome, Progress, Run, Weights

WIDTH, BATCH = 64, 128
HINT, CLOSE = 0.9, 1.0
"""Share of the mask that the critic is told; weight of the error on known cells."""
KNOBS = (
    FITS,
    Knob("steps", "Steps", 1000, 10, 20000, 10, "Steps of each of the two nets, on 128 rows."),
)


class Filler:
    """Rows (E, n, F) with gaps as NaN to vectors (E, n, width) without, known cells kept."""

    def __init__(self, layout: Layout, fits: int, rng: Rng) -> None:
        self.layout = layout
        self.widths = [levels or 1 for levels in layout.levels]
        width, features = sum(self.widths), len(self.widths)
        self.generator = Net((layout.inputs + features, WIDTH, WIDTH, width), fits, rng)
        self.critic = Net((width + features, WIDTH, WIDTH, features), fits, rng)
        self.of = torch.tensor(np.repeat(np.arange(features), self.widths))

    def known(self, z: Tensor) -> Tensor:
        """Known cells as vectors, 0 for gaps."""
        parts = []
        for f, levels in enumerate(self.layout.levels):
            value = z[..., f].nan_to_num()[..., None]
            hot = nn.one_hot(value[..., 0].long(), levels).float() if levels else value
            parts.append(hot)
        return torch.cat(parts, -1) * (~z.isnan())[..., self.of]

    def made(self, z: Tensor, rng: Rng) -> Tensor:
        """What the generator says of every cell: scores, and probabilities of levels."""
        noise = torch.from_numpy(rng.standard_normal(tuple(z.shape))).float()
        noise = torch.where(z.isnan(), noise, 0.0)
        out = self.generator(torch.cat([self.layout.enter(z, ~z.isnan()), noise], -1))
        parts = zip(out.split(self.widths, -1), self.layout.levels, strict=True)
        return torch.cat([part.softmax(-1) if k else part for part, k in parts], -1)

    def whole(self, z: Tensor, made: Tensor) -> Tensor:
        """Known cells, and what was made for the gaps."""
        return torch.where(z.isnan()[..., self.of], made, self.known(z))

    def judged(self, whole: Tensor, z: Tensor, rng: Rng) -> tuple[Tensor, Tensor]:
        """Logits (…, F) that each cell is known, and where the critic was not told."""
        told = torch.from_numpy(rng.random(tuple(z.shape)) < HINT)
        hint = torch.where(told, (~z.isnan()).float(), 0.5)
        return self.critic(torch.cat([whole, hint], -1)), ~told

    def close(self, z: Tensor, made: Tensor) -> Tensor:
        """How far the generator is from known cells: squares, and −log p of levels; (E,)."""
        found = []
        for f, (levels, part) in enumerate(
            zip(self.layout.levels, made.split(self.widths, -1), strict=True)
        ):
            value, seen = z[..., f].nan_to_num(), ~z[..., f].isnan()
            if levels:
                p = part.gather(-1, value.long()[..., None])[..., 0]
                error = -(p + 1e-6).log()
            else:
                error = (part[..., 0] - value).square()
            found.append(error * seen)
        return torch.stack(found, -1).mean((1, 2))


def run(design: Design, ask: Ask) -> Run:
    """Train both, then draw. Yields after each step and each draw."""
    knobs = FAMILY.settled(ask.knobs)
    fits = min(int(knobs["fits"]), ask.m)
    filler = Filler(Layout.of(design), fits, ask.rng(10, 0))
    yield from _trained(filler, design, int(knobs["steps"]), fits, ask.rng(10, 1))
    z = torch.from_numpy(design.z).float().expand(fits, -1, -1)
    for number in range(-(-ask.m // fits)):
        rng = ask.rng(10, 2, number)
        drawn = _drawn(filler, z, rng)
        for fit in range(min(fits, ask.m - number * fits)):
            filled = np.where(design.gaps, drawn[fit], design.z)
            share = (number * fits + fit + 1) / ask.m
            yield Progress(0.9 + 0.1 * share, "draws", Drawn(filled))
    return Outcome()


def _trained(
    filler: Filler, design: Design, steps: int, fits: int, rng: Rng
) -> Generator[Progress, None, None]:
    z = torch.from_numpy(design.z).float()
    rows = bootstraps(len(z), fits, rng)
    critic = Optimiser(filler.critic.parameters, steps, 1e-3, 0.0)
    generator = Optimiser(filler.generator.parameters, steps, 1e-3, 0.0)
    for step in range(steps):
        at = torch.from_numpy(rng.integers(rows.shape[1], size=(fits, min(BATCH, len(z)))))
        batch = z[rows.gather(1, at)]
        seen = (~batch.isnan()).float()
        whole = filler.whole(batch, filler.made(batch, rng).detach())
        logits, hidden = filler.judged(whole, batch, rng)
        loss = nn.binary_cross_entropy_with_logits(logits, seen, reduction="none")
        critic.step((loss * hidden).sum((1, 2)).sum() / hidden.sum().clamp_min(1) * fits)
        made = filler.made(batch, rng)
        logits, hidden = filler.judged(filler.whole(batch, made), batch, rng)
        fool = (nn.softplus(-logits) * (1 - seen)).mean((1, 2))
        generator.step((fool + CLOSE * filler.close(batch, made)).sum())
        yield Progress(0.9 * (step + 1) / steps, "training")


@torch.no_grad()
def _drawn(
    filler: Filler, z: Tensor, rng: Rng
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    made = filler.made(z, rng).split(filler.widths, -1)
    found = []
    for levels, part in zip(filler.layout.levels, made, strict=True):
        if levels:
            noise = torch.from_numpy(rng.gumbel(size=tuple(part.shape))).float()
            found.append(((part + 1e-9).log() + noise).argmax(-1).double())
        else:
            found.append(part[..., 0].double())
    return torch.stack(found, -1).numpy()


def seconds(design: Design, ask: Ask) -> float:
    """About how long it takes on two slow cores."""
    knobs = FAMILY.settled(ask.knobs)
    fits, layout = min(int(knobs["fits"]), ask.m), Layout.of(design)
    weights = WIDTH * (layout.inputs + 2 * WIDTH + 3 * design.width)
    features = len(layout.levels)
    step = 4e-3 + 4e-4 * features + fits * min(BATCH, design.n) * (2.4e-9 * weights)
    return float(knobs["steps"] * step + 1e-6 * ask.m * design.z.size)


FAMILY = Family(
    name="gan",
    title="GAN (GAIN)",
    procedure=Procedure(
        Exactness.HEURISTIC,
        "a generator that a critic cannot tell from known cells",
        "Yoon et al. 2018",
    ),
    weights=lambda knobs: Weights.BOOTSTRAPPED if knobs.get("fits", 5) > 1 else Weights.FIXED,
    run=run,
    seconds=seconds,
    knobs=KNOBS,
    summary="kept for the lesson: nothing makes its draws spread as they should",
)
