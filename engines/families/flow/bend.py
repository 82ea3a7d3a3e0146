"""A rational-quadratic spline whose slopes are written out: a step of a small net in half the time.

A training of points spends its time on the number of operations, not on the numbers: autograd
needs four times those that the formulas below take.
"""

from __future__ import annotations

from typing import Any

import torch
import zuko
from torch import Tensor
from torch.nn import functional as F
from zuko.flows.autoregressive import MaskedAutoregressiveTransform
from zuko.transforms import DependentTransform
from zuko.utils import broadcast

from engines.families.flow.spline import BOUND, STEEPEST, Spline


def spline_flow(
    dim: int, *, context: int, transforms: int, bins: int, hidden: Any, passes: int | None = None
) -> zuko.flows.NSF:
    """zuko's neural spline flow (Durkan et al. 2019); only in training its splines are `Bend`s.

    A seed is a seed: what is sampled, encoded or scored has the bits of zuko's own.
    """
    flow = zuko.flows.NSF(
        dim,
        context=context,
        transforms=transforms,
        passes=passes,
        bins=bins,
        hidden_features=hidden,
    )
    for layer in flow.transform.transforms:
        if isinstance(layer, MaskedAutoregressiveTransform):  # one coordinate has another kind
            layer.__class__ = _Layer
    return flow


class _Layer(MaskedAutoregressiveTransform):  # type: ignore[misc]  # zuko has no types
    """zuko's autoregressive layer of splines, by `Bend` while it is in training."""

    def meta(self, c: Tensor, x: Tensor) -> Any:
        """The transform of each coordinate, given the class and the coordinates before it."""
        if not self.training:
            return super().meta(c, x)
        raw = self.hyper(torch.cat(broadcast(x, c, ignore=1), dim=-1))
        bins = self.shapes[0][0]
        return DependentTransform(Bend(raw.unflatten(-1, (-1, self.total)), bins), 1)


class Bend(Spline):
    """The spline of `raw` (…, 3 K − 1); its knots are placed only where the inverse is asked."""

    def __init__(self, raw: Tensor, bins: int) -> None:
        zuko.transforms.Transform.__init__(self)
        self._raw, self._bins = raw, bins

    def __getattr__(self, name: str) -> Any:
        if name not in ("derivatives", "horizontal", "vertical", "_knots"):
            raise AttributeError(name)
        Spline.__init__(self, self._raw, self._bins)
        return self.__dict__[name]

    def call_and_ladj(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y (…) and log |dy/dx| (…)."""
        y, log_slope = _Bend.apply(x, self._raw, self._bins)  # type: ignore[no-untyped-call]
        return y, log_slope


class _Bend(torch.autograd.Function):
    """x (…), raw (…, 3 K − 1) -> y and log |dy/dx| (…): equations 4 and 5 and their slopes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, raw: Tensor, bins: int) -> tuple[Tensor, Tensor]:
        gaps, slopes = raw[..., : 2 * bins].unflatten(-1, (2, bins)), raw[..., 2 * bins :]
        gap_scale = 1 + (gaps * (2 / STEEPEST)).abs()
        slope_scale = 1 + (slopes / STEEPEST).abs()
        share = torch.softmax(gaps / gap_scale, -1)
        ends = share.cumsum(-1)
        inside = (x > -BOUND) & (x < BOUND)
        goal = (torch.where(inside, x, 0) + BOUND) / (2 * BOUND)
        k = (ends[..., 0, :-1] < goal[..., None]).sum(-1, keepdim=True)
        both = k[..., None, :].expand(*k.shape[:-1], 2, 1)
        size, end = share.gather(-1, both)[..., 0], ends.gather(-1, both)[..., 0]
        edges = F.pad(slopes / slope_scale, (1, 1))
        d = edges.gather(-1, torch.cat([k, k + 1], -1)).exp()
        ctx.save_for_backward(x, raw, gap_scale, slope_scale, share, inside, goal, k, size, end, d)
        ctx.bins = bins
        (w, h), (d0, d1) = size.unbind(-1), d.unbind(-1)
        right, top = end.unbind(-1)
        z = (goal - right + w) / w
        m, s = z * (1 - z), h / w
        below = s + (d0 + d1 - 2 * s) * m
        y = (top - h + h * (s * z * z + d0 * m) / below) * (2 * BOUND) - BOUND
        slope = s * s * (2 * s * m + d0 * (1 - z) ** 2 + d1 * z * z) / (below * below)
        return torch.where(inside, y, x), torch.where(inside, slope.log(), 0.0)

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, raw, *_ = ctx.saved_tensors
        if torch.is_grad_enabled():  # slopes of slopes are asked for: autograd's own
            y = Spline(raw, ctx.bins).call_and_ladj(x)
            asked = [t for t in (x, raw) if t.requires_grad]
            found = iter(torch.autograd.grad(y, asked, outer, create_graph=True))
            pair = [next(found) if t.requires_grad else None for t in (x, raw)]
            return pair[0], pair[1], None
        return *_slopes(ctx, *outer), None


def _slopes(ctx: Any, to_y: Tensor, to_log: Tensor) -> tuple[Tensor, Tensor]:
    """The slopes along x and raw, for those along y and log |dy/dx|; see `_Bend.forward`."""
    _, _, gap_scale, slope_scale, share, inside, goal, k, size, end, d = ctx.saved_tensors
    (w, h), (d0, d1) = size.unbind(-1), d.unbind(-1)
    z = (goal - end[..., 0] + w) / w
    rest, s, zz = 1 - z, h / w, z * z
    m, e = z * rest, d0 + d1 - 2 * s
    below = s + e * m
    upper = s * zz + d0 * m
    steep = 2 * s * m + d0 * rest * rest + d1 * zz
    # units in which the spline is one of [0, 1]: y is there 2 · BOUND times as far
    gy = torch.where(inside, to_y * (2 * BOUND), 0.0)
    gl = torch.where(inside, to_log, 0.0)
    up = gy / below
    g_upper, share_up = up * h, upper * up
    g_below = -(share_up * h + 2 * gl) / below
    g_steep = gl / steep
    g_s = 2 * gl / s + g_upper * zz + g_below * (1 - 2 * m) + 2 * g_steep * m
    g_m = g_upper * d0 + g_below * e + 2 * g_steep * s
    g_z = 2 * g_upper * s * z + g_m * (rest - z) + 2 * g_steep * (d1 * z - d0 * rest)
    g_h, g_w = share_up + g_s / w, -(g_s * s + g_z * z) / w
    g_left = -g_z / w
    to_x = torch.where(inside, g_left * (-1 / (2 * BOUND)), to_y)
    g_d = torch.stack([g_upper + g_below, g_below], -1) * m[..., None]
    g_d = (g_d + g_steep[..., None] * torch.stack([rest * rest, zz], -1)) * d
    g_size, g_start = torch.stack([g_w, g_h], -1), torch.stack([g_left, gy], -1)
    kept = (gap_scale, slope_scale, share, k, size, end)
    return to_x, _raw_slopes(ctx.bins, g_size, g_start, g_d, kept)


def _raw_slopes(
    bins: int, g_size: Tensor, g_start: Tensor, g_d: Tensor, kept: tuple[Tensor, ...]
) -> Tensor:
    """The slopes along raw, for those along the size and start of its bin and its ends' slopes."""
    gap_scale, slope_scale, share, k, size, end = kept
    at = torch.arange(bins, device=share.device)
    before, here = at < k, at == k
    g_share = g_start[..., None] * before[..., None, :] + g_size[..., None] * here[..., None, :]
    mean = g_size * size + g_start * (end - size)
    g_gaps = share * (g_share - mean[..., None]) / gap_scale.square()
    inner = at[1:]
    g_slopes = g_d[..., :1] * (inner == k) + g_d[..., 1:] * (inner == k + 1)
    return torch.cat([g_gaps.flatten(-2), g_slopes / slope_scale.square()], -1)
