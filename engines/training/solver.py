"""`python -m engines.training solver mnist/diffusion`: bits per dimension by the density's solver.

Figures of 10,000 pictures take hours along an ODE. One that was measured by Heun's method is moved
to the solver of today's density by pairs: both go from the same draws in the cells with the same
probe all the way, so that their difference is that of the solvers alone and is known far better
than either value: the second level of a two-level Monte Carlo estimate (Giles 2008).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.checkpoints.catalog import ROOT, CheckpointError
from engines.families.diffusion.model import Diffusion
from engines.families.diffusion.net import SIGMA_DATA
from engines.families.diffusion.picture_mass import STEPS
from engines.model import Model, finish
from engines.noise import streams_of
from engines.opening import find, open_model
from engines.training.cards import write_card
from engines.training.datasets import load

HEUN_STEPS = 24
"""Of the figures that were measured before the density had another solver."""
_FIGURE = "bits_per_dim"
_ROWS = 16


def write(arguments: list[str]) -> None:
    """Move the figure in the card of a diffusion of pictures."""
    parser = argparse.ArgumentParser(prog="python -m engines.training solver")
    parser.add_argument("name", help="data set and family, such as mnist/diffusion")
    parser.add_argument("--count", type=int, default=64, help="test pictures for both solvers")
    options = parser.parse_args(arguments)
    print(moved(options.name, options.count), flush=True)


def moved(name: str, count: int, root: Path = ROOT) -> Mapping[str, Any]:
    """The new figure, which is written into the card.

    Raises CheckpointError where the card has no figure by Heun's method, or the model no ODE.
    """
    model = open_model(name, root=root)
    figure = model.card.figures.get(_FIGURE, {})
    before = figure.get("before", figure)
    if f"Heun, {HEUN_STEPS} steps" not in before.get("method", ""):
        raise CheckpointError(f"{name} has no figure by {HEUN_STEPS} steps of Heun's method")
    gap = difference(model, load(model.card.data).test.x[:count])
    found = with_shift(before, -gap / (math.log(2) * math.prod(model.card.shape)))
    card = find(name, root)
    write_card(replace(card, figures={**card.figures, _FIGURE: found}))
    return found


def with_shift(before: Mapping[str, Any], shift: Tensor) -> dict[str, Any]:
    """A figure moved by the mean of paired differences (n,), with the error of both together."""
    mean, error = shift.mean().item(), shift.std().item() / math.sqrt(len(shift))
    method = (
        f"{before['method']}; moved by the difference to Runge–Kutta 4, {int(STEPS.default)} "
        f"steps, on {len(shift)} pictures with the same draws"
    )
    return {
        **before,
        "value": round(before["value"] + mean, 5),
        "stderr": round(math.hypot(before["stderr"], error), 5),
        "meaning": "bound",
        "method": method,
        "shift": round(mean, 5),
        "shift_stderr": round(error, 5),
        "shift_examples": len(shift),
        "before": dict(before),
    }


def difference(model: Model, x: Tensor) -> Tensor:
    """log p by Runge and Kutta less that by Heun's method: nats (n,) of pictures in [-1, 1].

    Raises CheckpointError for a model without a probability-flow ODE.
    """
    flow = model.denoise
    if not isinstance(flow, Diffusion):
        raise CheckpointError(f"{model.card.name} has no probability-flow ODE")
    found = []
    for part in x.split(_ROWS):
        noise = streams_of(part)
        u = (((part + 1) * 127.5).round() + noise.uniform(*part.shape[1:])) / 256
        found.append(_of_both(flow, u, (noise.uniform(*part.shape[1:]) - 0.5).sign()))
        print(f"{model.card.name}: {sum(map(len, found))} of {len(x)} pictures", flush=True)
    return torch.cat(found)


def _of_both(flow: Diffusion, u: Tensor, probe: Tensor) -> Tensor:
    labels = torch.full((len(u),), len(flow.card.labels), device=flow.device)
    e = probe.to(flow.device)

    def drift(w: Tensor, sigma: float) -> tuple[Tensor, Tensor, Tensor]:
        with torch.enable_grad():
            w = w.detach().requires_grad_()
            f = flow.f(w, sigma, labels)
            (slope,) = torch.autograd.grad(f, w, e)
        divergence = (slope * e).double().flatten(1).sum(1).cpu()
        return f.detach(), divergence, torch.zeros_like(divergence)

    def slopes(w: Tensor, phi: float, whole: bool) -> tuple[Tensor, Tensor]:
        sigma = SIGMA_DATA * math.tan(phi)
        if not whole:
            return flow.f(w, sigma, labels), w.new_zeros(len(w))
        f, divergence, _ = drift(w, sigma)
        return f, divergence.to(w.device)

    fine, _ = finish(flow.climbed(u, slopes, int(STEPS.default)))
    coarse, _ = finish(flow.unrolled(u, drift, HEUN_STEPS))
    return fine - coarse
