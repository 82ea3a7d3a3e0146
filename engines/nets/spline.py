"""The rational-quadratic spline of couplings (Durkan et al. 2019), leaner than zuko's own."""

from __future__ import annotations

import math

import torch
import zuko
from torch import Tensor
from torch.nn import functional as F
from zuko.transforms import MonotonicRQSTransform


class Spline(MonotonicRQSTransform):  # type: ignore[misc]  # zuko has no types
    """zuko's rational-quadratic spline in fewer steps: of few numbers each step costs the same.

    `raw` (…, 3 K − 1) holds widths, heights and inner slopes; widths and heights are squashed to
    ±3.5 first, so that e^x is safe, and their softmax is written out.
    """

    def __init__(self, raw: Tensor, bins: int) -> None:
        zuko.transforms.Transform.__init__(self)
        bound, steepest = 5.0, math.log(1e3)
        gaps, slopes = raw[..., : 2 * bins].unflatten(-1, (2, bins)), raw[..., 2 * bins :]
        share = (gaps / (1 + (2 * gaps / steepest).abs())).exp()
        sums = F.pad(share.cumsum(-1), (1, 0))
        knots = bound * (2 * sums / sums[..., -1:] - 1)
        self.derivatives = F.pad(slopes / (1 + (slopes / steepest).abs()), (1, 1)).exp()
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

    def _inverse(self, y: Tensor) -> Tensor:
        inside, x0, x1, y0, y1, d0, d1, s = self.bin(self.searchsorted(self.vertical, y) - 1)
        high, up = y1 - y0, torch.where(inside, y - y0, 0)
        bend = up * (d0 + d1 - 2 * s)
        a, b, c = high * (s - d0) + bend, high * d0 - bend, -s * up
        z = 2 * c / (-b - (b * b - 4 * a * c).sqrt())  # Durkan et al. 2019, equation 25
        return torch.where(inside, x0 + z * (x1 - x0), y)
