"""A foreign network as the denoiser D(y; σ, c) that all computations of diffusion models see."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from engines.families.diffusion.net import SIGMA_DATA, Denoiser
from engines.outside.drawing.levels import Levels
from engines.outside.drawing.networks import Network


class ForeignDenoiser(Denoiser):
    """D of data z = y / `unit`, given flat (n, K) or in their `shape`; `guidance` as in `Network`.

    `unit` brings the data's standard deviation to that of the denoisers trained here.
    """

    unit: float = 1.0

    def __init__(
        self,
        network: Network,
        levels: Levels,
        *,
        shape: tuple[int, int, int],
        steps: int,
        guidance: float = 1.0,
    ) -> None:
        super().__init__(nn.Identity(), axes=1, classes=network.classes, steps=steps)
        self.network, self.levels, self.shape, self.guidance = network, levels, shape, guidance
        self.span = (levels.span[0] * self.unit, levels.span[1] * self.unit)

    def forward(self, y: Tensor, sigma: Tensor, labels: Tensor) -> Tensor:
        z, s = y.view(-1, *self.shape) / self.unit, sigma / self.unit
        x, t = self.levels.enter(z, s)
        out = self.network.bind(labels, self.guidance)(x, t)[:, : self.network.channels]
        return (self.levels.clean(out, z, s) * self.unit).view_as(y)

    def guided(self, guidance: float) -> ForeignDenoiser:
        """The same with another guidance."""
        return type(self)(
            self.network, self.levels, shape=self.shape, steps=self.steps, guidance=guidance
        )


class ForeignPictures(ForeignDenoiser):
    """Pictures: trained in [-1, 1], where their standard deviation is about SIGMA_DATA."""

    def enter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        dims = math.prod(x.shape[1:])
        return 2 * x - 1, x.new_full((len(x),), dims * math.log(2))

    def leave(self, y: Tensor) -> Tensor:
        return ((y + 1) / 2).clamp(0, 1)


class ForeignLatents(ForeignDenoiser):
    """Latents (n, K), which pipelines scale to a standard deviation of 1."""

    unit = SIGMA_DATA

    def enter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        dims = math.prod(x.shape[1:])
        return x * self.unit, x.new_full((len(x),), dims * math.log(self.unit))

    def leave(self, y: Tensor) -> Tensor:
        return y / self.unit


def no_labels(n: int, device: torch.device) -> Tensor:
    """Class indices for a network without classes."""
    return torch.zeros(n, dtype=torch.int64, device=device)
