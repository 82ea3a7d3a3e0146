"""Models whose mathematics is known exactly: those that the evidence is measured on."""

from engines.training.oracles import (
    AT,
    MEANS,
    SPREADS,
    WEIGHTS,
    card_of,
    line_mixture,
    linear_vae,
    mixture_diffusion,
    mixture_energy,
)

__all__ = [
    "AT",
    "MEANS",
    "SPREADS",
    "WEIGHTS",
    "card_of",
    "line_mixture",
    "linear_vae",
    "mixture_diffusion",
    "mixture_energy",
]
