"""Recipes of latent diffusion: a denoiser in the latents of the data set's committed VAE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from engines.checkpoints import weights
from engines.checkpoints.catalog import ROOT, CheckpointError
from engines.families.latent_diffusion.net import LatentDiffusion
from engines.families.vae.model import propose
from engines.families.vae.net import PictureVAE, PointVAE
from engines.model import Card
from engines.opening import find
from engines.training.budgets import steps
from engines.training.datasets import DataSet
from engines.training.descent import Descent
from engines.training.randomness import drawn_from, normal, shuffled
from engines.training.recipe import NO_OPTIONS, Options, Recipe, chosen
from engines.training.recipes.diffusion import denoising_loss

_PICTURE_LEVELS = (-1.2, 1.2)
_POINT_LEVELS = (-1.5, 1.4)
_DRAWS = 8
"""Latents drawn of each picture: the encoder costs as much as a step of the denoiser."""
_PROPOSALS = 32
_TEXT = "EDM preconditioning and weights in the latents, Adam with cosine rate, EMA"


def latent_diffusion(data: DataSet, options: Options = NO_OPTIONS) -> Recipe:
    """The recipe for pictures or points; raises CheckpointError while the data set has no VAE."""
    if not (ROOT / data.name / "vae.toml").exists():
        raise CheckpointError(
            f"{data.name}/latent-diffusion stands on {data.name}/vae, which is missing: "
            f"first run `python -m engines.training {data.name}/vae`"
        )
    return recipe(data, find(f"{data.name}/vae"), options)


def recipe(data: DataSet, built_on: Card, options: Options = NO_OPTIONS) -> Recipe:
    """The recipe in the latents of a VAE."""
    pictures = data.train.x.dim() == 4
    place, classes = ("shape" if pictures else "dim"), len(data.labels)
    sizes = {key: size for key, size in built_on.net.items() if key not in (place, "classes")}
    denoiser = chosen(
        {"hidden": 384, "layers": 4, "features": 32}
        if pictures
        else {"hidden": 64, "layers": 3, "features": 32, "places": 32},
        options,
    )
    own = chosen(
        {"rate": 1e-3, "batch": 128} if pictures else {"rate": 2e-3, "batch": 512}, options
    )
    net = {
        place: built_on.net[place],
        "classes": classes,
        "vae": sizes,
        "denoiser": {**denoiser, "steps": 18},
    }

    def trainer(g: torch.Generator) -> Descent:
        model = _untrained(net, built_on, data, g)
        return _InLatents(model, generator=g, rate=own["rate"], pictures=pictures)

    how = "z ~ q(z | x)" if pictures else f"z ~ p(z | x), resampled from {_PROPOSALS} draws of q"
    return Recipe(
        net=net,
        trainer=trainer,
        text=f"in the latents of {built_on.name}, {how}; {_TEXT}",
        batch=own["batch"],
        steps=steps("latent-diffusion", data.name, pictures=pictures),
        label_dropout=0.2 if pictures else 0.5,
        options={**denoiser, **own},
        training={"vae": built_on.name, "vae_sha256": built_on.sha256},
    )


def _untrained(
    net: Mapping[str, Any], built_on: Card, data: DataSet, g: torch.Generator
) -> LatentDiffusion:
    """The VAE as committed, frozen, and a denoiser standardised to its latents."""
    with drawn_from(g):
        model = LatentDiffusion(**net)
    tensors = weights.load(built_on)
    model.vae.load_state_dict({name: tensors[name] for name in model.vae.state_dict()})
    model.vae.requires_grad_(False)
    x, labels = data.train.x[:2000], data.train.labels[:2000]
    draw = of_encoder if data.train.x.dim() == 4 else of_posterior
    model.denoiser.standardise(draw(model.vae, x, labels, g))
    return model


class _InLatents(Descent):
    """Trains the denoiser of a `LatentDiffusion` whose VAE stays what the card names."""

    def __init__(
        self, net: LatentDiffusion, *, generator: torch.Generator, rate: float, pictures: bool
    ) -> None:
        loss = _picture_loss if pictures else _point_loss
        super().__init__(net, loss, generator=generator, rate=rate, averaging=0.99)

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        self._same_vae(weights)
        super().adopt(weights)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._same_vae(state["net"])
        super().load_state_dict(state)

    def _same_vae(self, weights: Mapping[str, Tensor]) -> None:
        own = self.net.state_dict()
        if not all(
            torch.equal(own[name], weights[name].to(own[name]))
            for name in own
            if name[:4] == "vae."
        ):
            raise CheckpointError("the VAE has been trained anew since: start without --resume")


def _picture_loss(
    net: LatentDiffusion, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
) -> Tensor:
    """The prior of highest bound is the mixture of all q(z | x) (Hoffman & Johnson 2016)."""
    with torch.no_grad():
        mean, log_sd = net.vae.posterior(x, labels)
        z = (mean + log_sd.exp() * normal(g, _DRAWS, *mean.shape)).flatten(0, 1)
    labels = labels.repeat(_DRAWS)
    mixed = shuffled(g, len(z))  # the noise levels are dealt along the batch
    return denoising_loss(net.denoiser, z[mixed], labels[mixed], _PICTURE_LEVELS, g)


def _point_loss(
    net: LatentDiffusion, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
) -> Tensor:
    """The prior of highest likelihood next to the VAE's own is the mixture of all p(z | x).

    That is one step of expectation-maximisation in p(z) (Dempster et al. 1977), so p(x) cannot
    become worse; q itself, trained by IWAE, is far from p(z | x).
    """
    z = of_posterior(net.vae, x, labels, g)
    return denoising_loss(net.denoiser, z, labels, _POINT_LEVELS, g)


@torch.no_grad()
def of_encoder(vae: PictureVAE | PointVAE, x: Tensor, labels: Tensor, g: torch.Generator) -> Tensor:
    """One z ~ q(z | x, c) of each x: (n, …) -> (n, K)."""
    mean, log_sd = vae.posterior(x, labels)
    return mean + log_sd.exp() * normal(g, *mean.shape)


@torch.no_grad()
def of_posterior(
    vae: PictureVAE | PointVAE, x: Tensor, labels: Tensor, g: torch.Generator
) -> Tensor:
    """One z of each x, resampled from draws of q by p(x, z | c) / q: nearly p(z | x, c)."""
    z, log_ratio = propose(vae, x, labels, normal(g, len(x), _PROPOSALS, vae.latent))
    log_w = log_ratio + vae.log_prior(z, labels.repeat_interleave(_PROPOSALS))
    pick = torch.multinomial(log_w.view(len(x), -1).softmax(1), 1, generator=g)[:, 0]
    return z.view(len(x), _PROPOSALS, -1)[torch.arange(len(x), device=z.device), pick]
