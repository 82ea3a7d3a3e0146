"""The layers of a picture flow, from pictures to codes: (n, C, H, W) in and out.

Back from codes leads `engines.families.flow.inverse`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.families.flow.spline import Spline


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

    def weight(self) -> Tensor:
        eye = torch.eye(len(self.log_s), device=self.log_s.device, dtype=self.log_s.dtype)
        lower = self.lower.tril(-1) + eye
        upper = self.upper.triu(1) + torch.diag(self.sign * self.log_s.exp())
        return self.p @ lower @ upper

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return F.conv2d(x, self.weight()[..., None, None]), self.log_s.sum() * x[0, 0].numel()


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

    `limits` (2, 2) are the lowest and the highest log-scale (before the tanh) and shift, where it
    is bounded. Far from the training data a net extrapolates without bound, and shifts of hundreds
    feed the nets that follow. Whatever a net returns the map is invertible, with the same
    log-determinant, so that the density stays exact and normalised. They are set by
    `engines.training.bounds` when training is over.
    """

    limits: Tensor | None

    def __init__(
        self,
        given: int,
        bent: int,
        bins: int,
        net: Callable[[int, int], nn.Module],
        *,
        bounded: bool = False,
    ) -> None:
        super().__init__()
        self.bins, self.bent = bins, bent
        self.net = net(given, bent * (2 + (3 * bins - 1 if bins else 0)))
        none = torch.tensor([[-math.inf] * 2, [math.inf] * 2])
        self.register_buffer("limits", none if bounded else None)

    @property
    def bounds(self) -> Tensor | None:
        """The limits in force; None while training, which is not held back by earlier ones."""
        return None if self.training else self.limits

    def affine(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """Log-scale before its tanh, and shift, of what the net returns: (n, c, …) each."""
        both = raw[:, : 2 * self.bent].unflatten(1, (2, self.bent))
        if self.bounds is not None:
            low, high = self.bounds.view(2, 2, 1, 1, 1)
            both = both.clamp(low, high)
        log_scale, shift = both.unbind(1)
        return log_scale, shift

    def forward(self, x: Tensor, given: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        raw = self.net(given, labels)
        log_scale, shift = self.affine(raw)
        log_scale = 2 * torch.tanh(log_scale / 2)
        y, log_det = (x + shift) * log_scale.exp(), log_scale
        if self.bins:
            knots = raw[:, 2 * self.bent :].unflatten(1, (self.bent, -1)).movedim(2, -1)
            y, more = Spline(knots, self.bins).call_and_ladj(y)
            log_det = log_det + more
        return y, log_det.flatten(1).sum(1)


class Coupling(nn.Module):
    """ActNorm, 1x1 mixing, then one half of the channels bends the other."""

    def __init__(
        self,
        channels: int,
        bins: int,
        net: Callable[[int, int], nn.Module],
        *,
        rotated: bool = True,
        bounded: bool = False,
    ) -> None:
        super().__init__()
        self.norm, self.mix = ActNorm(channels), Mix(channels, rotated=rotated)
        self.bend = Bend(channels // 2, channels // 2, bins, net, bounded=bounded)

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        x, d1 = self.norm(x)
        x, d2 = self.mix(x)
        kept, bent = x.chunk(2, 1)
        bent, d3 = self.bend(bent, kept, labels)
        return torch.cat([kept, bent], 1), d1 + d2 + d3


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
