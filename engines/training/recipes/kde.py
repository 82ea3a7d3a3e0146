"""Fitting kernel density estimates: which centres to keep, and the bandwidth."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from engines.families.kde.bandwidth import fitted_bandwidth
from engines.families.kde.net import PictureKernels, PointKernels
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
