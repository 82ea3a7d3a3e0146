"""Which families have a recipe: one line each."""

from __future__ import annotations

from collections.abc import Callable

from engines.training.datasets import DataSet
from engines.training.diffusion import diffusion
from engines.training.flow import flow
from engines.training.kde import kde
from engines.training.mfa import mfa
from engines.training.recipe import Fit, Recipe
from engines.training.vae import vae

RECIPES: dict[str, Callable[[DataSet], Recipe | Fit]] = {
    "vae": vae,
    "flow": flow,
    "diffusion": diffusion,
    "kde": kde,
    "mfa": mfa,
}
