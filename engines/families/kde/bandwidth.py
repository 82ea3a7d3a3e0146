"""The bandwidth of a kernel density estimate, by a search."""

from __future__ import annotations

from collections.abc import Callable

import torch


def fitted_bandwidth(likelihood: Callable[[float], float], plausible: tuple[float, float]) -> float:
    """The bandwidth h of highest `likelihood(h)`: golden section in log h."""
    low, high = torch.tensor(plausible, dtype=torch.float64).log().tolist()
    golden = (5**0.5 - 1) / 2

    def score(log_h: float) -> float:
        return likelihood(float(torch.tensor(log_h).exp()))

    a, b = high - golden * (high - low), low + golden * (high - low)
    at_a, at_b = score(a), score(b)
    while high - low > 0.01:
        if at_a > at_b:
            high, b, at_b = b, a, at_a
            a = high - golden * (high - low)
            at_a = score(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + golden * (high - low)
            at_b = score(b)
    return float(torch.tensor((low + high) / 2).exp())
