"""The families: one line each, a function from a card to a model."""

from __future__ import annotations

from collections.abc import Callable

import torch

from engines import (
    any_order,
    autoregressive,
    diffusion,
    energy,
    flow,
    gan,
    kde,
    latent_diffusion,
    mfa,
    vae,
)
from engines.model import Card, Model

FAMILIES: dict[str, Callable[[Card, torch.device], Model]] = {
    "vae": vae.load,
    "autoregressive": autoregressive.load,
    "any-order": any_order.load,
    "gan": gan.load,
    "flow": flow.load,
    "diffusion": diffusion.load,
    "latent-diffusion": latent_diffusion.load,
    "energy": energy.load,
    "kde": kde.load,
    "mfa": mfa.load,
}
