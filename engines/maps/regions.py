"""Highest-density regions of a map: where the mass is, and the contour levels around it."""

from __future__ import annotations

import torch
from torch import Tensor

MASSES = (0.5, 0.9, 0.99)


def mass(log_p: Tensor, cell: float) -> float:
    """∫ p over a map (H, W) of log-densities in nats, by the midpoint rule."""
    return float(torch.logsumexp(log_p.double().flatten(), 0).exp() * cell)


def levels(log_p: Tensor, cell: float, masses: tuple[float, ...] = MASSES) -> tuple[float, ...]:
    """The log-densities that bound the smallest regions with these shares of the mass.

    Highest-density regions (Hyndman 1996), of the mass within the map. −∞ where the map holds
    none.
    """
    ordered = log_p.double().flatten().sort(descending=True).values
    held = ordered.logcumsumexp(0)
    total = held[-1]
    if not total.isfinite():
        return tuple(float("-inf") for _ in masses)
    share = (held - total).exp()
    places = torch.searchsorted(share, torch.tensor(masses, dtype=torch.float64))
    return tuple(float(ordered[i]) for i in places.clamp_max(len(ordered) - 1))


def inside(log_p: Tensor, level: float, cell: float) -> float:
    """The mass of the map above a level."""
    chosen = log_p.double()[log_p >= level]
    return float(chosen.exp().sum() * cell)
