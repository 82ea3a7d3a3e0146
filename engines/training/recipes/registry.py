"""Which families have a recipe: one line each."""

from __future__ import annotations

from collections.abc import Callable

from engines.training.datasets import DataSet
from engines.training.recipe import Fit, Recipe
from engines.training.recipes.any_order import any_order
from engines.training.recipes.autoregressive import autoregressive
from engines.training.recipes.diffusion import diffusion
from engines.training.recipes.energy import energy
from engines.training.recipes.flow import flow
from engines.training.recipes.gan import gan
from engines.training.recipes.kde import kde
from engines.training.recipes.latent_diffusion import latent_diffusion
from engines.training.recipes.mfa import mfa
from engines.training.recipes.vae import vae

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
