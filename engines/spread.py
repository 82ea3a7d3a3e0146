"""Means of independent draws and their standard errors: of logarithms, and logarithms of means.

A standard error is that of the number shown: what it would scatter by with other draws. One draw
says nothing of it: nan.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_WHOLE = 1 - 1e-12


def log_mean(log_w: Tensor) -> tuple[Tensor, Tensor]:
    """log (1/M) Σ w and its standard error by the jackknife: (n, M) -> (n,) float64 each.

    Burda et al. 2016, equation 8; Efron & Stein 1981. The delta method, std(w) / (√M mean(w)), is
    at most 1 nat, and far too small where a few weights make the sum, as they mostly do. There the
    value is nearly the largest log w: leaving that one out moves the value down to the second
    largest, so that the jackknife sees the gap between them. For draws with exponential tails the
    mean square of that gap is 2, where the variance of the maximum is π²/6: the error is too large
    by a tenth. With light tails both methods agree.
    """
    log_w, m = log_w.cpu().double(), log_w.shape[1]
    total = torch.logsumexp(log_w, 1, keepdim=True)
    value = total[:, 0] - math.log(m)
    if m == 1:
        return value, torch.full_like(value, math.nan)
    share = (log_w - total).exp().clamp_max(_WHOLE)
    without = torch.log1p(-share)
    # a share of nearly 1 leaves nothing of the float: what is left is summed anew
    first = log_w.argmax(1, keepdim=True)
    rest = log_w.scatter(1, first, -math.inf).logsumexp(1, keepdim=True) - total
    without.scatter_(1, first, rest)
    return value, ((m - 1) * without.var(1, unbiased=False)).sqrt()


def mean_log(log_p: Tensor) -> tuple[Tensor, Tensor]:
    """(1/K) Σ log p and its standard error: (n, K) -> (n,) float64 each."""
    log_p, k = log_p.cpu().double(), log_p.shape[1]
    if k == 1:
        return log_p[:, 0], torch.full_like(log_p[:, 0], math.nan)
    return log_p.mean(1), log_p.std(1) / math.sqrt(k)


def mean_in_order(terms: Tensor) -> tuple[Tensor, Tensor]:
    """The same of terms (n, K) that follow a trend along K, as those of evenly spread sizes do.

    What the trend adds to their spread is no error. Half the mean square of the differences
    between neighbours leaves it out: Wolter 2007, "Introduction to variance estimation", section
    8.2, estimator v2 for systematic samples.
    """
    value, _ = mean_log(terms)
    if (k := terms.shape[1]) == 1:
        return value, torch.full_like(value, math.nan)
    return value, (terms.cpu().double().diff(dim=1).square().mean(1) / (2 * k)).sqrt()
