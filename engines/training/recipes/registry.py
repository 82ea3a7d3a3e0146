"""Which families have a recipe: one line each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from engines.training.datasets import DataSet
from engines.training.recipe import NO_OPTIONS, Fit, Options, Recipe
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

Maker: TypeAlias = Callable[[DataSet, Options], Recipe | Fit]
RECIPES: dict[str, Maker] = {
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


def recipe_of(family: str, data: DataSet, options: Options = NO_OPTIONS) -> Recipe | Fit:
    """The recipe of a family on examples, with options in place of its own values.

    Raises ValueError for a family that has none, and for an option that it does not know.
    """
    if family not in RECIPES:
        raise ValueError(f"no recipe for '{family}'; there are: {', '.join(RECIPES)}")
    found = RECIPES[family](data, options)
    if unknown := sorted(options.keys() - found.options.keys()):
        known = ", ".join(found.options)
        raise ValueError(f"{family} has no option '{unknown[0]}'; it has: {known}")
    return found
