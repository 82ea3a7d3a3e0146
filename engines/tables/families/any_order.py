"""An autoregressive net over columns in any order: one masked net gives p(column | any others).

Trained on observed cells alone: a random part of a row's known cells is shown, the others of them
are what the loss asks for (Uria et al. 2014; Hoogeboom et al. 2022). Gaps are drawn column after
column in a random order, so a draw is exact for the net and that order.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from engines.model import Exactness, Knob, Procedure
from engines.tables.design import Design, Rng
from engines.tables.families.nets import FITS, Layout, Net, Optimiser, bootstraps
from engines.tables.family import Ask, Drawn, Family, Outcome, Progress, Run, Weights

WIDTH, MIXTURE, BATCH, NOISE = 64, 5, 128, 0.15
_ROWS = 4096
KNOBS = (
    FITS,
    Knob(
        "steps",
        "Steps",
        500,
        10,
        20000,
        10,
        "Steps of training, each on 128 rows; long tables want more.",
    ),
)


def run(design: Design, ask: Ask) -> Run:
    """Train, then draw. Yields after each step of training and each column drawn."""
    knobs = FAMILY.settled(ask.knobs)
    fits = min(int(knobs["fits"]), ask.m)
    layout = Layout.of(design, MIXTURE)
    net = Net((layout.inputs, WIDTH, WIDTH, layout.outputs), fits, ask.rng(4, 0))
    steps = int(knobs["steps"])
    yield from _trained(net, layout, design, steps, ask.rng(4, 1))
    yield from _draws(net, layout, design, ask)
    return Outcome()


def _trained(
    net: Net, layout: Layout, design: Design, steps: int, rng: Rng
) -> Generator[Progress, None, None]:
    z = torch.from_numpy(design.z).float()
    z = z[~z.isnan().all(1)]
    fits = len(net.parameters[0])
    rows, optimiser = bootstraps(len(z), fits, rng), Optimiser(net.parameters, steps, 4e-3, 0.02)
    scores = torch.tensor([not levels for levels in layout.levels])
    for step in range(steps):
        at = torch.from_numpy(rng.integers(rows.shape[1], size=(fits, min(BATCH, len(z)))))
        batch = z[rows.gather(1, at)]
        seen = ~batch.isnan()
        shown = shown_part(seen, rng)
        noise = NOISE * torch.from_numpy(rng.standard_normal(tuple(batch.shape))).float()
        out = net(layout.enter(torch.where(scores, batch + noise, batch), shown))
        asked = torch.where(shown, torch.nan, batch)
        count = (seen & ~shown).sum((1, 2)).clamp_min(1)
        loss = -(layout.log_p(out, asked).sum((1, 2)) / count).sum()
        optimiser.step(loss)
        yield Progress(0.8 * (step + 1) / steps, "training")


def shown_part(seen: Tensor, rng: Rng) -> Tensor:
    """A random part of the known cells: of a row's k cells 0 … k − 1, each number alike."""
    order = torch.from_numpy(rng.random(tuple(seen.shape)))
    rank = torch.where(seen, order, 2.0).argsort(-1).argsort(-1)
    count = (torch.from_numpy(rng.random(tuple(seen.shape[:-1]))) * seen.sum(-1)).floor()
    return seen & (rank < count[..., None])


def _draws(net: Net, layout: Layout, design: Design, ask: Ask) -> Generator[Progress, None, None]:
    fits = len(net.parameters[0])
    rounds = -(-ask.m // fits)
    for number in range(rounds):
        rng = ask.rng(4, 2, number)
        order = [f for f in rng.permutation(len(layout.levels)) if design.gaps[:, f].any()]
        z = torch.from_numpy(design.z).float().expand(fits, -1, -1).clone()
        for place, f in enumerate(order):
            _draw_column(net, layout, z, int(f), rng)
            yield Progress(0.8 + 0.2 * (number + (place + 1) / len(order)) / rounds, "draws")
        for fit in range(min(fits, ask.m - number * fits)):
            filled = np.where(design.gaps, z[fit].double().numpy(), design.z)
            yield Progress(0.8 + 0.2 * (number + 1) / rounds, "draws", Drawn(filled))


@torch.no_grad()
def _draw_column(net: Net, layout: Layout, z: Tensor, f: int, rng: Rng) -> None:
    """Draw the gaps of one column of z (E, n, F) given all that is known by now."""
    for rows in torch.nonzero(z[0, :, f].isnan())[:, 0].split(_ROWS):
        some = z[:, rows]
        out = net(layout.enter(some, ~some.isnan()))
        z[:, rows, f] = layout.drawn(layout.head(out, f), f, rng)


def seconds(design: Design, ask: Ask) -> float:
    """About how long it takes on two slow cores."""
    knobs = FAMILY.settled(ask.knobs)
    fits, layout = min(int(knobs["fits"]), ask.m), Layout.of(design, MIXTURE)
    weights = WIDTH * (layout.inputs + WIDTH + layout.outputs)
    features = len(layout.levels)
    step = (
        2e-3 + 6e-4 * features + fits * min(BATCH, design.n) * (1.2e-9 * weights + 4e-7 * features)
    )
    calls = features * -(-ask.m // fits)
    drawing = calls * (1e-3 + fits * design.n * 0.25 * (4e-10 * weights + 1e-7 * features))
    return float(knobs["steps"] * step + drawing)


FAMILY = Family(
    name="any-order",
    title="Any-order autoregressive",
    procedure=Procedure(
        Exactness.EXACT, "column after column in a random order", "Hoogeboom et al. 2022"
    ),
    weights=lambda knobs: Weights.BOOTSTRAPPED if knobs.get("fits", 5) > 1 else Weights.FIXED,
    run=run,
    seconds=seconds,
    knobs=KNOBS,
    summary="a net that predicts any column from any others; curved relations are learned",
)
