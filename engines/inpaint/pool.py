"""Where chains start: a pool of the model's own draws, chosen from by how well they fit."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engines.inpaint.method import Hole
from engines.model import NOTHING, Run, SampleRequest, finish, own_knobs
from engines.noise import choose

SHARED = 2**32 - 1
"""The stream of a seed for what all its draws share."""
_COUNTED = 16.0


def flattened(log_weight: Tensor) -> Tensor:
    """Log-weights (n,) summing to 1, raised to a power ≤ 1 at which at least 16 count.

    What counts is the effective number 1 / Σ w² (Kong et al. 1994). Chains that start apart show
    whether they meet. Returns float64.
    """
    log_w, power = log_weight.double().nan_to_num(nan=-torch.inf), 1.0
    limit = math.log(min(_COUNTED, 0.5 * len(log_w)))
    while True:
        scaled = (power * log_w.clamp_min(-1e30)).log_softmax(0)
        if -torch.logsumexp(2 * scaled, 0) >= limit:
            return scaled
        power *= 0.8


def drawn(hole: Hole, size: int) -> Run:
    """The model's own first `size` draws of this seed, of the class asked for."""
    classes, knobs = len(hole.model.labels), own_knobs(hole.model.knobs)
    label = hole.label if hole.label < classes else None
    given = NOTHING if classes else hole.given
    return hole.model.sample(SampleRequest(size, hole.seed, label, knobs, given=given))


def nearest(hole: Hole, size: int, u: Tensor) -> tuple[Tensor, Tensor]:
    """A start (count, *shape) from the model's first `size` draws of this seed, and all of these.

    Draws count by e^(−gap² / 2) with the gap of their known values in small units; u (count,) is
    uniform.
    """
    x = finish(drawn(hole, size))
    spread = x.std(0).mean().clamp_min(1e-6) / 30
    gap = ((x - hole.picture) / spread * hole.known).flatten(1).square().sum(1)
    pick = choose(flattened(-gap / 2), u)
    return x[pick], x
