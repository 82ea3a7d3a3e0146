"""Fitting kernel density estimates: which centres to keep, and the bandwidth."""

from __future__ import annotations

from engines.families.kde.bandwidth import search
from engines.families.kde.net import PictureKernels, PointKernels
from engines.steps import Steps
from engines.training.datasets import DataSet
from engines.training.loop import Stage, Stages
from engines.training.recipe import NO_OPTIONS, Fit, Options, chosen

_CENTRES = {"picture": 10_000, "points": 30_000}


def kde(data: DataSet, options: Options = NO_OPTIONS) -> Fit:
    """Training examples as centres, bandwidth by leave-one-out likelihood.

    The option `bandwidth`, in standard deviations of each axis of points or levels of pictures,
    takes the place of the search.
    """
    centres = _CENTRES["picture" if data.train.x.dim() == 4 else "points"]
    own = chosen({"bandwidth": 1.0}, options) if "bandwidth" in options else {"bandwidth": None}
    text = f"first {centres} training examples as centres, "
    text += "bandwidth chosen" if own["bandwidth"] else "bandwidth by leave-one-out likelihood"
    return Fit(lambda generator: _stages(data, centres, own["bandwidth"]), text, own)


def _stages(data: DataSet, centres: int, bandwidth: float | None) -> Stages:
    x, labels = data.train.x[:centres], data.train.labels[:centres]
    kind: type[PictureKernels] | type[PointKernels]
    kind = PictureKernels if x.dim() == 4 else PointKernels
    kernels = kind.of(x, labels)
    tensors = kernels.tensors()
    if bandwidth:
        value = kernels.leave_one_out(bandwidth)
        yield Stage({"log p": value}, {"bandwidth": bandwidth}, tensors)
        return {"bandwidth": bandwidth}, tensors
    tries = Steps(search(kernels.leave_one_out, kernels.plausible))
    for h, value in tries:
        yield Stage({"log p": value, "bandwidth": h}, {"bandwidth": h}, tensors)
    return {"bandwidth": tries.result}, tensors
