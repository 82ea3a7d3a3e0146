"""Fitting kernel density estimates: which centres to keep, and the bandwidth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from engines.nets.kde import PictureKernels, PointKernels
from engines.training.datasets import DataSet
from engines.training.recipe import Fit

_CENTRES = {"picture": 10_000, "points": 30_000}


def kde(data: DataSet) -> Fit:
    """Training examples as centres, bandwidth by leave-one-out likelihood."""

    centres = _CENTRES["picture" if data.train.x.dim() == 4 else "points"]

    def fit() -> tuple[dict[str, Any], dict[str, Tensor]]:
        x, labels = data.train.x[:centres], data.train.labels[:centres]
        if x.dim() == 4:
            kernels: PictureKernels | PointKernels = PictureKernels.of(x, labels)
        else:
            kernels = PointKernels.of(x, labels)
        bandwidth = fitted_bandwidth(kernels.leave_one_out, kernels.plausible)
        return {"bandwidth": bandwidth}, kernels.tensors()

    text = f"first {centres} training examples as centres, bandwidth by leave-one-out likelihood"
    return Fit(fit, text)


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
