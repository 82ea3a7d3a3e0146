"""The spline flow of points (x, y) with one class, unrolled: what only repeats is done once.

Values are those of zuko's own NSF up to rounding. A masked perceptron spends three quarters of its
work on units that no coordinate reaches: given the class they are constants. Coordinates broadcast,
so on a grid the first layer costs a row and a column.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import zuko
from torch import Tensor
from torch.nn import functional as F

BOUND, _STEEPEST = 5.0, math.log(1e3)


@dataclass(frozen=True, eq=False)
class _Layer:
    """One autoregressive transform: `first` is bent by `own`, the other by a perceptron of it."""

    first: int
    own: Tensor
    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]


class Unrolled:
    """z = f(x) and log |det df/dx| of a spline flow with two coordinates, for one class."""

    def __init__(self, flow: zuko.flows.NSF, context: Tensor, bins: int) -> None:
        self.bins = bins
        self.layers = [_unroll(t, context, 3 * bins - 1) for t in flow.transform.transforms]

    def __call__(self, x: Tensor, y: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor]:
        """Standardised coordinates that broadcast -> both of z, and the log-determinant."""
        u, log_det = [x, y], x.new_zeros(())
        for layer in self.layers:
            i, j = layer.first, 1 - layer.first
            given = u[i]
            u[i], own = spline(layer.own.view(-1, *[1] * given.dim()), given, self.bins)
            u[j], more = spline(_asked(layer, given), u[j], self.bins)
            log_det = log_det + own + more
        return (u[0], u[1]), log_det


def _unroll(transform: Any, context: Tensor, total: int) -> _Layer:
    """Fold a class, and the units that see nothing but it, into the biases of the others."""
    first = int(transform.order.argmin())
    reached = torch.arange(2 + len(context)) == first
    reached = reached.to(context.device)
    constant = torch.cat([context.new_zeros(2), context])
    weights, biases = [], []
    linear = [layer for layer in transform.hyper if isinstance(layer, zuko.nn.MaskedLinear)]
    for place, layer in enumerate(linear):
        weight = layer.weight * layer.mask
        met = layer.mask[:, reached].any(1)
        bias = layer.bias + weight[:, ~reached] @ constant[~reached]
        weights.append(weight[met][:, reached])
        biases.append(bias[met])
        constant = bias if place == len(linear) - 1 else bias.relu()
        reached = met
    return _Layer(first, constant[~reached], tuple(weights), tuple(biases))


def _asked(layer: _Layer, given: Tensor) -> Tensor:
    """Raw knots of the second coordinate: given (…) -> (3 bins − 1, …)."""
    h = given.reshape(1, -1)
    for place, (weight, bias) in enumerate(zip(layer.weights, layer.biases, strict=True)):
        h = torch.addmm(bias[:, None], weight, h)
        if place < len(layer.weights) - 1:
            h = F.relu_(h)
    return h.view(-1, *given.shape)


def spline(raw: Tensor, u: Tensor, bins: int) -> tuple[Tensor, Tensor]:
    """Rational-quadratic splines and the logs of their slopes: raw (3 bins − 1, …), u (…).

    Durkan et al. 2019, equations 4 and 5, on [−5, 5], with zuko's squashing of raw knots; outside
    it is the identity. The shapes of raw[0] and u broadcast.
    """
    widths, heights, slopes = raw.split([bins, bins, bins - 1])
    wide, across = _summed(widths)
    high, up = _summed(heights)
    shape = torch.broadcast_shapes(u.shape, raw.shape[1:])
    u = u.expand(shape)
    target = (u + BOUND) * (across[-1] / (2 * BOUND))
    k = torch.zeros(shape, dtype=torch.int64, device=u.device)
    for knot in across[:-1]:
        k += knot < target
    w, end, h, top = (_pick(table, k) for table in (wide, across, high, up))
    edges = F.pad(slopes, [0, 0] * (raw.dim() - 1) + [1, 1])
    d0, d1 = (_squashed(_pick(edges, k + i), 1).exp() for i in (0, 1))
    s = (h / up[-1]) / (w / across[-1])
    z = (target - (end - w)) / w
    rest, middle = 1 - z, z * (1 - z)
    below = s + (d0 + d1 - 2 * s) * middle
    bent = (top - h + h * (s * z * z + d0 * middle) / below) * (2 * BOUND / up[-1]) - BOUND
    slope = s * s * (2 * s * middle + d0 * rest * rest + d1 * z * z) / (below * below)
    inside = (u > -BOUND) & (u <= BOUND)
    return torch.where(inside, bent, u), torch.where(inside, slope.log(), 0.0)


def _summed(raw: Tensor) -> tuple[Tensor, Tensor]:
    """e^raw of the squashed bins, and their running sums: torch's own is slow along few rows."""
    share = _squashed(raw, 2).exp_()
    sums = torch.empty_like(share)
    sums[0] = share[0]
    for i in range(1, len(share)):
        torch.add(sums[i - 1], share[i], out=sums[i])
    return share, sums


def _squashed(raw: Tensor, twice: int) -> Tensor:
    return raw / (1 + (twice / _STEEPEST * raw).abs())


def _pick(table: Tensor, k: Tensor) -> Tensor:
    return table.expand(len(table), *k.shape).gather(0, k[None])[0]
