"""The rational-quadratic spline of couplings (Durkan et al. 2019), leaner than zuko's own."""

from __future__ import annotations

import math

import torch
import zuko
from torch import Tensor
from torch.nn import functional as F
from zuko.transforms import MonotonicRQSTransform

BOUND, STEEPEST = 5.0, math.log(1e3)


class Spline(MonotonicRQSTransform):  # type: ignore[misc]  # zuko has no types
    """zuko's rational-quadratic spline in fewer steps: of few numbers each step costs the same.

    `raw` (…, 3 K − 1) holds widths, heights and inner slopes; widths and heights are squashed to
    ±3.5 first, so that e^x is safe, and their softmax is written out.
    """

    def __init__(self, raw: Tensor, bins: int) -> None:
        zuko.transforms.Transform.__init__(self)
        gaps, slopes = raw[..., : 2 * bins].unflatten(-1, (2, bins)), raw[..., 2 * bins :]
        share = (gaps / (1 + (2 * gaps / STEEPEST).abs())).exp()
        sums = F.pad(share.cumsum(-1), (1, 0))
        knots = BOUND * (2 * sums / sums[..., -1:] - 1)
        self.derivatives = F.pad(slopes / (1 + (slopes / STEEPEST).abs()), (1, 1)).exp()
        self.horizontal, self.vertical = knots.unbind(-2)
        self._knots = torch.cat([knots, self.derivatives[..., None, :]], -2)

    def bin(self, k: Tensor) -> tuple[Tensor, ...]:
        """What zuko's formulas ask of bin k (…): whether it is one, its ends, slopes and ratio."""
        at = k.clamp(0, self.bins - 1)
        ends = torch.stack([at, at + 1], -1)[..., None, :].expand(*k.shape, 3, 2)
        (x0, x1), (y0, y1), (d0, d1) = (
            ends.unbind(-1) for ends in self._knots.gather(-1, ends).unbind(-2)
        )
        return at == k, x0, x1, y0, y1, d0, d1, (y1 - y0) / (x1 - x0)


def ready(raw: Tensor, bins: int) -> Tensor:
    """Numbers (…, 3 K − 1) as `Unspline` takes them, (…, 3 (K + 1)): divided by what squashes them,
    and with zeros where bins begin and slopes are 1. Linear, so that it may be done to weights.
    """
    gaps, slopes = raw[..., : 2 * bins].unflatten(-1, (2, bins)), raw[..., 2 * bins :]
    gaps, slopes = F.pad(2 / STEEPEST * gaps, (1, 0)), F.pad(slopes / STEEPEST, (1, 1))
    return torch.cat([gaps, slopes[..., None, :]], -2).flatten(-2)


class Unspline:
    """x for y = Spline(raw)(x), of numbers that are `ready`: only one bin's knots are placed."""

    def __init__(self, bins: int, like: Tensor) -> None:
        rows = torch.arange(5, device=like.device) * (bins + 1)
        starts, sizes, slopes = rows[:2], rows[2:4] + 1, rows[4] + torch.arange(2).to(rows)
        self._of_bin = torch.cat([starts, sizes, slopes])
        self._steep = like.new_tensor([[0.5], [0.5], [1.0]]) * STEEPEST
        # a number of Python's is made a tensor at each use, which costs as much as the use
        self._1, self._5, self._10 = like.new_tensor([1.0, BOUND, 2 * BOUND])

    def __call__(self, y: Tensor, numbers: Tensor) -> Tensor:
        """y (…) and numbers (…, 3 (K + 1)) -> x (…)."""
        raw = numbers.unflatten(-1, (3, -1))
        e = (raw / (raw.abs() + self._1) * self._steep).exp()
        sums = e[..., :2, :].cumsum(-1)  # each begins at 1 in place of 0
        unit_x, unit_y = (self._10 / (sums[..., -1] - self._1)).unbind(-1)
        inside = y.clamp(-BOUND, BOUND)
        goal = (inside + self._5) / unit_y + self._1
        k = torch.searchsorted(sums[..., 1, 1:-1].contiguous(), goal[..., None].contiguous())
        asked = torch.cat([sums, e], -2).flatten(-2).gather(-1, k + self._of_bin)
        left, low, wide, high, d0, d1 = asked.unbind(-1)
        wide, high = wide * unit_x, high * unit_y
        up = inside + self._5 - (low - self._1) * unit_y
        z = self._root(up / high, high / wide, d0, d1)
        x0 = (left - self._1) * unit_x - self._5
        return torch.addcmul(x0, z, wide) + (y - inside)

    @staticmethod
    def _root(share: Tensor, s: Tensor, d0: Tensor, d1: Tensor) -> Tensor:
        """Where in its bin x lies: Durkan et al. 2019, equation 25, divided by the height."""
        b = d0 - share * (d0 + d1 - (s + s))
        twice = share * (s + s)
        square = b * b + (s - b) * (twice + twice)
        return twice / (b + square.clamp_min(0).sqrt())  # rounding may take it below 0
