"""Generators G(z, c) and critics D(x, c) of the GANs: small and without normalisation layers.

A model without classes counts as one of a single class throughout.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.families.layers import Fourier

_SLOPE = 0.2
_SKIP_STD = 0.03


class Generator(nn.Module, ABC):
    """x = G(z, c): z (n, latent) standard normal and classes (n,) to examples (n, …).

    `share` holds p(c), the shares of the classes in the training set: with c ~ p(c) drawn first,
    G samples p(x) without a class.
    """

    share: Tensor

    def __init__(self, *, latent: int, classes: int) -> None:
        super().__init__()
        self.latent, self.classes = latent, classes
        self.register_buffer("share", torch.full((max(1, classes),), 1 / max(1, classes)))

    def count(self, labels: Tensor) -> None:
        """Take p(c) from the classes (N,) of the training set."""
        counts = labels.bincount(minlength=len(self.share)) if self.classes else torch.ones(1)
        self.share.copy_(counts / counts.sum())

    @abstractmethod
    def blend(self, z: Tensor, share: Tensor) -> Tensor:
        """Examples of classes mixed in these shares (n, classes), one-hot for one class."""

    def pick(self, u: Tensor) -> Tensor:
        """c ~ p(c) by its inverse distribution function: u (n,) in (0, 1) -> (n,) int64."""
        return torch.bucketize(u, self.share.cumsum(0)[:-1].contiguous(), right=True)


class PointGenerator(Generator):
    """For points (n, dim) in data units: a perceptron, then the mean and spread of each axis.

    With `skip` a linear map of z is added: Gaussian tails then need not be learned piece by piece.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self, *, dim: int, classes: int, latent: int, hidden: int, layers: int, skip: bool = False
    ) -> None:
        super().__init__(latent=latent, classes=classes)
        sizes = [latent + max(1, classes), *[hidden] * layers]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.out = nn.Linear(hidden, dim)
        self.skip = nn.Linear(latent, dim, bias=False) if skip else None
        if self.skip is not None:
            nn.init.normal_(self.skip.weight, std=_SKIP_STD)
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scale", torch.ones(dim))

    def standardise(self, x: Tensor) -> None:
        """Take mean and standard deviation from the training points (N, dim)."""
        self.mean.copy_(x.mean(0))
        self.scale.copy_(x.std(0))

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.blend(z, F.one_hot(labels, len(self.share)).to(z.dtype))

    def blend(self, z: Tensor, share: Tensor) -> Tensor:
        """Points of classes mixed in these shares (n, classes), one-hot for one class."""
        h = torch.cat([z, share], 1)
        for layer in self.layers:
            h = F.leaky_relu(layer(h), _SLOPE)
        x: Tensor = self.out(h)
        if self.skip is not None:
            x = x + self.skip(z)
        return x * self.scale + self.mean


class PictureGenerator(Generator):
    """For pictures in (-1, 1) whose sides are multiples of 4.

    Convolves at a quarter and half of the size, where a CPU's time is best spent; the last two
    convolutions see single pixels, since shuffled patches alone would leave a grid behind.
    """

    def __init__(
        self, *, shape: Sequence[int], classes: int, latent: int, width: Sequence[int]
    ) -> None:
        super().__init__(latent=latent, classes=classes)
        channels, height, breadth = shape
        if height % 4 or breadth % 4:
            raise ValueError(f"the sides must be multiples of 4, got {height} × {breadth}")
        coarse, fine, pixels = width
        self._start = (coarse, height // 4, breadth // 4)
        self.label = nn.Embedding(len(self.share), latent)
        self.into = nn.Linear(2 * latent, math.prod(self._start))
        self.coarse = nn.Conv2d(coarse, coarse, 3, padding=1)
        self.grow = nn.Conv2d(coarse, 4 * fine, 1)
        self.fine = nn.Conv2d(fine, fine, 3, padding=1)
        self.to_pixels = nn.Conv2d(fine, 4 * pixels, 1)
        self.near = nn.Conv2d(pixels, pixels, 3, padding=1)
        self.out = nn.Conv2d(pixels, channels, 3, padding=1)
        _prepare(self, last=self.out)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        return self._pictures(torch.cat([z, self.label(labels)], 1))

    def blend(self, z: Tensor, share: Tensor) -> Tensor:
        """Pictures of classes mixed in these shares (n, classes), one-hot for one class."""
        return self._pictures(torch.cat([z, share @ self.label.weight], 1))

    def _pictures(self, code: Tensor) -> Tensor:
        h = _rectified(self.into(code)).view(len(code), *self._start)
        h = h + _rectified(self.coarse(h))
        h = _rectified(F.pixel_shuffle(self.grow(h), 2))
        h = h + _rectified(self.fine(h))
        h = _rectified(F.pixel_shuffle(self.to_pixels(h), 2))
        return self.out(_rectified(self.near(h))).tanh()  # type: ignore[no-any-return]


class PointCritic(nn.Module):
    """D(x, c) for points (n, dim), seen standardised and by random Fourier features.

    With features of the place, edges are learned several times as fast (Tancik et al. 2020).
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, *, dim: int, classes: int, hidden: int, layers: int, places: int) -> None:
        super().__init__()
        self._classes = max(1, classes)
        self.place = Fourier(places, dim)
        sizes = [dim + places + self._classes, *[hidden] * layers]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.out = nn.Linear(hidden, 1)
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scale", torch.ones(dim))

    def standardise(self, x: Tensor) -> None:
        """Take mean and standard deviation from the training points (N, dim)."""
        self.mean.copy_(x.mean(0))
        self.scale.copy_(x.std(0))

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Scores (n,)."""
        x = (x - self.mean) / self.scale
        # waves about as long as half the data are wide, two deviations, and shorter ones
        h = torch.cat([x, self.place(x / 2), F.one_hot(labels, self._classes).to(x.dtype)], 1)
        for layer in self.layers:
            h = F.leaky_relu(layer(h), _SLOPE)
        return self.out(h)[:, 0]  # type: ignore[no-any-return]


class PictureCritic(nn.Module):
    """D(x, c) = w·φ(x) + v_c·φ(x) for pictures: Miyato & Koyama 2018, equation 8."""

    def __init__(
        self, *, shape: Sequence[int], classes: int, width: Sequence[int], features: int
    ) -> None:
        super().__init__()
        channels, height, breadth = shape
        half, quarter, eighth = width
        places = -(-height // 8) * -(-breadth // 8)
        self.into = nn.Conv2d(4 * channels, half, 3, padding=1)
        self.shrink = nn.Conv2d(half, quarter, 3, stride=2, padding=1)
        self.deep = nn.Conv2d(quarter, quarter, 3, padding=1)
        self.last = nn.Conv2d(quarter, eighth, 3, stride=2, padding=1)
        self.features = nn.Linear(eighth * places, features)
        self.out = nn.Linear(features, 1)
        self.label = nn.Embedding(max(1, classes), features)
        _prepare(self, last=self.out)
        nn.init.normal_(self.label.weight, std=features**-0.5)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Scores (n,)."""
        h = _rectified(self.into(F.pixel_unshuffle(x, 2)))
        h = _rectified(self.shrink(h))
        h = h + _rectified(self.deep(h))
        h = _rectified(self.last(h))
        h = _rectified(self.features(h.flatten(1)))
        return self.out(h)[:, 0] + (h * self.label(labels)).sum(1)  # type: ignore[no-any-return]


def _rectified(h: Tensor) -> Tensor:
    return F.leaky_relu(h, _SLOPE)


def _prepare(net: nn.Module, *, last: nn.Module) -> None:
    """Keep the variance from layer to layer (He et al. 2015, equation 15): nothing normalises."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            slope = 1.0 if layer is last else _SLOPE
            nn.init.kaiming_normal_(layer.weight, slope)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
