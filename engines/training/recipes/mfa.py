"""Fitting mixtures of factor analysers, class by class: k-means, then expectation maximisation.

EM of Ghahramani & Hinton 1996, section 3, with the parameter expansion of Liu, Rubin & Wu 1998
(PX-EM): the factors get a free mean and covariance, which stops the crawl of plain EM along Λ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from engines.families.mfa.net import FactorAnalysers, NormalScores
from engines.training.datasets import DataSet
from engines.training.recipe import Fit

Fitted = tuple[dict[str, Any], dict[str, Tensor]]

_COMPONENTS, _FACTORS, _FLOOR = 5, 12, 0.05
_SIZES = (1, 4, 16, 32)
_POINT_FLOOR = 0.01
_HELD_OUT, _SOME, _MOST = 10, 8, 50_000
_STARVED = 1e-3


def mfa(data: DataSet) -> Fit:
    """The recipe for pictures or points, by the shape of the data."""
    if data.train.x.dim() == 4:
        text = "EM class by class (PX-EM) from k-means, on normal scores, uniform dequantisation"
        return Fit(lambda: _pictures(data), text)
    text = "EM class by class (PX-EM) from k-means, number of components by held-out likelihood"
    return Fit(lambda: _points(data), text)


def _pictures(data: DataSet) -> Fitted:
    levels = ((data.train.x + 1) * 127.5).round().long().flatten(1)
    scores = NormalScores.of(levels)
    floor = torch.full((levels.shape[1],), _FLOOR, dtype=torch.float64)
    mixtures = []
    for label in range(max(1, len(data.labels))):
        own = levels[data.train.labels == label]
        x, _ = scores.encode(own, torch.rand(own.shape))
        start = k_means(x, _COMPONENTS, _FACTORS, floor)
        mixtures.append(expectation_maximisation(start, x, floor, steps=30, least=0.1)[0])
        print(f"class {label}: {mixtures[-1].log_density(x).mean().item():.2f} nats", flush=True)
    tensors = _together(mixtures, data) | {"marginals": scores.marginals}
    return {"components": _COMPONENTS, "factors": _FACTORS}, tensors


def _points(data: DataSet) -> Fitted:
    """One factor and a diagonal make any covariance in the plane."""
    mixtures = []
    for label in range(max(1, len(data.labels))):
        x = data.train.x[data.train.labels == label][:_MOST].double()
        kept = torch.arange(len(x)) % _HELD_OUT > 0
        floor = (_POINT_FLOOR * x.std(0)).square()
        best, reached = _fit_points(x[kept], x[~kept], floor)
        mixtures.append(best)
        size = len(best.log_weight)
        print(f"class {label}: {size} components, {reached:.4f} nats held out", flush=True)
    sizes = [len(mixture.log_weight) for mixture in mixtures]
    return {"components": sizes, "factors": 1}, _together(mixtures, data)


def _fit_points(x: Tensor, held_out: Tensor, floor: Tensor) -> tuple[FactorAnalysers, float]:
    """The mixture whose size does best on the held-out points, and its log p there."""
    tried = []
    for size in _SIZES:
        start = k_means(x, size, 1, floor)
        rough, _ = expectation_maximisation(start, x[::_SOME], floor, steps=150, least=2e-5)
        mixture, _ = expectation_maximisation(rough, x, floor, steps=30, least=1e-5)
        tried.append((mixture, mixture.log_density(held_out).mean().item()))
    return max(tried, key=lambda pair: pair[1])


def expectation_maximisation(
    mixture: FactorAnalysers, x: Tensor, floor: Tensor, *, steps: int, least: float
) -> tuple[FactorAnalysers, list[float]]:
    """At most `steps` updates, until one gains less than `least` nats; log p before each."""
    reached: list[float] = []
    for _ in range(steps):
        mixture, before = em_step(mixture, x, floor)
        reached.append(before)
        if len(reached) > 1 and reached[-1] - reached[-2] < least:
            break
    return mixture, reached


def em_step(mixture: FactorAnalysers, x: Tensor, floor: Tensor) -> tuple[FactorAnalysers, float]:
    """One update on x (n, D) with Ψ ≥ floor (D,); also the mean log p(x) before it.

    The weighted regression of x on [z, 1] gives Λ and μ, what is left of the variance Ψ. A
    component that explains next to nothing stays as it is. log p never falls.
    """
    log_joint = mixture.log_components(x)
    r = log_joint.softmax(1)
    n_j = r.sum(0)
    share = r / n_j.clamp_min(_STARVED)  # each column sums to 1
    z, covariance = mixture.factors(x)
    z = z - torch.einsum("nm,nmk->mk", share, z)
    weighted = share[:, :, None] * z
    gamma = torch.einsum("nmk,nml->mkl", weighted, z) + covariance
    cross = torch.einsum("nmk,nd->mkd", weighted, x)
    slope = torch.linalg.solve(gamma, cross)
    mean = share.T @ x
    spread = share.T @ x.square() - mean.square()
    noise = (spread - (slope * cross).sum(1)).maximum(floor)
    loading = slope.mT @ torch.linalg.cholesky(gamma)
    fed = (n_j > _STARVED)[:, None]
    better = FactorAnalysers(
        mean.where(fed, mixture.mean),
        loading.where(fed[:, :, None], mixture.loading),
        noise.where(fed, mixture.noise),
        n_j.clamp_min(1e-300).log(),
        mixture.labels,
    )
    return better, torch.logsumexp(log_joint, 1).mean().item()


def k_means(x: Tensor, components: int, factors: int, floor: Tensor) -> FactorAnalysers:
    """A start: centres after a few rounds of Lloyd 1982, random loadings, half the variance."""
    centre = x[torch.randperm(len(x))[:components]]
    for _ in range(10):
        nearest = torch.cdist(x, centre).argmin(1)
        members = torch.nn.functional.one_hot(nearest, components).to(x.dtype)
        count = members.sum(0)[:, None]
        centre = torch.where(count > 0, members.T @ x / count.clamp_min(1), centre)
    within = (x - centre[nearest]).square().mean(0).maximum(floor)
    direction = torch.randn(components, x.shape[1], factors, dtype=x.dtype)
    loading = direction * (0.5 * within / factors).sqrt()[:, None]
    noise = (0.5 * within).maximum(floor).expand(components, -1)
    return FactorAnalysers(
        centre, loading, noise, torch.zeros(components), torch.zeros(components).long()
    )


def _together(mixtures: Sequence[FactorAnalysers], data: DataSet) -> dict[str, Tensor]:
    """The mixtures of the classes as one, weighted by how often each class occurs."""
    parts: dict[str, list[Tensor]] = {}
    for label, mixture in enumerate(mixtures):
        own = (data.train.labels == label).double().mean().log()
        tensors = mixture.tensors()
        tensors["log_weight"] = (mixture.log_weight + own).float()
        tensors["labels"] = torch.full_like(mixture.labels, label)
        for name, tensor in tensors.items():
            parts.setdefault(name, []).append(tensor)
    return {name: torch.cat(tensors) for name, tensors in parts.items()}
