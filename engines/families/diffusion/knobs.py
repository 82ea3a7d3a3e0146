"""What can be set when a diffusion draws or integrates, and how its samples are drawn then."""

from __future__ import annotations

from engines.drawing import tempered
from engines.model import Exactness, Knob, Knobs, Procedure

HEUN, ANCESTRAL = 0.0, 1.0
SAMPLER = Knob(
    "sampler",
    "Sampler",
    ANCESTRAL,
    HEUN,
    ANCESTRAL,
    1,
    "With N steps the probability-flow ODE costs 2N − 1 network calls and needs few of them. The "
    "reverse diffusion costs N and needs more, but its fresh noise forgets the network's errors. "
    "For a learned score both end at different distributions (Song et al. 2021): log p(x) is that "
    "of the ODE.",
    choices=("probability-flow ODE, Heun", "reverse diffusion, ancestral"),
)

_SOLVER_STEPS = 48

PLANE_STEPS = Knob(
    "steps",
    "Solver steps",
    34,
    4,
    512,
    1,
    "Number N of steps along the probability-flow ODE, 5N + 1 network calls, 2N + 1 of them with "
    "derivatives. With 34 the density of a Gaussian mixture is right to 0.001 nats.",
)


def sampler_steps(default: int) -> Knob:
    return Knob(
        "steps",
        "Steps",
        default,
        2,
        100,
        1,
        "Number N of noise levels. With Heun's method a sample costs 2N − 1 network calls. "
        "More steps come closer to the model's distribution.",
    )


def solver_steps() -> Knob:
    return Knob(
        "steps",
        "Solver steps",
        _SOLVER_STEPS,
        8,
        512,
        1,
        "Number N of steps along the probability-flow ODE, 2N network calls with their "
        "derivatives. More come closer to the model's log p(x).",
    )


def procedure_of(knobs: Knobs) -> Procedure:
    steps = int(knobs["steps"])
    method, source = (
        f"probability-flow ODE, Heun, {steps} steps",
        "Karras et al. 2022; Lu & Song 2024",
    )
    if knobs.get("sampler", HEUN) == ANCESTRAL:
        method = f"reverse diffusion, ancestral, {steps} steps; log p(x) is that of the ODE"
        source = "Ho et al. 2020"
    return tempered(Procedure(Exactness.ASYMPTOTIC, method, source), knobs)
