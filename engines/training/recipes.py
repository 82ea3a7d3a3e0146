"""Which families have a recipe: one line each."""

from __future__ import annotations

from collections.abc import Callable

from engines.training.any_order import any_order
from engines.training.autoregressive import autoregressive
from engines.training.datasets import DataSet
from engines.training.diffusion import diffusion
from engines.training.energy import energy
from engines.training.flow import flow
from engines.training.gan import gan
from engines.training.kde import kde
from engines.training.latent_diffusion import latent_diffusion
from engines.training.mfa import mfa
from engines.training.recipe import Fit, Recipe
from engines.training.vae import vae

RECIPES: dict[str, Callable[[DataSet], Recipe | Fit]] = {
    "vae": vae,
    "gan": gan,
    "autoregressive": autoregressive,
    "any-order": any_order,
    "flow": flow,
    "diffusion": diffusion,
    "latent-diffusion": latent_diffusion,
    "energy": energy,
    "kde": kde,
    "mfa": mfa,
}
