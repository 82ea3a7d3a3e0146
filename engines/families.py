"""The families: one line each, a function from a card to a model."""

from __future__ import annotations

from collections.abc import Callable

import torch

from engines import diffusion, flow, kde, mfa, vae
from engines.model import Card, Model

FAMILIES: dict[str, Callable[[Card, torch.device], Model]] = {
    "vae": vae.load,
    "flow": flow.load,
    "diffusion": diffusion.load,
    "kde": kde.load,
    "mfa": mfa.load,
}
