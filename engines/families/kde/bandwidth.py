"""The bandwidth of a kernel density estimate, by a search."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeAlias

import torch

from engines.steps import finish

Search: TypeAlias = "Generator[tuple[float, float], None, float]"
"""Yields each bandwidth that was tried with its likelihood, returns the best."""


def fitted_bandwidth(likelihood: Callable[[float], float], plausible: tuple[float, float]) -> float:
    """The bandwidth h of highest `likelihood(h)`."""
    return finish(search(likelihood, plausible))


def search(likelihood: Callable[[float], float], plausible: tuple[float, float]) -> Search:
    """Golden section in log h, one evaluation of `likelihood(h)` a step."""
    low, high = torch.tensor(plausible, dtype=torch.float64).log().tolist()
    golden = (5**0.5 - 1) / 2

    def score(log_h: float) -> Generator[tuple[float, float], None, float]:
        h = float(torch.tensor(log_h).exp())
        value = likelihood(h)
        yield h, value
        return value

    a, b = high - golden * (high - low), low + golden * (high - low)
    at_a = yield from score(a)
    at_b = yield from score(b)
    while high - low > 0.01:
        if at_a > at_b:
            high, b, at_b = b, a, at_a
            a = high - golden * (high - low)
            at_a = yield from score(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + golden * (high - low)
            at_b = yield from score(b)
    return float(torch.tensor((low + high) / 2).exp())
