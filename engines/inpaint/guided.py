"""Guidance by what is known: DPS (Chung et al. 2023) and ΠGDM (Song et al. 2023).

Both steer one state by the slope of a likelihood of the known part, and nothing weighs the error.
"""

from __future__ import annotations

from itertools import pairwise

import torch

from engines.inpaint.denoising import (
    Scene,
    Turn,
    Walk,
    ancestral,
    descending,
    is_diffusion,
    steps_knob,
)
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.twist import scalar
from engines.model import Exactness, Knob, Knobs, Model, Procedure, settle

GUIDED_KNOBS = (steps_knob(30, "A sample costs N calls, each with a derivative."),)
ZETA = Knob(
    "zeta",
    "Step size ζ",
    0.05,
    0.01,
    1.0,
    0.01,
    (
        "How far each step follows −∇ ‖x_o − D_o‖, against that distance. Large steps "
        "overshoot, small ones neglect the known part."
    ),
)
DPS_KNOBS = (steps_knob(100, "A sample costs N calls, each with a derivative."), ZETA)


def guided(scene: Scene) -> Walk:
    """Down the levels towards D + σ² ∇ log N(y_o; D_o, r²): Song et al. 2023, algorithm 1."""
    twist = scalar(scene)
    sigmas = [*scene.levels(_steps(scene.hole)), 0.0]
    y = sigmas[0] * scene.noise()
    for now, then in pairwise(sigmas):
        clean = twist(y, now).steered(now)
        y = ancestral(y, clean, scene.noise(), now, then)
        yield Turn(clean)
    return y


def posterior_sampling(scene: Scene) -> Walk:
    """Chung et al. 2023, algorithm 1: y' − ζ ∇ ‖y_o − D_o‖² / ‖y_o − D_o‖ after every step."""
    known, observed = scene.known, scene.observe()
    sigmas = [*scene.levels(_steps(scene.hole)), 0.0]
    y = sigmas[0] * scene.noise()
    for now, then in pairwise(sigmas):
        with torch.enable_grad():
            y = y.detach().requires_grad_()
            clean = scene.denoise(y, now)
            gap = (observed - clean)[:, known]
            (slope,) = torch.autograd.grad(gap.square().sum(), y)
        distance = gap.norm(dim=1).clamp_min(1e-12).view(-1, *[1] * (y.dim() - 1))
        down = ancestral(y, clean, scene.noise(), now, then).detach()
        y = down - scene.hole.knobs["zeta"] * slope / distance
        yield Turn(clean.detach())
    return y


def _steps(hole: Hole) -> int:
    return int(hole.knobs["steps"])


def _guided_procedure(model: Model, knobs: Knobs) -> Procedure:
    steps = int(settle(GUIDED_KNOBS, knobs)["steps"])
    method = f"ΠGDM with scaled slopes, {steps} steps, ancestral"
    return Procedure(Exactness.HEURISTIC, method, "Song et al. 2023 (ΠGDM), algorithm 1")


def _dps_procedure(model: Model, knobs: Knobs) -> Procedure:
    settled = settle(DPS_KNOBS, knobs)
    method = f"DPS, {int(settled['steps'])} steps, ζ = {settled['zeta']:g}"
    return Procedure(Exactness.HEURISTIC, method, "Chung et al. 2023, algorithm 1")


GUIDED = Method(
    name="guided",
    title="ΠGDM",
    says=(
        "One particle is guided by how well its denoised estimate fits the known part; quick "
        "and often good, but the probabilities of different answers come out wrong."
    ),
    fits=is_diffusion,
    procedure=_guided_procedure,
    run=filling(descending(guided, _steps), GUIDED_KNOBS),
    knobs=GUIDED_KNOBS,
)
DPS = Method(
    name="dps",
    title="DPS",
    says=(
        "As ΠGDM, but guided by the plain distance to the known part, with a step size to be "
        "chosen by hand."
    ),
    fits=is_diffusion,
    procedure=_dps_procedure,
    run=filling(descending(posterior_sampling, _steps), DPS_KNOBS),
    knobs=DPS_KNOBS,
)
