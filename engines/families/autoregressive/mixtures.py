"""Mixtures of Gaussians on the line: density, distribution function and its inverse."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_TINY = 1e-300
_ROUNDS = 60


class LineMixture:
    """Mixtures Σ_k w_k N(mean_k, sd_k²), one per entry of the leading shape.

    `parameters` (…, 3K) holds logits, means and log standard deviations.
    """

    def __init__(self, parameters: Tensor) -> None:
        logits, self.mean, log_sd = parameters.chunk(3, -1)
        self.log_weight = logits.log_softmax(-1)
        # an unbounded likelihood appears as an sd goes to 0 (Mattei & Frellsen 2018)
        self.log_sd = log_sd.clamp(-6.0, 2.0)

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x) in nats: (…) -> (…)."""
        e = (x[..., None] - self.mean) * (-self.log_sd).exp()
        log_p = -0.5 * e.square() - self.log_sd - 0.5 * math.log(2 * math.pi)
        return torch.logsumexp(self.log_weight + log_p, -1)

    def tails(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """F(x) and 1 − F(x), each without cancellation: (…) -> (…)."""
        e = (x[..., None] - self.mean) * (-self.log_sd).exp()
        weight = self.log_weight.exp()
        lower, upper = _phi(e), _phi(-e)
        return (weight * lower).sum(-1), (weight * upper).sum(-1)

    def score(self, x: Tensor) -> Tensor:
        """The standard normal z with Φ(z) = F(x): (…) -> (…)."""
        lower, upper = (tail.clamp_min(_TINY) for tail in self.tails(x))
        low, high = torch.special.ndtri(lower), -torch.special.ndtri(upper)
        return torch.where(lower < upper, low, high)

    def quantile(self, z: Tensor) -> Tensor:
        """The x with F(x) = Φ(z), by Newton's method kept inside a shrinking bracket.

        It lies between the smallest and the largest of the parts' own quantiles.
        """
        parts = self.mean + self.log_sd.exp() * z[..., None]
        low, high = parts.amin(-1), parts.amax(-1)
        x = (self.log_weight.exp() * parts).sum(-1)
        left, right = _phi(z), _phi(-z)
        for _ in range(_ROUNDS):
            lower, upper = self.tails(x)
            # on either side of the middle the smaller tail is the precise one
            excess = torch.where(z < 0, lower - left, right - upper)
            low, high = torch.where(excess < 0, x, low), torch.where(excess > 0, x, high)
            new = x - excess / self.log_density(x).exp().clamp_min(_TINY)
            inside = (new >= low) & (new <= high)
            new = torch.where(inside, new, (low + high) / 2)
            if torch.allclose(new, x, rtol=1e-14, atol=1e-14):
                break
            x = new
        return new


def _phi(z: Tensor) -> Tensor:
    """Φ(z); torch.special.ndtr loses the lower tail by cancellation."""
    return 0.5 * torch.erfc(-z / math.sqrt(2))
