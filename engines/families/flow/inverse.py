"""The inverse of a picture flow, worked out once its weights stand.

With one picture an operation costs its call more than its numbers, so here are few: an ActNorm is
part of its 1x1 convolution, the class's row has the bias in it, constant factors are part of the
weights, and a spline works out one bin alone. Inside, channels come last: (n, H, W, C).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.families.flow.couplings import (
    ActNorm,
    Bend,
    ClassBase,
    Coupling,
    Neighbourhood,
    Overview,
)
from engines.families.flow.spline import Unspline, ready

Unbend: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]
"""x (n, H, W, c) for y like it, given the known channels and the labels (n,)."""


class PictureInverse:
    """(z, labels) -> logits of pictures, as `PictureFlow.encode` has them: (n, C, H, W)."""

    @torch.no_grad()
    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        fine: nn.ModuleList,
        split: Bend,
        coarse: nn.ModuleList,
        last: ActNorm,
        top: nn.ModuleList,
        view: Bend,
        base: ClassBase,
    ) -> None:
        """The layers of the flow under its own names for them; pictures have `shape` (C, H, W)."""
        self.shape = shape
        self.mean, self.sd = base.mean.weight, base.log_sd.weight.exp()
        self.view, self.split = _unbend(view), _unbend(split)
        self.last = (-last.log_scale).exp().flatten(), last.shift.flatten()
        self.top, self.coarse, self.fine = (
            [_Uncouple(layer) for layer in reversed(layers)]  # type: ignore[arg-type]
            for layers in (top, coarse, fine)
        )

    def __call__(self, z: Tensor, labels: Tensor) -> Tensor:
        c, height, side = self.shape
        z = torch.addcmul(self.mean[labels], z, self.sd[labels])
        h, out = z.view(-1, 2, 8 * c, height // 4, side // 4).permute(1, 0, 3, 4, 2)
        out = _spread(self.view(out, h, labels))
        h = _through(self.top, h, labels)
        scale, shift = self.last
        kept = _spread(_through(self.coarse, torch.addcmul(shift, h, scale), labels))
        h = torch.cat([kept, self.split(out, kept, labels)], -1)
        return _spread(_through(self.fine, h, labels)).permute(0, 3, 1, 2)


def _through(layers: Iterable[_Uncouple], h: Tensor, labels: Tensor) -> Tensor:
    for layer in layers:
        h = layer(h, labels)
    return h


def _spread(h: Tensor) -> Tensor:
    """Undo `pixel_unshuffle`."""
    return F.pixel_shuffle(h.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)


class _Uncouple:
    """The inverse of a coupling: norm⁻¹ ∘ mix⁻¹ is one affine map."""

    def __init__(self, layer: Coupling) -> None:
        self.unbend = _unbend(layer.bend)
        norm, weight = layer.norm, layer.mix.weight()
        inverse = torch.linalg.inv(weight.cpu().double()).to(weight)
        self.weight = (-norm.log_scale).exp().view(-1, 1) * inverse
        self.bias = norm.shift.flatten()

    def __call__(self, y: Tensor, labels: Tensor) -> Tensor:
        kept, bent = y.chunk(2, -1)
        both = torch.cat([kept, self.unbend(bent, kept, labels)], -1)
        return F.linear(both, self.weight, self.bias)


def _unbend(bend: Bend) -> Unbend:
    if isinstance(bend.net, Neighbourhood):
        return _Near(bend, bend.net)
    assert isinstance(bend.net, Overview)
    return _Far(bend, bend.net)


class _Near:
    """The inverse of a bend by what is near."""

    def __init__(self, bend: Bend, net: Neighbourhood) -> None:
        assert net.into.bias is not None
        assert net.out.bias is not None
        self.into, self.middle, self.bent = net.into, net.middle, bend.bent
        self.row = net.label.weight + net.into.bias
        last = _together(net.out.weight, net.out.bias)
        affine, knots = last.tensor_split([2 * bend.bent])
        parts, self.unspline = [_turned(affine)], None
        if bend.bins:
            self.unspline = Unspline(bend.bins, last)
            numbers = ready(knots.unflatten(0, (bend.bent, -1)).mT, bend.bins)
            parts.append(numbers.mT.flatten(0, 1))
        self.weight, self.bias = _apart(torch.cat(parts))

    def __call__(self, y: Tensor, given: Tensor, labels: Tensor) -> Tensor:
        x = given.contiguous().permute(0, 3, 1, 2)
        h = F.conv2d(x, self.into.weight, padding=self.into.padding)
        h = F.silu(h + self.row[labels][..., None, None])
        h = h + F.silu(self.middle(h))
        raw = F.linear(h.permute(0, 2, 3, 1), self.weight, self.bias)
        log_scale, shift, knots = raw.tensor_split([self.bent, 2 * self.bent], -1)
        if self.unspline is not None:
            y = self.unspline(y, knots.unflatten(-1, (self.bent, -1)))
        return _affine(y, log_scale, shift)


class _Far:
    """The inverse of an affine bend by all that there is; its weights change places."""

    def __init__(self, bend: Bend, net: Overview) -> None:
        places = math.prod(net.grid)
        self.shape = 2, *net.grid, bend.bent
        self.into = net.into.weight.unflatten(1, (-1, places)).mT.flatten(1)
        self.row = net.label.weight + net.into.bias
        self.middle, self.film = net.middle, 1 + net.film.weight
        last = _turned(_together(net.out.weight, net.out.bias))
        last = last.unflatten(0, (2, bend.bent, places)).transpose(1, 2).flatten(0, 2)
        self.weight, self.bias = _apart(last)
        self.limits = None if bend.bounds is None else _turned_limits(bend.bounds)

    def __call__(self, y: Tensor, given: Tensor, labels: Tensor) -> Tensor:
        h = F.silu(torch.addmm(self.row[labels], given.flatten(1), self.into.T))
        h = h + F.silu(self.middle(h) * self.film[labels])
        both = F.linear(h, self.weight, self.bias).unflatten(1, self.shape)
        if self.limits is not None:
            both = both.clamp(*self.limits)
        log_scale, shift = both.unbind(1)
        return _affine(y, log_scale, shift)


def _together(weight: Tensor, bias: Tensor) -> Tensor:
    return torch.cat([weight.flatten(1), bias[:, None]], 1)


def _apart(both: Tensor) -> tuple[Tensor, Tensor]:
    return both[:, :-1].contiguous(), both[:, -1].contiguous()


def _turned(last: Tensor) -> Tensor:
    """Rows of log-scales (halved) and shifts with the other sign, for the way back."""
    log_scale, shift = last.chunk(2)
    return torch.cat([-log_scale / 2, -shift])


def _turned_limits(limits: Tensor) -> tuple[Tensor, Tensor]:
    """The lowest and the highest of what `_turned` makes, (2, 1, 1, 1) each."""
    low, high = (limits * -limits.new_tensor([0.5, 1.0])).view(2, 2, 1, 1, 1).flip(0)
    return low, high


def _affine(y: Tensor, log_scale: Tensor, shift: Tensor) -> Tensor:
    half = log_scale.tanh()
    return torch.addcmul(shift, y, (half + half).exp())
