"""Bayes' rule with a temperature: p(c | x) ∝ p(x | c)^(1/T) p(c). numpy alone.

The densities of many pixels add up, so that a generative classifier is far too sure; one
temperature, fitted on held-out examples, is the usual remedy (Guo et al. 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from engines.uses.errors import UseError

Floats: TypeAlias = npt.NDArray[np.float64]
Classes: TypeAlias = npt.NDArray[np.int64]

COLDEST, HOTTEST = 0.05, 500.0
_ROUNDS = 80
_WIDE = 2.0
"""Deviation of ln T before anything is seen."""
_GOLDEN = (5**0.5 - 1) / 2
_LEAST = 1e-300


def prior_of(weights: Sequence[float], classes: int) -> Floats:
    """p(c) (classes,) of weights that need not sum to 1. Raises UseError: what is wrong."""
    found = np.asarray(weights, np.float64)
    if found.shape != (classes,):
        raise UseError(f"a prior has a number for each of {classes} classes, got {found.size}")
    if not np.isfinite(found).all() or (found < 0).any():
        raise UseError("the numbers of a prior must be finite and at least 0")
    if not found.sum() > 0:
        raise UseError("a prior of 0 for every class leaves nothing to choose from; raise one")
    return np.asarray(found / found.sum())


def uniform(classes: int) -> Floats:
    """The prior that prefers no class."""
    return np.full(classes, 1 / classes)


def joint(log_p: Floats, prior: Floats, temperature: float = 1.0) -> Floats:
    """log p(x | c) / T + log p(c): (n, classes); −∞ where a class has no prior."""
    with np.errstate(divide="ignore"):
        return np.asarray(log_p / temperature + np.log(prior))


def posterior(log_p: Floats, prior: Floats, temperature: float = 1.0) -> Floats:
    """p(c | x) (n, classes) of log p(x | c) in nats.

    Where p(x | c) is 0 for every class that has a prior, it is the prior: x says nothing.
    """
    whole = joint(log_p, prior, temperature)
    silent = np.isneginf(whole).all(1)
    whole[silent] = np.log(np.maximum(prior, _LEAST))
    shares = np.exp(whole - whole.max(1, keepdims=True))
    shares[silent] = prior
    return np.asarray(shares / shares.sum(1, keepdims=True))


def log_mixture(log_p: Floats, prior: Floats) -> Floats:
    """log Σ_c p(c) p(x | c) (n,): how likely x is under the mixture that classifies it.

    That is not the law p(x) of a conditional network with no class given.
    """
    whole = joint(log_p, prior)
    top = whole.max(1)
    safe = np.where(np.isneginf(top), 0.0, top)
    with np.errstate(divide="ignore"):
        return np.asarray(safe + np.log(np.exp(whole - safe[:, None]).sum(1)))


def log_odds_moved(prior: Floats) -> Floats:
    """By how many nats a prior moves the log-odds of each class against the uniform one."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(prior) - np.log(1 / len(prior)))


def log_loss(p: Floats, labels: Classes) -> float:
    """−mean log p of the true class, in nats."""
    true = p[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(true, _LEAST)).mean())


def fitted_temperature(log_p: Floats, labels: Classes, prior: Floats) -> float:
    """The T of least log-loss on held-out examples, in COLDEST … HOTTEST.

    A weak prior, ln T ~ N(0, 2²), keeps it finite where few examples are all read rightly: the loss
    of those alone falls as T → 0. A golden-section search finds it. Raises UseError without
    examples.
    """
    if not len(labels):
        raise UseError("a temperature needs held-out examples with their classes")
    low, high = 1 / HOTTEST, 1 / COLDEST

    def loss(beta: float) -> float:
        weak = 0.5 * (np.log(beta) / _WIDE) ** 2 / len(labels)
        return log_loss(posterior(log_p, prior, 1 / beta), labels) + float(weak)

    # in the logarithm, where the search is as fine at either end
    low, high = np.log(low), np.log(high)
    for _ in range(_ROUNDS):
        width = _GOLDEN * (high - low)
        if loss(float(np.exp(high - width))) < loss(float(np.exp(low + width))):
            high = low + width
        else:
            low = high - width
    return float(np.exp(-(low + high) / 2))
