"""Replacement (Song et al. 2021): the known part, noised, is put in place at every step."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from engines.inpaint.denoising import (
    Scene,
    Turn,
    Walk,
    ancestral,
    descending,
    is_diffusion,
    steps_knob,
)
from engines.inpaint.method import Method, filling
from engines.model import Exactness, Knobs, Model, Procedure, settle

KNOBS = (steps_knob(30, "A sample costs N calls; more do not make it more exact."),)


def walk(scene: Scene) -> Walk:
    """Song et al. 2021, appendix I.2, with the ancestral sampler."""
    sigmas = [*scene.levels(int(scene.hole.knobs["steps"])), 0.0]
    observed = scene.observe()
    y = sigmas[0] * scene.noise()
    for now, then in pairwise(sigmas):
        clean = scene.denoise(y, now)
        y = replaced(scene, y, clean, observed, now, then)
        yield Turn(clean)
    return y


def replaced(
    scene: Scene, y: Tensor, clean: Tensor, observed: Tensor, now: float, then: float
) -> Tensor:
    """One step down: y_then with its known part drawn from q(y_then,o | y_o)."""
    noise = scene.noise()
    below = ancestral(y, clean, noise, now, then)
    return torch.where(scene.known, observed + then * noise, below)


def _procedure(model: Model, knobs: Knobs) -> Procedure:
    n = int(settle(KNOBS, knobs)["steps"])
    method = f"replacement, {n} steps: the known part influences the hole too late"
    return Procedure(Exactness.HEURISTIC, method, "Song et al. 2021, appendix I.2")


REPLACEMENT = Method(
    name="replacement",
    title="Replacement",
    says=(
        "The known part, with noise of the right level, is put in place at every step; fast, "
        "but the hole is filled as if the surroundings had noise of their own."
    ),
    fits=is_diffusion,
    procedure=_procedure,
    run=filling(descending(walk, lambda hole: int(hole.knobs["steps"])), KNOBS),
    knobs=KNOBS,
)
