"""Fitting mixtures of factor analysers, class by class: k-means, then expectation maximisation.

EM of Ghahramani & Hinton 1996, section 3, with the parameter expansion of Liu, Rubin & Wu 1998
(PX-EM): the factors get a free mean and covariance, which stops the crawl of plain EM along Λ.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from engines.families.mfa.net import FactorAnalysers, NormalScores
from engines.training.datasets import DataSet
from engines.training.loop import Stage, Stages
from engines.training.randomness import normal, shuffled, uniform
from engines.training.recipe import NO_OPTIONS, Fit, Options, chosen

Fitted = tuple[dict[str, Any], dict[str, Tensor]]

_FACTORS, _FLOOR = 12, 0.05
_SIZES = (1, 4, 16, 32)
_POINT_FLOOR = 0.01
_HELD_OUT, _SOME, _MOST = 10, 8, 50_000
_FEW, _MANY = 50, 4_000
_STARVED, _LEAST = 1e-3, 1e-12


def mfa(data: DataSet, options: Options = NO_OPTIONS) -> Fit:
    """The recipe for pictures or points, by the shape of the data.

    The option `components` of points is their number a class; without it, held-out points decide.
    """
    if data.train.x.dim() == 4:
        own = chosen({"components": 5}, options)
        text = "EM class by class (PX-EM) from k-means, on normal scores, uniform dequantisation"
        return Fit(lambda g: _pictures(data, own["components"], g), text, own)
    own = chosen({"components": 1}, options) if "components" in options else {"components": None}
    text = "EM class by class (PX-EM) from k-means, number of components by held-out likelihood"
    if own["components"]:
        text = f"EM class by class (PX-EM) from k-means, {own['components']} components"
    return Fit(lambda g: _points(data, own["components"], g), text, own)


def _pictures(data: DataSet, components: int, g: torch.Generator) -> Stages:
    levels = ((data.train.x + 1) * 127.5).round().long().flatten(1)
    scores = NormalScores.of(levels)
    floor = torch.full((levels.shape[1],), _FLOOR, dtype=torch.float64)
    mixtures: list[FactorAnalysers] = []
    for label in range(max(1, len(data.labels))):
        own = levels[data.train.labels == label]
        x, _ = scores.encode(own, uniform(g, *own.shape))
        factors = min(_FACTORS, levels.shape[1])
        mixture = k_means(x, components, factors, floor, g)
        for better, reached in updates(mixture, x, floor, steps=30, least=0.1):
            mixture = better
            yield Stage({"class": label, "log p": reached})
        mixtures.append(mixture)
    tensors = _together(mixtures, data) | {"marginals": scores.marginals}
    return {"components": components, "factors": min(_FACTORS, levels.shape[1])}, tensors


def _points(data: DataSet, components: int | None, g: torch.Generator) -> Stages:
    """One factor and a diagonal make any covariance in the plane.

    The classes take turns, an update each, so that there is a mixture of all from early on.
    """
    sizes = (components,) if components else _SIZES
    fits = []
    for label in range(max(1, len(data.labels))):
        x = data.train.x[data.train.labels == label][:_MOST].double()
        if not len(x):
            raise ValueError(f"there is no point of the class '{data.labels[label]}'")
        spread = x.std(0, correction=min(1, len(x) - 1))
        floor = (_POINT_FLOOR * spread).square().clamp_min(_LEAST)
        fits.append(_fit_points(x, floor, sizes, g))
    now: list[FactorAnalysers | None] = [None] * len(fits)
    going = set(range(len(fits)))
    while going:
        for label in sorted(going):
            try:
                now[label], reached = next(fits[label])
            except StopIteration as end:
                now[label] = end.value
                going.discard(label)
                continue
            parts = [mixture for mixture in now if mixture is not None]
            whole = _of_points(parts, data) if len(parts) == len(now) else (None, None)
            yield Stage({"class": label, "log p": reached}, *whole)
    return _of_points([mixture for mixture in now if mixture is not None], data)


def _of_points(mixtures: Sequence[FactorAnalysers], data: DataSet) -> Fitted:
    sizes = [len(mixture.log_weight) for mixture in mixtures]
    return {"components": sizes, "factors": 1}, _together(mixtures, data)


Updates: TypeAlias = "Generator[tuple[FactorAnalysers, float], None, FactorAnalysers]"
"""Yields after each update the mixture and log p before it, returns the mixture chosen."""


def _fit_points(x: Tensor, floor: Tensor, sizes: Sequence[int], g: torch.Generator) -> Updates:
    """The mixture whose size does best on held-out points (n, D), where there is a choice."""
    if len(x) < _FEW:
        sizes = sizes[:1]
    kept = (torch.arange(len(x)) % _HELD_OUT > 0) | (len(sizes) == 1)
    own, held_out = x[kept], x[~kept]
    many = len(own) >= _MANY
    tried: list[tuple[FactorAnalysers, float]] = []
    for size in sizes:
        mixture = k_means(own, min(size, len(own)), 1, floor, g)
        if many:  # first roughly, on some of them
            for better, reached in updates(mixture, own[::_SOME], floor, steps=150, least=2e-5):
                mixture = better
                yield mixture, reached
        for better, reached in updates(mixture, own, floor, steps=30 if many else 150, least=1e-5):
            mixture = better
            yield mixture, reached
        value = mixture.log_density(held_out).mean().item() if len(held_out) else 0.0
        tried.append((mixture, value))
    return max(tried, key=lambda pair: pair[1])[0]


def updates(
    mixture: FactorAnalysers, x: Tensor, floor: Tensor, *, steps: int, least: float
) -> Iterator[tuple[FactorAnalysers, float]]:
    """At most `steps` updates, until one gains less than `least` nats; log p before each."""
    last = -math.inf
    for _ in range(steps):
        mixture, before = em_step(mixture, x, floor)
        yield mixture, before
        if before - last < least:
            return
        last = before


def expectation_maximisation(
    mixture: FactorAnalysers, x: Tensor, floor: Tensor, *, steps: int, least: float
) -> tuple[FactorAnalysers, list[float]]:
    """All of `updates`: the last mixture, and log p before each."""
    reached: list[float] = []
    for better, before in updates(mixture, x, floor, steps=steps, least=least):
        mixture = better
        reached.append(before)
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


def k_means(
    x: Tensor, components: int, factors: int, floor: Tensor, g: torch.Generator
) -> FactorAnalysers:
    """A start: centres after a few rounds of Lloyd 1982, random loadings, half the variance."""
    centre = x[shuffled(g, len(x))[:components]]
    for _ in range(10):
        nearest = torch.cdist(x, centre).argmin(1)
        members = torch.nn.functional.one_hot(nearest, components).to(x.dtype)
        count = members.sum(0)[:, None]
        centre = torch.where(count > 0, members.T @ x / count.clamp_min(1), centre)
    within = (x - centre[nearest]).square().mean(0).maximum(floor)
    direction = normal(g, components, x.shape[1], factors).to(x)
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
