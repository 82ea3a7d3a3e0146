"""A VAE's encoder and decoder with a denoiser over its latents in place of the prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from engines.families.diffusion.net import PointDenoiser
from engines.families.vae.net import PictureVAE, PointVAE


class LatentDiffusion(nn.Module):
    """`vae`: q(z | x, c) and p(x | z, c), frozen; `denoiser`: D(z; σ, c), the prior p(z | c).

    A picture VAE loses the flow that was its prior; the training on points resamples by it. The
    tables `vae` and `denoiser` hold the sizes of each; `shape` is that of pictures, `dim` that of
    points.
    """

    def __init__(
        self,
        *,
        classes: int,
        vae: Mapping[str, Any],
        denoiser: Mapping[str, Any],
        shape: Sequence[int] | None = None,
        dim: int | None = None,
    ) -> None:
        super().__init__()
        if (shape is None) == (dim is None):
            raise ValueError("give the shape of pictures or the dim of points")
        self.vae: PictureVAE | PointVAE
        if shape is None:
            self.vae = PointVAE(dim=dim or 0, classes=classes, **vae)
        else:
            self.vae = PictureVAE(shape=shape, classes=classes, **vae)
            del self.vae.prior
        self.denoiser = PointDenoiser(dim=self.vae.latent, classes=classes, **denoiser)
