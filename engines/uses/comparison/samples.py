"""How samples of a model differ from held-out data, in features (n, F): for every family.

A Fréchet distance with its bias extrapolated, precision and recall with their like, and two tests
of whether the two can be told apart at all. Each stands beside its floor: the same of data.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.model import Step
from engines.readers import features

_SHARES = (0.5, 0.625, 0.75, 0.875, 1.0)
_PERMUTATIONS, _MOST = 500, 1000
_RIDGE, _NEWTON = 1.0, 12


@dataclass(frozen=True)
class Unbiased:
    """A Fréchet distance at n examples, and extrapolated to endlessly many."""

    at_n: float
    at_infinity: float
    examples: int


@dataclass(frozen=True)
class TwoSample:
    """A statistic and the p-value of what it would be if samples and data were of one law."""

    statistic: float
    p: float


@dataclass(frozen=True)
class Quality:
    """Samples against data: `floor` has the same figures of data against other data."""

    frechet: Unbiased
    frechet_floor: Unbiased
    shares: Mapping[str, float]
    shares_floor: Mapping[str, float]
    mmd: TwoSample
    told_apart: TwoSample
    """Accuracy of a classifier of samples and data on those it was not fitted to; 0.5 is chance."""
    samples: int


def quality(
    fake: Tensor, real: Tensor, other: Tensor, seed: int = 0
) -> Generator[Step, None, Quality]:
    """Samples against as many held-out examples, and those against as many others; (n, F) each.

    Raises ValueError for fewer than 20 of each.
    """
    n = min(len(fake), len(real), len(other))
    if n < 20:
        raise ValueError(f"a comparison of samples needs at least 20 of them, got {n}")
    fake, real, other = (each[:n].double() for each in (fake, real, other))
    total = 6
    yield Step(0, total)
    distance = extrapolated(fake, real, seed)
    yield Step(1, total)
    floor = extrapolated(other, real, seed)
    yield Step(2, total)
    shares = _shares(real, fake)
    yield Step(3, total)
    shares_floor = _shares(real, other)
    yield Step(4, total)
    mmd = mmd_test(fake, real, seed)
    yield Step(5, total)
    apart = classifier_test(fake, real, seed)
    yield Step(total, total)
    return Quality(distance, floor, shares, shares_floor, mmd, apart, n)


def extrapolated(fake: Tensor, real: Tensor, seed: int = 0) -> Unbiased:
    """The distance as a line in 1/n, read at 0: Chong & Forsyth 2020, section 3.

    Both sets have the same n at each point of the line, so that the bias of both goes.
    """
    n = len(fake)
    g = torch.Generator().manual_seed(seed)
    a, b = fake[torch.randperm(n, generator=g)], real[torch.randperm(len(real), generator=g)]
    sizes = sorted({max(2, int(share * n)) for share in _SHARES})
    values = torch.tensor([features.frechet(a[:m], b[:m]) for m in sizes], dtype=torch.float64)
    line = torch.stack([torch.ones(len(sizes)), 1 / torch.tensor(sizes)], 1).double()
    fit = torch.linalg.lstsq(line, values[:, None]).solution[:, 0]
    return Unbiased(float(values[-1]), float(fit[0]), n)


def _shares(real: Tensor, fake: Tensor) -> Mapping[str, float]:
    found = features.compared(real, fake)
    return {name: found[name] for name in ("precision", "recall", "density", "coverage")}


def mmd_test(a: Tensor, b: Tensor, seed: int = 0) -> TwoSample:
    """Unbiased MMD² with a Gaussian kernel of the median distance, and its permutation p-value.

    Gretton et al. 2012, "A kernel two-sample test", equation 3 and section 5, on at most 1,000 of
    each.
    """
    a, b = a[:_MOST].double(), b[:_MOST].double()
    m, both = len(a), torch.cat([a[:_MOST], b[:_MOST]])
    gaps = torch.cdist(both, both)
    upper = gaps[torch.triu_indices(len(both), len(both), 1).unbind()]
    width = upper.median().clamp_min(1e-12)
    kernel = (-(gaps**2) / (2 * width**2)).exp()
    kernel.fill_diagonal_(0)
    g = torch.Generator().manual_seed(seed)
    orders = [torch.arange(len(both))]
    orders += [torch.randperm(len(both), generator=g) for _ in range(_PERMUTATIONS)]
    first = torch.zeros(len(orders), len(both), dtype=torch.float64)
    for row, order in enumerate(orders):
        first[row, order[:m]] = 1
    second, k = 1 - first, len(both) - m
    of_first, of_second = first @ kernel, second @ kernel
    values = (
        (of_first * first).sum(1) / (m * (m - 1))
        + (of_second * second).sum(1) / (k * (k - 1))
        - 2 * (of_first * second).sum(1) / (m * k)
    )
    # the order as it is counts among the permutations, and rounding must not part equal values
    as_large = int((values >= values[0] - 1e-12).sum())
    return TwoSample(float(values[0]), as_large / len(orders))


def classifier_test(a: Tensor, b: Tensor, seed: int = 0) -> TwoSample:
    """Accuracy of a logistic regression fitted to one half, on the other half; p by the binomial.

    Lopez-Paz & Oquab 2017, "Revisiting classifier two-sample tests", section 3. One split and not
    folds: what folds get right hangs together, and a binomial p would be too small.
    """
    x = torch.cat([a, b]).double()
    y = torch.cat([torch.ones(len(a)), torch.zeros(len(b))]).double()
    x = (x - x.mean(0)) / x.std(0).clamp_min(1e-9)
    x = torch.cat([x, torch.ones(len(x), 1, dtype=torch.float64)], 1)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    fit, held = order.chunk(2)
    w = _logistic(x[fit], y[fit])
    n, right = len(held), int(((x[held] @ w > 0) == (y[held] > 0.5)).sum())
    z = (right - 0.5 - n / 2) / math.sqrt(n / 4)
    return TwoSample(right / n, 0.5 * math.erfc(z / math.sqrt(2)))


def _logistic(x: Tensor, y: Tensor) -> Tensor:
    """Weights (F,) of a ridge logistic regression by Newton's method; the last is the bias."""
    w = torch.zeros(x.shape[1], dtype=torch.float64)
    ridge = torch.full_like(w, _RIDGE)
    ridge[-1] = 1e-6
    for _ in range(_NEWTON):
        p = torch.sigmoid(x @ w)
        slope = x.T @ (p - y) + ridge * w
        curve = (x.T * (p * (1 - p)).clamp_min(1e-6)) @ x + ridge.diag()
        w = w - torch.linalg.solve(curve, slope)
    return w
