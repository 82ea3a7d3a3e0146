"""Flow matching from noise to the gaps of a row, given what is known of it.

x_t = (1 − t) x_0 + t x_1 with x_0 normal; a net learns E[x_1 − x_0 | x_t, known] (Lipman et al.
2023; conditional on masks as CSDI, Tashiro et al. 2021). Trained on observed cells alone: a random
part of a row's known cells is the condition, the others are the target; gaps are neither. Levels
are drawn as one number each, the largest wins. The draws are those of the net's own conditional as
the number of steps of the solver grows.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from engines.model import Exactness, Knob, Procedure
from engines.tables.design import Design, Rng
from engines.tables.families.any_order import shown_part
from engines.tables.families.nets import FITS, Layout, Net, Optimiser, bootstraps
from engines.tables.family import Ask, Drawn, Family, Outcome, Progress, Run, Weights

WIDTH, BATCH, SCALE = 64, 128, 2.0
_TIMES = 8
KNOBS = (
    FITS,
    Knob("steps", "Steps", 1200, 10, 20000, 10, "Steps of training, each on 128 rows."),
    Knob("calls", "Solver steps", 30, 5, 500, 5, "Steps from noise to a draw (Heun's method)."),
)


class Space:
    """Rows as vectors: a score as itself, levels one by one as ± SCALE / 2."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        widths = [levels or 1 for levels in layout.levels]
        self.of = torch.tensor(np.repeat(np.arange(len(widths)), widths))

    @property
    def width(self) -> int:
        return len(self.of)

    @property
    def inputs(self) -> int:
        """Of the net: known cells, the noisy target, which cells are target, and times."""
        return self.layout.inputs + self.width + len(self.layout.levels) + _TIMES

    def vectors(self, z: Tensor) -> Tensor:
        """Of values (…, F), 0 for NaN: (…, width)."""
        parts = []
        for f, levels in enumerate(self.layout.levels):
            value = z[..., f].nan_to_num()
            if levels:
                hot = torch.nn.functional.one_hot(value.long(), levels).float()
                parts.append(SCALE * (hot - 0.5))
            else:
                parts.append(value[..., None])
        return torch.cat(parts, -1)

    def values(self, x: Tensor) -> Tensor:
        """Of vectors (…, width): (…, F)."""
        parts = x.split([levels or 1 for levels in self.layout.levels], -1)
        pairs = zip(parts, self.layout.levels, strict=True)
        return torch.stack([p.argmax(-1).float() if k else p[..., 0] for p, k in pairs], -1)

    def enter(self, z: Tensor, known: Tensor, x: Tensor, target: Tensor, t: Tensor) -> Tensor:
        """Inputs of the net for values z where known, a noisy x where target, at times t (…, 1)."""
        waves = torch.pi * t * torch.arange(1, _TIMES // 2 + 1)
        times = torch.cat([waves.sin(), waves.cos()], -1)
        noisy = torch.where(target[..., self.of], x, 0.0)
        return torch.cat([self.layout.enter(z, known), noisy, target.float(), times], -1)


def run(design: Design, ask: Ask) -> Run:
    """Train, then draw. Yields after each step of training and each step of the solver."""
    knobs = FAMILY.settled(ask.knobs)
    fits, space = min(int(knobs["fits"]), ask.m), Space(Layout.of(design))
    net = Net((space.inputs, WIDTH, WIDTH, space.width), fits, ask.rng(8, 0))
    yield from _trained(net, space, design, int(knobs["steps"]), ask.rng(8, 1))
    yield from _draws(net, space, design, ask, int(knobs["calls"]))
    return Outcome()


def _trained(
    net: Net, space: Space, design: Design, steps: int, rng: Rng
) -> Generator[Progress, None, None]:
    z = torch.from_numpy(design.z).float()
    z = z[~z.isnan().all(1)]
    fits = len(net.parameters[0])
    rows, optimiser = bootstraps(len(z), fits, rng), Optimiser(net.parameters, steps, 4e-3, 0.02)
    for step in range(steps):
        at = torch.from_numpy(rng.integers(rows.shape[1], size=(fits, min(BATCH, len(z)))))
        batch = z[rows.gather(1, at)]
        seen = ~batch.isnan()
        known = shown_part(seen, rng)
        target = seen & ~known
        x1 = space.vectors(batch)
        x0 = torch.from_numpy(rng.standard_normal(tuple(x1.shape))).float()
        t = torch.from_numpy(rng.random((*x1.shape[:-1], 1))).float()
        out = net(space.enter(batch, known, (1 - t) * x0 + t * x1, target, t))
        asked = target[..., space.of]
        error = torch.where(asked, out - (x1 - x0), 0.0).square().sum((1, 2))
        optimiser.step((error / asked.sum((1, 2)).clamp_min(1)).sum())
        yield Progress(0.8 * (step + 1) / steps, "training")


@torch.no_grad()
def _draws(
    net: Net, space: Space, design: Design, ask: Ask, calls: int
) -> Generator[Progress, None, None]:
    fits = len(net.parameters[0])
    rows = np.flatnonzero(design.gaps.any(1))
    z = torch.from_numpy(design.z[rows]).float().expand(fits, -1, -1)
    target, rounds = z.isnan(), -(-ask.m // fits)
    for number in range(rounds):
        noise = ask.rng(8, 2, number).standard_normal((*z.shape[:2], space.width))
        x = torch.from_numpy(noise).float()
        for call in range(calls):
            x = _step(net, space, z, target, x, call / calls, 1 / calls)
            share = (number + (call + 1) / calls) / rounds
            yield Progress(0.8 + 0.2 * share, "draws")
        drawn = space.values(x).double().numpy()
        for fit in range(min(fits, ask.m - number * fits)):
            filled = design.z.copy()
            filled[rows] = np.where(design.gaps[rows], drawn[fit], design.z[rows])
            yield Progress(0.8 + 0.2 * (number + 1) / rounds, "draws", Drawn(filled))


def _step(
    net: Net, space: Space, z: Tensor, target: Tensor, x: Tensor, t: float, h: float
) -> Tensor:
    """One step of Heun's method of size h from time t."""

    def slope(x: Tensor, t: float) -> Tensor:
        return net(space.enter(z, ~target, x, target, torch.full((*x.shape[:-1], 1), t)))

    first = slope(x, t)
    return x + h / 2 * (first + slope(x + h * first, min(t + h, 1.0)))


def seconds(design: Design, ask: Ask) -> float:
    """About how long it takes on two slow cores."""
    knobs = FAMILY.settled(ask.knobs)
    fits, space = min(int(knobs["fits"]), ask.m), Space(Layout.of(design))
    weights = WIDTH * (space.inputs + WIDTH + space.width)
    features = len(space.layout.levels)
    batch = fits * min(BATCH, design.n)
    step = 2e-3 + 1e-4 * features + batch * (1.2e-9 * weights + 3e-7 * features)
    rows = fits * int(design.gaps.any(1).sum())
    call = 2e-3 + 2 * rows * (4e-10 * weights + 1e-7 * features)
    return float(knobs["steps"] * step + -(-ask.m // fits) * knobs["calls"] * call)


FAMILY = Family(
    name="diffusion",
    title="Diffusion (flow matching)",
    procedure=Procedure(
        Exactness.ASYMPTOTIC,
        "an ODE from noise to the gaps, given what is known",
        "Lipman et al. 2023; Tashiro et al. 2021",
    ),
    weights=lambda knobs: Weights.BOOTSTRAPPED if knobs.get("fits", 5) > 1 else Weights.FIXED,
    run=run,
    seconds=seconds,
    knobs=KNOBS,
    summary="noise is carried to the gaps of a row; all gaps of a row are drawn together",
)
