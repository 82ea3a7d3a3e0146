"""A VAE trained on tables with gaps by the importance-weighted bound of what was observed.

MIWAE (Mattei & Frellsen 2019): log p(x_o) ≥ E log (1/K) Σ p(x_o | z) p(z) / q(z | x_o). Gaps are
drawn by sampling importance resampling: many z from q(z | x_o), one of them by its weight, then
x_m from the decoder. Exact as the number of proposals grows; the effective number is said.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engines.model import Exactness, Knob, Procedure
from engines.tables.design import Design, Rng
from engines.tables.families.nets import FITS, Layout, Net, Optimiser, bootstraps
from engines.tables.family import Ask, Drawn, Family, Outcome, Progress, Run, Weights

WIDTH, BATCH, TRAINED_BY = 32, 64, 10
MOST_LATENTS, LEAST_ESS = 8, 50.0
_CELLS = 1 << 21
KNOBS = (
    FITS,
    Knob("steps", "Steps", 700, 10, 20000, 10, "Steps of training, each on 64 rows."),
    Knob("latents", "Latents", 3, 1, MOST_LATENTS, 1, "Dimensions of the latent code."),
    Knob(
        "proposals",
        "Proposals",
        1000,
        50,
        20000,
        50,
        "Codes tried for each row with gaps; the draws choose among them by weight.",
    ),
)


@dataclass(frozen=True, eq=False)
class Autoencoder:
    """E encoders (inputs) to (2 latents) and decoders (latents) to heads."""

    encoder: Net
    decoder: Net
    layout: Layout
    latents: int

    def posterior(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation (E, n, d) of q(code | z_o) for rows with gaps as NaN."""
        mean, raw = self.encoder(self.layout.enter(z, ~z.isnan())).split(self.latents, -1)
        return mean, torch.nn.functional.softplus(raw + 0.5) + 1e-3

    def weighed(self, z: Tensor, count: int, rng: Rng) -> tuple[Tensor, Tensor, Tensor]:
        """Codes from q, decoder outputs and log-weights (E, n, count, …) for rows (E, n, F)."""
        mean, sd = self.posterior(z)
        noise = torch.from_numpy(rng.standard_normal((*mean.shape[:2], count, self.latents)))
        code = mean[:, :, None] + sd[:, :, None] * noise.float()
        out = self.decoder(code.flatten(1, 2)).unflatten(1, (mean.shape[1], count))
        log_q = (-0.5 * noise.float().square() - sd[:, :, None].log()).sum(-1)
        log_prior = -0.5 * code.square().sum(-1)
        log_x = self.layout.log_p(out, z[:, :, None]).sum(-1)
        return code, out, log_x + log_prior - log_q


def run(design: Design, ask: Ask) -> Run:
    """Train, then draw. Yields after each step of training and each chunk of rows."""
    knobs = FAMILY.settled(ask.knobs)
    fits, latents = min(int(knobs["fits"]), ask.m), int(knobs["latents"])
    layout, rng = Layout.of(design), ask.rng(5, 0)
    encoder = Net((layout.inputs, WIDTH, WIDTH, 2 * latents), fits, rng)
    decoder = Net((latents, WIDTH, WIDTH, layout.outputs), fits, rng)
    net = Autoencoder(encoder, decoder, layout, latents)
    yield from _trained(net, design, int(knobs["steps"]), ask.rng(5, 1))
    ess = yield from _draws(net, design, ask, int(knobs["proposals"]))
    note = f"effective number of proposals {ess:.0f} of {knobs['proposals']:.0f} (lowest tenth)"
    return Outcome(notes=(note if ess >= LEAST_ESS else f"{note}: raise Proposals",))


def _trained(
    net: Autoencoder, design: Design, steps: int, rng: Rng
) -> Generator[Progress, None, None]:
    z = torch.from_numpy(design.z).float()
    z = z[~z.isnan().all(1)]
    parameters = [*net.encoder.parameters, *net.decoder.parameters]
    fits = len(parameters[0])
    rows, optimiser = bootstraps(len(z), fits, rng), Optimiser(parameters, steps, 5e-3, 0.01)
    for step in range(steps):
        at = torch.from_numpy(rng.integers(rows.shape[1], size=(fits, min(BATCH, len(z)))))
        _, _, log_w = net.weighed(z[rows.gather(1, at)], TRAINED_BY, rng)
        bound = log_w.logsumexp(-1) - math.log(TRAINED_BY)
        optimiser.step(-bound.mean(1).sum())
        yield Progress(0.8 * (step + 1) / steps, "training")


@torch.no_grad()
def _draws(
    net: Autoencoder, design: Design, ask: Ask, proposals: int
) -> Generator[Progress, None, float]:
    fits = len(net.encoder.parameters[0])
    rows = np.flatnonzero(design.gaps.any(1))
    each = -(-ask.m // fits)
    filled = np.empty((each, fits, len(rows), design.z.shape[1]))
    chunk, ess = max(1, _CELLS // (fits * proposals * net.layout.outputs)), []
    for start in range(0, len(rows), chunk):
        some, rng = rows[start : start + chunk], ask.rng(5, 2, start)
        z = torch.from_numpy(design.z[some]).float().expand(fits, -1, -1)
        _, out, log_w = net.weighed(z, proposals, rng)
        weight = log_w.softmax(-1)
        ess.append((1 / weight.square().sum(-1)).flatten().numpy())
        for i in range(each):
            filled[i, :, start : start + len(some)] = _resampled(net, z, out, weight, rng)
        yield Progress(0.8 + 0.15 * (start + len(some)) / len(rows), "draws")
    for i in range(ask.m):
        z_i = design.z.copy()
        z_i[rows] = np.where(design.gaps[rows], filled[i // fits, i % fits], design.z[rows])
        yield Progress(0.95 + 0.05 * (i + 1) / ask.m, "draws", Drawn(z_i))
    return float(np.quantile(np.concatenate(ess), 0.1))


def _resampled(net: Autoencoder, z: Tensor, out: Tensor, weight: Tensor, rng: Rng) -> Tensor:
    """Rows (E, n, F) of one proposal each, chosen by its weight."""
    u = torch.from_numpy(rng.random(tuple(weight.shape[:-1]))).float()[..., None]
    total = weight.cumsum(-1)
    at = torch.searchsorted(total, u * total[..., -1:]).clamp(max=weight.shape[-1] - 1)
    head = out.gather(2, at[..., None].expand(-1, -1, -1, out.shape[-1]))[:, :, 0]
    features = range(len(net.layout.levels))
    drawn = [net.layout.drawn(net.layout.head(head, f), f, rng) for f in features]
    return torch.where(z.isnan(), torch.stack(drawn, -1), z)


def seconds(design: Design, ask: Ask) -> float:
    """About how long it takes on two slow cores."""
    knobs = FAMILY.settled(ask.knobs)
    fits, layout = min(int(knobs["fits"]), ask.m), Layout.of(design)
    weights = WIDTH * (WIDTH + layout.outputs)
    decoded = fits * min(BATCH, design.n) * TRAINED_BY
    step = 3e-3 + decoded * (1.5e-9 * weights + 3e-7 * len(layout.levels))
    rows = int(design.gaps.any(1).sum())
    drawing = fits * rows * knobs["proposals"] * (4e-10 * weights + 4e-8 * len(layout.levels))
    return float(knobs["steps"] * step + drawing + 1e-6 * ask.m * design.z.size)


FAMILY = Family(
    name="vae",
    title="VAE (MIWAE)",
    procedure=Procedure(
        Exactness.ASYMPTOTIC,
        "sampling importance resampling in the latent space",
        "Mattei & Frellsen 2019",
    ),
    weights=lambda knobs: Weights.BOOTSTRAPPED if knobs.get("fits", 5) > 1 else Weights.FIXED,
    run=run,
    seconds=seconds,
    knobs=KNOBS,
    summary="a row is explained by a few hidden numbers; trained on what was observed alone",
)
