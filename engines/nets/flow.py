"""Normalizing flows: a multi-scale coupling flow for small pictures, a spline flow for points.

Both map data to z ~ N(0, I) with an exact inverse and an exact log-determinant.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial

import torch
import zuko
from torch import Tensor, nn
from torch.nn import functional as F

from engines.nets.plane_flow import Unrolled
from engines.nets.spline import Spline

_EDGE = 1e-6


class ActNorm(nn.Module):
    """Per-channel scale and shift, set on the first batch to zero mean and unit variance.

    Kingma & Dhariwal 2018, section 3.1.
    """

    ready: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.log_scale = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.register_buffer("ready", torch.tensor(False))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if self.training and not self.ready:
            with torch.no_grad():
                self.shift.copy_(x.mean((0, 2, 3), keepdim=True))
                self.log_scale.copy_(-x.std((0, 2, 3), keepdim=True).clamp_min(1e-3).log())
                self.ready.fill_(True)
        return (x - self.shift) * self.log_scale.exp(), self.log_scale.sum() * x[0, 0].numel()

    def inverse(self, y: Tensor) -> Tensor:
        return y * (-self.log_scale).exp() + self.shift


class Mix(nn.Module):
    """Invertible 1x1 convolution W = P L (U + diag s): Kingma & Dhariwal 2018, equation 10.

    It starts as a random rotation, or with the channels in reverse.
    """

    p: Tensor
    sign: Tensor

    def __init__(self, channels: int, *, rotated: bool) -> None:
        super().__init__()
        if rotated:
            start = torch.linalg.qr(torch.randn(channels, channels))[0]
        else:
            start = torch.eye(channels).flip(0)
        p, lower, upper = torch.linalg.lu(start)
        self.register_buffer("p", p)
        self.register_buffer("sign", upper.diagonal().sign())
        self.lower, self.upper = nn.Parameter(lower), nn.Parameter(upper.triu(1))
        self.log_s = nn.Parameter(upper.diagonal().abs().log())
        self._inverse: Tensor | None = None

    def weight(self) -> Tensor:
        eye = torch.eye(len(self.log_s), device=self.log_s.device, dtype=self.log_s.dtype)
        lower = self.lower.tril(-1) + eye
        upper = self.upper.triu(1) + torch.diag(self.sign * self.log_s.exp())
        return self.p @ lower @ upper

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return F.conv2d(x, self.weight()[..., None, None]), self.log_s.sum() * x[0, 0].numel()

    def inverse(self, y: Tensor) -> Tensor:
        if self.training or self._inverse is None:
            with torch.inference_mode(False):  # it is kept, and slopes may pass through it later
                inverse = torch.linalg.inv(self.weight().detach().cpu().double())
                self._inverse = inverse.to(y.device, y.dtype)
        return F.conv2d(y, self._inverse[..., None, None])

    def train(self, mode: bool = True) -> Mix:
        self._inverse = None  # it may be out of date
        return super().train(mode)


class Neighbourhood(nn.Module):
    """Parameters of an elementwise map from the known channels nearby and the class.

    The first convolution is wide, for few channels enter it, and the last sees one place only.
    """

    def __init__(self, given: int, out: int, *, width: int, reach: int, classes: int) -> None:
        super().__init__()
        self.into = nn.Conv2d(given, width, reach, padding=reach // 2)
        self.label = nn.Embedding(classes + 1, width)
        self.middle = nn.Conv2d(width, width, 3, padding=1)
        self.out = nn.Conv2d(width, out, 1)
        _start_at_nothing(self.label, self.out)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # 1.5 × as fast

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        h = F.silu(self.into(x) + self.label(labels)[..., None, None])
        h = h + F.silu(self.middle(h))
        # one place at a time is a matrix product, which torch's 1x1 convolution is slower at
        out = F.linear(h.permute(0, 2, 3, 1), self.out.weight[..., 0, 0], self.out.bias)
        return out.permute(0, 3, 1, 2)


class Overview(nn.Module):
    """The same from all places at once: what makes the far parts of a digit belong together."""

    def __init__(
        self, given: int, out: int, *, grid: Sequence[int], hidden: int, classes: int
    ) -> None:
        super().__init__()
        self.grid, places = tuple(grid), math.prod(grid)
        self.into = nn.Linear(given * places, hidden)
        self.label, self.film = (nn.Embedding(classes + 1, hidden) for _ in range(2))
        self.middle = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, out * places)
        _start_at_nothing(self.label, self.film, self.out)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        h = F.silu(self.into(x.flatten(1)) + self.label(labels))
        h = h + F.silu(self.middle(h) * (1 + self.film(labels)))
        return self.out(h).unflatten(1, (-1, *self.grid))  # type: ignore[no-any-return]


def _start_at_nothing(*layers: nn.Module) -> None:
    """Zero parameters: a coupling then starts as the identity."""
    for layer in layers:
        for parameter in layer.parameters():
            nn.init.zeros_(parameter)


class Bend(nn.Module):
    """Elementwise monotone map of one tensor given another: affine, then rational-quadratic.

    Dinh et al. 2017 (affine) and Durkan et al. 2019 (spline); bins = 0 leaves the spline out.
    """

    def __init__(
        self, given: int, bent: int, bins: int, net: Callable[[int, int], nn.Module]
    ) -> None:
        super().__init__()
        self.bins, self.bent = bins, bent
        self.net = net(given, bent * (2 + (3 * bins - 1 if bins else 0)))

    def _maps(self, given: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Spline | None]:
        raw = self.net(given, labels)
        log_scale, shift = raw[:, : 2 * self.bent].chunk(2, 1)
        spline = None
        if self.bins:
            knots = raw[:, 2 * self.bent :].unflatten(1, (self.bent, -1)).movedim(2, -1)
            spline = Spline(knots, self.bins)
        return 2 * torch.tanh(log_scale / 2), shift, spline

    def forward(self, x: Tensor, given: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        log_scale, shift, spline = self._maps(given, labels)
        y, log_det = (x + shift) * log_scale.exp(), log_scale
        if spline is not None:
            y, more = spline.call_and_ladj(y)
            log_det = log_det + more
        return y, log_det.flatten(1).sum(1)

    def inverse(self, y: Tensor, given: Tensor, labels: Tensor) -> Tensor:
        log_scale, shift, spline = self._maps(given, labels)
        if spline is not None:
            y = spline.inv(y)
        return y * (-log_scale).exp() - shift


class Coupling(nn.Module):
    """ActNorm, 1x1 mixing, then one half of the channels bends the other."""

    def __init__(
        self, channels: int, bins: int, net: Callable[[int, int], nn.Module], *,
        rotated: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.norm, self.mix = ActNorm(channels), Mix(channels, rotated=rotated)
        self.bend = Bend(channels // 2, channels // 2, bins, net)

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        x, d1 = self.norm(x)
        x, d2 = self.mix(x)
        kept, bent = x.chunk(2, 1)
        bent, d3 = self.bend(bent, kept, labels)
        return torch.cat([kept, bent], 1), d1 + d2 + d3

    def inverse(self, y: Tensor, labels: Tensor) -> Tensor:
        kept, bent = y.chunk(2, 1)
        bent = self.bend.inverse(bent, kept, labels)
        return self.norm.inverse(self.mix.inverse(torch.cat([kept, bent], 1)))


class ClassBase(nn.Module):
    """Mean and scale of the base Gaussian per class, as a last affine map to N(0, I).

    Izmailov et al. 2020 (FlowGMM): a class then has a place of its own in latent space.
    """

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.mean, self.log_sd = nn.Embedding(classes + 1, dim), nn.Embedding(classes + 1, dim)
        nn.init.zeros_(self.mean.weight)
        nn.init.zeros_(self.log_sd.weight)

    def forward(self, z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        log_sd = self.log_sd(labels)
        return (z - self.mean(labels)) * (-log_sd).exp(), -log_sd.sum(1)

    def inverse(self, z: Tensor, labels: Tensor) -> Tensor:
        return z * self.log_sd(labels).exp() + self.mean(labels)  # type: ignore[no-any-return]


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
    they cost little, and what local couplings leave is far-reaching.
    Class index `classes` means "any": p(x) without a class.
    """

    def __init__(
        self, *, shape: Sequence[int], classes: int, couplings: Sequence[int],
        width: Sequence[int], reach: Sequence[int], hidden: int, bins: int, top: Sequence[int],
    ) -> None:  # fmt: skip
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
            Coupling(4 * half, use, net)
            for _ in range(couplings[1])
            for use, net in ((bins, near[1]), (0, far))
        )
        self.last = ActNorm(4 * half)
        count, wide = top
        above = partial(Overview, grid=grid, hidden=wide, classes=classes)
        self.top = nn.ModuleList(Coupling(4 * half, 0, above, rotated=False) for _ in range(count))
        self.view = Bend(4 * half, 4 * half, 0, above)
        self.base = ClassBase(math.prod(shape), classes)

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
        """u (n, C, H, W) in (0, 1) for z (n, D)."""
        c, side_h, side_w = self.shape
        deep, shallow = self.base.inverse(z, labels).chunk(2, 1)
        h, out = (part.reshape(-1, 8 * c, side_h // 4, side_w // 4) for part in (deep, shallow))
        out = F.pixel_shuffle(self.view.inverse(out, h, labels), 2)
        for layer in reversed(self.top):
            h = layer.inverse(h, labels)  # type: ignore[operator]
        h = self.last.inverse(h)
        for layer in reversed(self.coarse):
            h = layer.inverse(h, labels)  # type: ignore[operator]
        kept = F.pixel_shuffle(h, 2)
        out = self.split.inverse(out, kept, labels)
        h = torch.cat([kept, out], 1)
        for layer in reversed(self.fine):
            h = layer.inverse(h, labels)  # type: ignore[operator]
        v = torch.sigmoid(5 * F.pixel_shuffle(h, 2))
        return ((v - _EDGE) / (1 - 2 * _EDGE)).clamp(0, 1)


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
        self.flow = zuko.flows.NSF(
            dim, context=classes + 1, transforms=transforms, bins=bins, hidden_features=hidden
        )

    def standardise(self, x: Tensor) -> None:
        """Take mean and standard deviation from the training points (n, dim)."""
        self.mean.copy_(x.mean(0))
        self.scale.copy_(x.std(0))

    def _transform(self, labels: Tensor) -> zuko.transforms.ComposedTransform:
        return self.flow(F.one_hot(labels, self.classes + 1).float()).transform

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


def log_normal(z: Tensor) -> Tensor:
    """log N(z; 0, I) in nats, summed over all but the first axis."""
    return -0.5 * (z.square() + math.log(2 * math.pi)).flatten(1).sum(1)
