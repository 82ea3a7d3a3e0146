"""A stand-in density for models that have none: kernels on many of their samples, in the plane."""

from __future__ import annotations

import torch

from engines.families.kde.bandwidth import fitted_bandwidth
from engines.families.kde.net import PointKernels
from engines.model import Model, SampleRequest, finish

SAMPLES, _HELD_OUT = 50_000, 2_000
_SEED = 0


def kernels_of(model: Model, count: int = SAMPLES) -> tuple[PointKernels, float]:
    """Kernels on `count` samples, and the bandwidth under which further samples are likeliest."""
    x = finish(model.sample(SampleRequest(count + _HELD_OUT, _SEED)))
    kernels = PointKernels.of(x[:count], torch.zeros(count, dtype=torch.int64))
    held_out = x[count:]
    h = fitted_bandwidth(
        lambda h: kernels.log_density(held_out, h).mean().item(), kernels.plausible
    )
    return kernels, h
