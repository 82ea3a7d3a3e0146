"""Fitting mixtures of factor analysers, class by class: k-means, then expectation maximisation.

EM of Ghahramani & Hinton 1996, section 3, with the parameter expansion of Liu, Rubin & Wu 1998
(PX-EM): the factors get a free mean and covariance, which stops the crawl of plain EM along Λ.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from engines.nets.mfa import FactorAnalysers
from engines.training.datasets import DataSet, Split
from engines.training.recipe import Fit

_PICTURES = {"components": 5, "factors": 12}
_SIZES = (1, 4, 16, 32)
_HELD_OUT = 0.1
_STARVED = 1e-3


def mfa(data: DataSet) -> Fit:
    """Class-wise mixtures; for points their size by held-out likelihood."""
    if data.train.x.dim() == 4:
        return Fit(lambda: _pictures(data), "class-wise EM (PX-EM) from k-means, uniform dequantisation, normal scores")
    return Fit(lambda: _points(data), "class-wise EM (PX-EM) from k-means, size by held-out likelihood")


def em_step(mixture: FactorAnalysers, x: Tensor, floor: Tensor) -> tuple[FactorAnalysers, float]:
    """One update on x (n, D) with Ψ ≥ floor (D,); also the mean log p(x) before it.

    The weighted regression of x on [z, 1] gives Λ and μ, the rest of the variance Ψ. A component
    that explains next to nothing stays as it is. log p never falls.
    """
    log_joint = mixture.log_components(x)
    before = torch.logsumexp(log_joint, 1).mean().item()
    r = log_joint.softmax(1)
    n_j = r.sum(0)
    fed = n_j > _STARVED
    z, cov = mixture.factors(x)
    share = r / n_j.clamp_min(_STARVED)  # (n, M), each column sums to 1
    nu = torch.einsum("nm,nmk->mk", share, z)
    z = z - nu
    gamma = torch.einsum("nmk,nml->mkl", share[:, :, None] * z, z) + cov
    mean = share.T @ x
    cross = ((share[:, :, None] * z).flatten(1).T @ x).view(*z.shape[1:], -1).mT  # (M, D, K)
    slope = torch.linalg.solve(gamma, cross.mT).mT
    centred = share.T @ x.square() - mean.square()
    noise = (centred - (slope * cross).sum(2)).clamp_min(floor)
    loading = slope @ torch.linalg.cholesky(gamma)
    keep = fed[:, None]
    return FactorAnalysers(
        torch.where(keep, mean, mixture.mean),
        torch.where(keep[:, :, None], loading, mixture.loading),
        torch.where(keep, noise, mixture.noise),
        n_j.clamp_min(1e-12).log(), mixture.labels,
    ), before  # fmt: skip
