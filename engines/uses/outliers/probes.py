"""Pictures that are no examples of a data set, made from such examples: probes of an outlier score.

Each is a pure function of pictures and a seed; picture i depends on (seed, i) and its own pixels.
Pictures have dark grounds and 256 levels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engines import naming
from engines.noise import Streams

_DIM, _BLUR = 0.25, 1.5
"""What is left of the contrast, and the standard deviation of a blur in pixels."""


@dataclass(frozen=True)
class Probe:
    """One kind of outlier: `make(x, streams)` of levels x (n, C, H, W) in 0 … 255, float."""

    name: str
    says: str
    make: Callable[[Tensor, Streams], Tensor]
    single: bool = False
    """All its pictures are the same one."""


def _black(x: Tensor, streams: Streams) -> Tensor:
    return torch.zeros_like(x)


def _constant(x: Tensor, streams: Streams) -> Tensor:
    grey = streams.integers(256).to(x)
    return grey.view(-1, 1, 1, 1).expand_as(x)


def _noise(x: Tensor, streams: Streams) -> Tensor:
    return (streams.uniform(*x.shape[1:]) * 256).floor().clamp_max(255)


def _inverted(x: Tensor, streams: Streams) -> Tensor:
    return 255 - x


def _thin(x: Tensor, streams: Streams) -> Tensor:
    """The darkest of two by two pixels: strokes lose a pixel of their width."""
    padded = functional.pad(x, (0, 1, 0, 1), mode="replicate")
    return -functional.max_pool2d(-padded, 2, 1)


def _binary(x: Tensor, streams: Streams) -> Tensor:
    return torch.where(x < 128, 0.0, 255.0)


def _dim(x: Tensor, streams: Streams) -> Tensor:
    return x * _DIM


def _shuffled(x: Tensor, streams: Streams) -> Tensor:
    """Pixels in an order of their own for each picture, the same in all its channels."""
    height, width = x.shape[2:]
    order = streams.uniform(height * width).argsort(1)
    return x.flatten(2).gather(2, order[:, None].expand(-1, x.shape[1], -1)).view_as(x)


def _rotated(x: Tensor, streams: Streams) -> Tensor:
    """A quarter turn; one that is not square is turned by a half."""
    square = x.shape[2] == x.shape[3]
    return x.rot90(1 if square else 2, (2, 3))


def _blurred(x: Tensor, streams: Streams) -> Tensor:
    reach = math.ceil(3 * _BLUR)
    at = torch.arange(-reach, reach + 1, dtype=x.dtype)
    weight = (-(at**2) / (2 * _BLUR**2)).exp()
    weight /= weight.sum()
    channels = x.shape[1]
    for shape, pad in (((1, -1), (reach, reach, 0, 0)), ((-1, 1), (0, 0, reach, reach))):
        kernel = weight.view(1, 1, *shape).expand(channels, 1, -1, -1)
        # a picture may be smaller than the reach of the blur
        x = functional.conv2d(functional.pad(x, pad, mode="replicate"), kernel, groups=channels)
    return x


PROBES: Mapping[str, Probe] = {
    probe.name: probe
    for probe in (
        Probe("black", "black all over", _black, single=True),
        Probe("constant", "one grey level all over", _constant),
        Probe("noise", "each pixel drawn uniformly", _noise),
        Probe("inverted", "black and white exchanged", _inverted),
        Probe("thin", "strokes a pixel thinner", _thin),
        Probe("binary", "black and white without greys between", _binary),
        Probe("dim", "a quarter of the contrast", _dim),
        Probe("shuffled", "the pixels in another order", _shuffled),
        Probe("rotated", "turned by 90 degrees", _rotated),
        Probe("blurred", f"blurred by {_BLUR:g} pixels", _blurred),
    )
}


def probed(name: str, x: Tensor, seed: int) -> Tensor:
    """The pictures of a probe, made from x (n, C, H, W) in [-1, 1]: (n or 1, C, H, W) there.

    Raises ValueError for a name that is none.
    """
    if name not in PROBES:
        raise ValueError(f"there is no probe '{name}'; {naming.offered(name, PROBES, 'there are')}")
    probe = PROBES[name]
    levels = ((x[:1] if probe.single else x) + 1) * 127.5
    made = probe.make(levels.round(), Streams(seed, range(len(levels))))
    return made.round().clamp(0, 255) / 127.5 - 1
