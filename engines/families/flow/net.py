"""Normalizing flows: a multi-scale coupling flow for small pictures, a spline flow for points.

Both map data to z ~ N(0, I) with an exact inverse and an exact log-determinant.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial

import torch
import zuko
from torch import Tensor, nn
from torch.nn import functional as F

from engines.families.flow.bend import spline_flow
from engines.families.flow.couplings import (
    ActNorm,
    Bend,
    ClassBase,
    Coupling,
    Neighbourhood,
    Overview,
)
from engines.families.flow.inverse import PictureInverse
from engines.families.flow.plane import Unrolled
from engines.noise import log_normal

_EDGE = 1e-6


class Invertible(nn.Module, ABC):
    """Maps examples to z ~ N(0, I) and back. Class index `classes` means "any"."""

    @abstractmethod
    def encode(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """z (n, D) and log |dz/dx| (n,) for x (n, …)."""

    @abstractmethod
    def decode(self, z: Tensor, labels: Tensor) -> Tensor:
        """Examples (n, …) for z (n, D)."""


class PictureFlow(Invertible):
    """Multi-scale coupling flow on dequantised pictures u in (0, 1): (n, C, H, W) -> z (n, C·H·W).

    Logit, squeeze, couplings, split, squeeze, couplings (Dinh et al. 2017, section 3.6). Among the
    coarse couplings, spline ones that look nearby take turns with affine ones that see everything.
    Affine ones that see everything end both halves, `top` the kept one and `view` the split one:
    they cost little, and what local couplings leave is far-reaching. Where the flow is `bounded`,
    these affine ones have limits (`Bend`): far from digits they would extrapolate without bound.
    Class index `classes` means "any": p(x) without a class.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        classes: int,
        couplings: Sequence[int],
        width: Sequence[int],
        reach: Sequence[int],
        hidden: int,
        bins: int,
        top: Sequence[int],
        bounded: bool = False,
    ) -> None:
        super().__init__()
        self.shape, self.classes = tuple(shape), classes
        channels, height, side = self.shape
        first, half = 4 * channels, 2 * channels

        near = [
            partial(Neighbourhood, width=width[i], reach=reach[i], classes=classes) for i in (0, 1)
        ]
        grid = (height // 4, side // 4)
        far = partial(Overview, grid=grid, hidden=hidden, classes=classes)
        self.fine = nn.ModuleList(Coupling(first, bins, near[0]) for _ in range(couplings[0]))
        self.split = Bend(half, half, bins, near[0])
        self.coarse = nn.ModuleList(
            Coupling(4 * half, use, net, bounded=limited)
            for _ in range(couplings[1])
            for use, net, limited in ((bins, near[1], False), (0, far, bounded))
        )
        self.last = ActNorm(4 * half)
        count, wide = top
        above = partial(Overview, grid=grid, hidden=wide, classes=classes)
        self.top = nn.ModuleList(
            Coupling(4 * half, 0, above, rotated=False, bounded=bounded) for _ in range(count)
        )
        self.view = Bend(4 * half, 4 * half, 0, above, bounded=bounded)
        self.base = ClassBase(math.prod(shape), classes)
        self._inverse: PictureInverse | None = None

    def encode(self, u: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """z (n, D) and log |dz/du| (n,)."""
        v = _EDGE + (1 - 2 * _EDGE) * u
        y = torch.logit(v) / 5
        log_det = (math.log((1 - 2 * _EDGE) / 5) - v.log() - (1 - v).log()).flatten(1).sum(1)
        h = F.pixel_unshuffle(y, 2)
        for layer in self.fine:
            h, d = layer(h, labels)
            log_det = log_det + d
        kept, out = h.chunk(2, 1)
        out, d = self.split(out, kept, labels)
        log_det = log_det + d
        h = F.pixel_unshuffle(kept, 2)
        for layer in self.coarse:
            h, d = layer(h, labels)
            log_det = log_det + d
        h, d = self.last(h)
        log_det = log_det + d
        for layer in self.top:
            h, d = layer(h, labels)
            log_det = log_det + d
        out, d = self.view(F.pixel_unshuffle(out, 2), h, labels)
        z, d2 = self.base(torch.cat([h.flatten(1), out.flatten(1)], 1), labels)
        return z, log_det + d + d2

    def decode(self, z: Tensor, labels: Tensor) -> Tensor:
        """u (n, C, H, W) in (0, 1) for z (n, D); no slopes lead to the weights."""
        if self.training or self._inverse is None:
            with torch.inference_mode(False):  # it is kept, and slopes may pass through it later
                self._inverse = PictureInverse(
                    self.shape,
                    fine=self.fine,
                    split=self.split,
                    coarse=self.coarse,
                    last=self.last,
                    top=self.top,
                    view=self.view,
                    base=self.base,
                )
        v = torch.sigmoid(5 * self._inverse(z, labels))
        return ((v - _EDGE) / (1 - 2 * _EDGE)).clamp(0, 1)

    def train(self, mode: bool = True) -> PictureFlow:
        self._inverse = None  # it may be out of date
        return super().train(mode)


class PointFlow(Invertible):
    """Neural spline flow on points (Durkan et al. 2019, by zuko), after standardising each axis.

    Class index `classes` means "any".
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self, *, dim: int, classes: int, transforms: int, bins: int, hidden: Sequence[int]
    ) -> None:
        super().__init__()
        self.classes, self.bins = classes, bins
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scale", torch.ones(dim))
        self.flow = spline_flow(
            dim, context=classes + 1, transforms=transforms, bins=bins, hidden=hidden
        )

    def standardise(self, x: Tensor) -> None:
        """Take mean and standard deviation from the training points (n, dim)."""
        self.mean.copy_(x.mean(0))
        self.scale.copy_(x.std(0))

    def _transform(self, labels: Tensor) -> zuko.transforms.ComposedTransform:
        return self.flow(F.one_hot(labels, self.classes + 1).float()).transform

    @property
    def layers(self) -> int:
        """How many layers a point passes."""
        label = torch.zeros(1, dtype=torch.int64, device=self.mean.device)
        return len(self._transform(label).transforms)

    def log_p_after(self, x: Tensor, labels: Tensor, count: int) -> Tensor:
        """log p (n,) of points after the first `count` layers that a sample passes."""
        u = (x - self.mean) / self.scale
        total = -self.scale.log().sum().expand(len(x))
        layers = self._transform(labels).transforms
        for layer in layers[len(layers) - count :]:
            u, more = layer.call_and_ladj(u)
            total = total + more
        return log_normal(u) + total

    def decode_partly(self, z: Tensor, labels: Tensor, count: int) -> Tensor:
        """Where noise z (n, dim) is after the first `count` layers that a sample passes."""
        layers = self._transform(labels).transforms
        for layer in reversed(layers[len(layers) - count :]):
            z = layer.inv(z)
        return z * self.scale + self.mean

    def unrolled(self, label: int) -> Unrolled:
        """The flow of two standardised coordinates for one class, without what only repeats."""
        one_hot = F.one_hot(torch.tensor(label), self.classes + 1).to(self.scale)
        return Unrolled(self.flow, one_hot, self.bins)

    def encode(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """z (n, dim) and log |dz/dx| (n,)."""
        z, log_det = self._transform(labels).call_and_ladj((x - self.mean) / self.scale)
        return z, log_det - self.scale.log().sum()

    def decode(self, z: Tensor, labels: Tensor) -> Tensor:
        """Points (n, dim) in data units for z (n, dim)."""
        return self._transform(labels).inv(z) * self.scale + self.mean  # type: ignore[no-any-return]
