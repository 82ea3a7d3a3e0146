"""A mixture of factor analysers with a table of levels for each component, by EM with gaps.

p(z) = Σ_k π_k N(scores; μ_k, W_k W_kᵀ + Ψ_k) Π_j p_kj(level) (Ghahramani & Hinton 1996; Murphy
2023, section 28.4.1). The E step takes expectations over what is missing; p(x_m | x_o) is a mixture
in closed form. The number of components is chosen by BIC. For each imputation EM goes on from there
with a Bayesian bootstrap's weights, so the draws know that the parameters are uncertain.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from engines.model import Exactness, Knob, Procedure
from engines.tables.data import Floats
from engines.tables.design import Design, Rng
from engines.tables.family import Ask, Drawn, Family, Outcome, Progress, Run, Weights
from engines.tables.gaussian import Conditional, Patterns, conditional, fill

COMPONENTS = (1, 2, 3, 4, 6, 8, 10)
_ITERATIONS, _AGAIN, _STARTS, _PER_COMPONENT = 40, 8, 2, 15
_PRIOR, _FREEDOM, _COUNT = 0.1, 2.0, 1.0
"""Variance and weight of what is assumed of a component's spread; weight of a column's shares."""
MOST_SCORES = 100
KNOBS = (
    Knob("components", "Components", 0, 0, 30, 1, "How many; 0 chooses by BIC."),
    Knob("factors", "Factors", 3, 1, 20, 1, "Common factors of the scores of a component."),
    Knob(
        "bootstrap",
        "Parameters",
        1,
        0,
        1,
        1,
        "Fit anew with drawn weights of the rows for each imputation, or use one fit for all.",
        choices=("fixed", "bootstrapped"),
    ),
)


@dataclass(frozen=True, eq=False)
class Data:
    """Scores (n, S) with their patterns of gaps, and levels one by one (n, L_j), 0 for a gap."""

    scores: Floats
    patterns: Patterns
    levels: tuple[Floats, ...]
    shares: tuple[Floats, ...]

    @staticmethod
    def of(design: Design) -> Data:
        scores = design.z[:, design.scores]
        levels = []
        for f in design.categories:
            code = design.z[:, f]
            levels.append((code[:, None] == np.arange(design.features[f].levels)).astype(float))
        shares = tuple(each.sum(0) / each.sum() for each in levels)
        return Data(scores, Patterns.of_gaps(np.isnan(scores)), tuple(levels), shares)


@dataclass(frozen=True, eq=False)
class Mixture:
    """log π (K,), means (K, S), covariances (K, S, S), and shares (K, L_j) of each category."""

    log_weight: Floats
    mean: Floats
    covariance: Floats
    levels: tuple[Floats, ...]


@dataclass(frozen=True, eq=False)
class Expected:
    """Of each row and component: log p(x_o, k) (K, n), E[z | x_o] (K, n, S), and conditionals."""

    log_joint: Floats
    filled: Floats
    found: Conditional

    @property
    def log_p(self) -> Floats:
        """log p(x_o) of each row (n,)."""
        total: Floats = np.logaddexp.reduce(self.log_joint, 0)
        return total


def expect(mixture: Mixture, data: Data) -> Expected:
    """The E step."""
    precision = np.asarray(np.linalg.inv(mixture.covariance), np.float64)
    found = conditional(precision, data.patterns)
    k, (n, s) = len(mixture.mean), data.scores.shape
    filled = np.broadcast_to(np.nan_to_num(data.scores), (k, n, s)).copy()
    fill(filled, mixture.mean, found, data.patterns, None)
    apart = filled - mixture.mean[:, None]
    square = np.einsum("kni,kij,knj->kn", apart, precision, apart, optimize=True)
    diagonal = np.diagonal(found.spread, axis1=-2, axis2=-1)
    log_det = -2 * np.log(np.where(data.patterns.missing, diagonal, 1.0)).sum(-1)
    known = (~data.patterns.missing).sum(1)
    log_det = np.linalg.slogdet(mixture.covariance)[1][:, None] + log_det
    log_p = mixture.log_weight[:, None] - 0.5 * square
    log_p -= 0.5 * (log_det + known * math.log(2 * math.pi))[:, data.patterns.of]
    for shares, each in zip(mixture.levels, data.levels, strict=True):
        log_p = log_p + np.log(shares) @ each.T
    return Expected(log_p, filled, found)


def maximise(expected: Expected, data: Data, weight: Floats, factors: int) -> Mixture:
    """The M step for rows of these weights, with a little that keeps components from collapsing."""
    share = np.exp(expected.log_joint - expected.log_p) * weight
    total = share.sum(1)
    mean = np.einsum("kn,kns->ks", share, expected.filled) / (total[:, None] + _COUNT)
    apart = expected.filled - mean[:, None]
    scatter = np.einsum("kn,kni,knj->kij", share, apart, apart, optimize=True)
    by_pattern = np.zeros((len(share), len(data.patterns.missing)))
    np.add.at(by_pattern.T, data.patterns.of, share.T)
    spread = expected.found.spread
    scatter += np.einsum("ku,kuij,kulj->kil", by_pattern, spread, spread, optimize=True)
    s = data.scores.shape[1]
    scatter += _PRIOR * _FREEDOM * np.eye(s)
    covariance = scatter / (total + _FREEDOM)[:, None, None]
    if s > factors + 1:
        covariance = analysed(covariance, factors)
    levels = tuple(
        (share @ each + _COUNT * shares) / ((share @ each).sum(1, keepdims=True) + _COUNT)
        for each, shares in zip(data.levels, data.shares, strict=True)
    )
    return Mixture(np.log((total + 1e-3) / (total + 1e-3).sum()), mean, covariance, levels)


def analysed(covariance: Floats, factors: int) -> Floats:
    """The nearest W Wᵀ + Ψ to covariances (K, S, S) in likelihood, by EM from principal factors."""
    value, vector = np.linalg.eigh(covariance)
    noise = 0.5 * np.diagonal(covariance, axis1=1, axis2=2)
    w = vector[..., -factors:] * np.sqrt(value[:, None, -factors:].clip(1e-6))
    eye = np.eye(covariance.shape[-1])
    for _ in range(10):
        model = w @ np.swapaxes(w, 1, 2) + noise[:, :, None] * eye
        beta = np.swapaxes(np.linalg.solve(model, w), 1, 2)
        second = np.eye(factors) - beta @ w + beta @ covariance @ np.swapaxes(beta, 1, 2)
        w = np.swapaxes(np.linalg.solve(second, beta @ covariance), 1, 2)
        left = covariance - w @ beta @ covariance
        noise = np.diagonal(left, axis1=1, axis2=2).clip(1e-4)
    found: Floats = w @ np.swapaxes(w, 1, 2) + noise[:, :, None] * eye
    return found


def started(data: Data, count: int, rng: Rng) -> Mixture:
    """Components around rows far from each other (Arthur & Vassilvitskii 2007)."""
    n, s = data.scores.shape
    flat = np.concatenate([np.nan_to_num(data.scores), *data.levels], 1)
    centres = [int(rng.integers(n))]
    for _ in range(count - 1):
        apart = np.square(flat[:, None] - flat[centres]).sum(2).min(1)
        chance = apart / apart.sum() if apart.any() else None
        centres.append(int(rng.choice(n, p=chance)))
    near = np.exp(-np.square(flat[:, None] - flat[centres]).sum(2)).T + 1e-6
    near /= near.sum(0)
    levels = tuple(
        (near @ each + shares) / ((near @ each).sum(1, keepdims=True) + 1)
        for each, shares in zip(data.levels, data.shares, strict=True)
    )
    mean = near @ flat[:, :s] / near.sum(1, keepdims=True)
    covariance = np.broadcast_to(0.5 * np.eye(s), (count, s, s)).copy()
    return Mixture(np.log(near.sum(1) / n), mean, covariance, levels)


def bic(mixture: Mixture, data: Data, factors: int) -> float:
    """The Bayesian information criterion: the less, the better."""
    k, s = mixture.mean.shape
    spread = s * (s + 1) // 2 if s <= factors + 1 else s * (factors + 1)
    free = k - 1 + k * (s + spread + sum(each.shape[1] - 1 for each in data.levels))
    log_p = expect(mixture, data).log_p.sum()
    return float(-2 * log_p + free * math.log(len(data.scores)))


def _counts(asked: int, n: int) -> list[int]:
    """Numbers of components to try."""
    return [asked] if asked else [k for k in COMPONENTS if k == 1 or k * _PER_COMPONENT <= n]


def _fitted(data: Data, knobs: dict[str, float], rng: Rng) -> Generator[Progress, None, Mixture]:
    n, factors = len(data.scores), int(knobs["factors"])
    counts = _counts(int(knobs["components"]), n)
    best, found, ones = math.inf, None, np.ones(n)
    for number, count in enumerate(counts):
        starts = _STARTS if count > 1 else 1
        for start in range(starts):
            mixture = started(data, count, rng)
            for i in range(_ITERATIONS):
                mixture = maximise(expect(mixture, data), data, ones, factors)
                tried = (start + (i + 1) / _ITERATIONS) / starts
                share = 0.5 * (number + tried) / len(counts)
                yield Progress(share, f"{count} components")
            if (now := bic(mixture, data, factors)) < best:
                best, found = now, mixture
    assert found is not None
    return found


def run(design: Design, ask: Ask) -> Run:
    """Fit, then draw. Yields after each iteration of EM and each draw."""
    knobs = FAMILY.settled(ask.knobs)
    data = Data.of(design)
    fitted = yield from _fitted(data, knobs, ask.rng(6, 0))
    for i in range(ask.m):
        rng, mixture = ask.rng(6, 1, i), fitted
        if knobs["bootstrap"]:
            weight = rng.exponential(size=design.n)
            weight *= design.n / weight.sum()
            for _ in range(_AGAIN):
                mixture = maximise(expect(mixture, data), data, weight, int(knobs["factors"]))
                yield Progress(0.5 + 0.5 * i / ask.m, "draws")
        z = _drawn(mixture, data, design, rng)
        yield Progress(0.5 + 0.5 * (i + 1) / ask.m, "draws", Drawn(z))
    return Outcome(notes=(f"{len(fitted.mean)} components",))


def _drawn(mixture: Mixture, data: Data, design: Design, rng: Rng) -> Floats:
    """A component by its weight given x_o, then what is missing by the component."""
    expected = expect(mixture, data)
    noise = rng.gumbel(size=expected.log_joint.shape)
    which = (expected.log_joint + noise).argmax(0)
    rows = np.arange(design.n)
    scores = expected.filled[which, rows]
    spread = expected.found.spread[which, data.patterns.of]
    scores = scores + np.einsum("nij,nj->ni", spread, rng.standard_normal(scores.shape))
    z = design.z.copy()
    z[:, design.scores] = np.where(np.isnan(data.scores), scores, data.scores)
    for f, shares in zip(design.categories, mixture.levels, strict=True):
        upto = shares.cumsum(1)[which]
        level = (rng.random(design.n)[:, None] * upto[:, -1:] > upto).sum(1)
        z[:, f] = np.where(np.isnan(z[:, f]), level, z[:, f])
    return z


def refusal(design: Design) -> str | None:
    """Why the mixture cannot take a table: its time grows with the cube of its scores."""
    if (s := len(design.scores)) > MOST_SCORES:
        return f"factor analysers take at most {MOST_SCORES} columns of numbers, and here are {s}"
    return None


def seconds(design: Design, ask: Ask) -> float:
    """About how long it takes on two slow cores."""
    knobs = FAMILY.settled(ask.knobs)
    asked, s = int(knobs["components"]), len(design.scores)
    counts = (
        [asked] if asked else [k for k in COMPONENTS if k == 1 or k * _PER_COMPONENT <= design.n]
    )
    patterns = len(np.unique(design.gaps[:, design.scores], axis=0))
    each = 4e-4 + 1e-8 * max(counts) * (design.n * (s * s + design.width) + patterns * s**3 / 3)
    loops = _ITERATIONS * _STARTS * sum(counts) / max(counts)
    return float(each * (loops + ask.m * (_AGAIN * knobs["bootstrap"] + 1)))


FAMILY = Family(
    name="mfa",
    title="Factor analysers",
    procedure=Procedure(
        Exactness.EXACT,
        "conditional mixture in closed form",
        "Ghahramani & Hinton 1996",
    ),
    weights=lambda knobs: Weights.BOOTSTRAPPED if knobs.get("bootstrap", 1) else Weights.FIXED,
    run=run,
    seconds=seconds,
    knobs=KNOBS,
    refusal=refusal,
    summary="groups of rows, each with a normal law of its own; the groups are found",
)
