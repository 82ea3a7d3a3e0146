"""The small networks of the learners, and what a person may choose of each family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engines.training.recipe import Options

SMALL: Mapping[str, Options] = {
    "vae": {"hidden": 32, "transforms": 1, "batch": 64, "samples": 4},
    "gan": {
        "hidden": 48,
        "layers": 2,
        "critic_hidden": 48,
        "critic_layers": 2,
        "places": 32,
        "penalty": 0.2,
        "haste": 2.0,
        "batch": 256,
    },
    "autoregressive": {
        "components": 16,
        "hidden": 48,
        "layers": 2,
        "features": 32,
        "batch": 128,
    },
    "any-order": {"components": 16, "hidden": 48, "layers": 2, "features": 32, "batch": 128},
    "flow": {"transforms": 2, "bins": 8, "hidden": [64, 64], "batch": 128},
    "diffusion": {"hidden": 64, "layers": 3, "places": 48, "batch": 256},
    "energy": {
        "objective": "likelihood",
        "hidden": 64,
        "layers": 2,
        "places": 48,
        "batch": 256,
        "nodes": 512,
    },
    "mfa": {"components": 8},
    "kde": {},
}
"""What is smaller than in the recipes that ship, so that a step takes milliseconds."""
OBJECTIVES: Mapping[str, Options] = {
    "likelihood": {},
    "contrast": {"noises": 4},
    "chains": {"chains": 256, "chain_steps": 10, "chain_size": 0.005},
}
"""What the objectives of an energy bring with them; "nodes" belongs to the likelihood alone."""
STEPS: Mapping[str, int] = {
    "vae": 1_800,
    "gan": 3_000,
    "autoregressive": 6_500,
    "any-order": 6_500,
    "flow": 3_500,
    "diffusion": 6_000,
    "energy": 2_000,
}
"""How long each trains where nobody says: less than a minute of one core.

What it comes to on moons, 10,000 points, is in docs/learn.md: a gap to the truth of 0.015 nats for
the autoregressive family, 0.018 for the flow, 0.011 for diffusion, 0.058 (a bound) for the VAE in
24 to 49 s of a busy core. tests/engines/learning/test_evidence.py asks for all of it.
"""


@dataclass(frozen=True)
class Control:
    """One value that a person may choose: between `low` and `high`, whole or not.

    `live`: it may be changed between two steps; else the learner begins anew with it.
    """

    name: str
    title: str
    low: float
    high: float
    whole: bool
    live: bool
    about: str


def _rate(high: float = 0.1) -> Control:
    return Control("rate", "Learning rate", 1e-5, high, False, True, "The peak of Adam's steps.")


_BATCH = Control("batch", "Batch", 8, 2048, True, True, "Points that a step sees.")
_WIDTH = Control("hidden", "Width", 4, 256, True, False, "Units in each hidden layer.")
_DEPTH = Control("layers", "Depth", 1, 6, True, False, "Hidden layers.")
_PLACES = Control(
    "places", "Place features", 1, 128, True, False, "Random cosines through which places are seen."
)
_COMPONENTS = Control(
    "components", "Components", 1, 64, True, False, "Normal distributions in the mixture."
)
CONTROLS: Mapping[str, tuple[Control, ...]] = {
    "vae": (
        _rate(),
        Control("kl", "KL weight", 0, 100, False, True, "Weighs the KL divergence; 1: the ELBO."),
        Control("samples", "Importance samples", 1, 32, True, True, "1: ELBO; more: IWAE."),
        Control("latent", "Latents", 1, 8, True, False, "Dimensions of z."),
        _WIDTH,
        _BATCH,
    ),
    "gan": (
        _rate(),
        Control("penalty", "Penalty γ", 0, 1, False, True, "Weighs R1 and R2; 0: no penalty."),
        Control("haste", "Haste of the critic", 0.1, 20, False, True, "Its rate over that of G."),
        Control("pairs", "Pairs", 1, 16, True, True, "Made points that each real one is set to."),
        Control("critic_steps", "Critic steps", 1, 20, True, True, "Updates of D a step."),
        Control("generator_steps", "Generator steps", 1, 20, True, True, "Updates of G a step."),
        Control("latent", "Latents", 1, 16, True, False, "Dimensions of the noise z."),
        _WIDTH,
        _DEPTH,
        Control("critic_hidden", "Width of the critic", 4, 256, True, False, "Units a layer."),
        Control("critic_layers", "Depth of the critic", 1, 6, True, False, "Hidden layers."),
        _PLACES,
        _BATCH,
    ),
    "autoregressive": (_rate(), _COMPONENTS, _WIDTH, _DEPTH, _BATCH),
    "any-order": (_rate(), _COMPONENTS, _WIDTH, _DEPTH, _BATCH),
    "flow": (
        _rate(),
        Control("transforms", "Depth", 1, 8, True, False, "Spline transforms, one upon another."),
        Control("bins", "Bins", 2, 32, True, False, "Pieces of each spline."),
        _WIDTH,
        _BATCH,
    ),
    "diffusion": (
        _rate(),
        Control("level", "Mean of ln σ", -5, 3, False, True, "Where noise levels are drawn."),
        Control("level_spread", "Spread of ln σ", 0, 4, False, True, "How far they spread."),
        _WIDTH,
        _DEPTH,
        _PLACES,
        _BATCH,
    ),
    "energy": (
        _rate(),
        Control("nodes", "Nodes", 32, 8192, True, True, "Draws that estimate log Z a step."),
        Control("noises", "Noise a point", 1, 32, True, True, "Draws told from each point."),
        Control("chains", "Chains", 8, 2048, True, False, "Persistent chains."),
        Control("chain_steps", "Chain steps", 1, 100, True, True, "MALA moves a step."),
        Control("chain_size", "Chain step size ε", 1e-4, 10, False, True, "Size of a move."),
        _WIDTH,
        _DEPTH,
        _PLACES,
        _BATCH,
    ),
    "mfa": (replace(_COMPONENTS, live=True),),
    "kde": (Control("bandwidth", "Bandwidth", 0.005, 2, False, True, "In standard deviations."),),
}
"""What a person may choose. Those of an energy exist with its objective alone."""


def expanded(family: str, options: Options) -> dict[str, Any]:
    """The options of a small learner: the family's own with those given in their place.

    A width given as one number holds for each hidden layer of a flow.
    """
    own = dict(SMALL.get(family, {}))
    if family == "energy" and options.get("objective", own["objective"]) != "likelihood":
        own.pop("nodes")
        own.update(OBJECTIVES.get(options["objective"], {}))
    found = {**own, **options}
    hidden = found.get("hidden")
    if family == "flow" and isinstance(hidden, int | float) and not isinstance(hidden, bool):
        found["hidden"] = [hidden] * len(SMALL["flow"]["hidden"])
    return found
