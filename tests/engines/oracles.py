"""Models whose mathematics is known exactly, with the interface of the networks."""

import math

import torch
from torch import nn

from engines.diffusion import of_denoiser
from engines.model import Card
from engines.nets.diffusion import SIGMA_DATA, Denoiser
from engines.nets.mfa import FactorAnalysers

AT = 0.3
"""Where the mixture is conditioned: x1 = 0.3."""
WEIGHTS = torch.tensor([0.04, 0.10, 0.47, 0.39], dtype=torch.float64)
MEANS = torch.tensor([0.12, 2.2, 3.1, -2.5], dtype=torch.float64)
"""p(x2 | x1 = 0.3), beside SPREADS."""
SPREADS = torch.tensor([0.40, 0.35, 0.30, 0.50], dtype=torch.float64)
_CENTRES = torch.tensor([-1.5, 2.0, 0.8, -0.6], dtype=torch.float64)
_WIDTHS = torch.tensor([0.9, 0.8, 0.7, 1.1], dtype=torch.float64)
_SLOPES = torch.tensor([0.9, -1.2, 1.5, -0.8], dtype=torch.float64)


def line_mixture():
    """Four correlated components in the plane, such that p(x2 | x1 = 0.3) is the mixture above.

    Component k is x1 ~ N(centre, width²), x2 = mean + slope (x1 − 0.3) + N(0, spread²), and its
    weight is what leaves WEIGHTS after conditioning: ∝ WEIGHTS / N(0.3; centre, width²).
    """
    log_seen = -0.5 * ((AT - _CENTRES) / _WIDTHS).square() - _WIDTHS.log()
    mean = torch.stack([_CENTRES, MEANS + _SLOPES * (_CENTRES - AT)], 1)
    # the factor is x1; a hair of its variance is noise, which must be positive
    share = 1 - 1e-6
    loading = torch.stack([_WIDTHS * math.sqrt(share), _SLOPES * _WIDTHS / math.sqrt(share)], 1)
    lost = (_SLOPES * _WIDTHS).square() * (1 / share - 1)
    noise = torch.stack([_WIDTHS.square() * (1 - share), SPREADS.square() - lost], 1)
    labels = torch.zeros(4, dtype=torch.int64)
    return FactorAnalysers(mean, loading[:, :, None], noise, WEIGHTS.log() - log_seen, labels)


class MixtureDenoiser(Denoiser):
    """The exact E[y_0 | y_σ] of a mixture, in coordinates of standard deviation σ_data.

    The formula of FactorAnalysers.denoise, for few dimensions in float32: tests need it often.
    """

    def __init__(self, mixture, steps=24):
        dim = mixture.mean.shape[1]
        super().__init__(nn.Identity(), axes=dim, classes=0, steps=steps)
        weight, mean = mixture.log_weight.exp(), mixture.mean
        covariance = mixture.loading @ mixture.loading.mT + mixture.noise.diag_embed()
        centre = weight @ mean
        spread = weight @ (covariance.diagonal(dim1=1, dim2=2) + (mean - centre).square())
        scale = spread.mean().sqrt() / SIGMA_DATA
        self.mean.copy_(centre)
        self.scale.fill_(scale.item())
        self.log_weight, self.centres = mixture.log_weight, (mean - centre) / scale
        self.covariance = covariance / scale**2

    def forward(self, y, sigma, labels):
        s = float(sigma[0])
        noised = self.covariance + s**2 * torch.eye(y.shape[1], dtype=torch.float64)
        precision = torch.linalg.inv(noised)
        pull = torch.einsum("kij,kj->ki", precision, self.centres)
        constant = self.log_weight - 0.5 * torch.logdet(noised)
        constant = constant - 0.5 * (pull * self.centres).sum(1)
        # Σ_k⁻¹ (μ_k − y) for every part k: (n, M, D)
        slopes = pull.to(y) - torch.einsum("kij,nj->nki", precision.to(y), y)
        log_parts = constant.to(y) + 0.5 * torch.einsum("ni,nki->nk", y, slopes + pull.to(y))
        return y + s**2 * torch.einsum("nk,nki->ni", log_parts.softmax(1), slopes)

    def enter(self, x):
        return (x - self.mean) / self.scale, -self.scale.log().sum().expand(len(x))

    def leave(self, y):
        return y * self.scale + self.mean


def card_of(dim, tmp="."):
    """A card of points (dim,) for a model that is no checkpoint."""
    from pathlib import Path

    return Card(
        folder=Path(tmp), name="oracle/diffusion", family="diffusion", data="oracle",
        shape=(dim,), labels=(), weights="", sha256="", parameters=0, seed=0, recipe="",
        licence="",
    )  # fmt: skip


def mixture_diffusion(mixture):
    """A diffusion model whose denoiser is exact."""
    return of_denoiser(
        card_of(mixture.mean.shape[1]), MixtureDenoiser(mixture), torch.device("cpu")
    )
