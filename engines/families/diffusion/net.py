"""Denoisers D(x; σ, c): a small U-Net for pictures, a perceptron for points.

Preconditioned as in Karras et al. 2022 ("EDM"). They work in coordinates of mean 0 and standard
deviation σ_data, in which the constants of that paper hold as printed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.families.layers import Fourier, UNet

SIGMA_DATA = 0.5
SPAN = (0.002, 80.0)
"""σ_min and σ_max of the denoisers trained here."""
_EDGE = 1e-6
_STILL = 0.4
"""Below this part of the scale at which a density is smooth, its denoiser's level stands still."""


def preconditioning(sigma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """c_in, c_skip and c_out: Karras et al. 2022, table 1."""
    total = sigma.square() + SIGMA_DATA**2
    return total.rsqrt(), SIGMA_DATA**2 / total, sigma * SIGMA_DATA * total.rsqrt()


class Denoiser(nn.Module):
    """D(x; σ, c) = c_skip x + c_out F(c_in x; c_noise, c): Karras et al. 2022, equation 7, table 1.

    `steps` is the number of sampler steps that its recipe recommends. Class index `classes` means
    "any": p(x) without a class. `span` holds σ_min and σ_max, between which it was trained.
    """

    mean: Tensor
    scale: Tensor
    span: tuple[float, float] = SPAN

    def __init__(self, body: nn.Module, *, axes: int, classes: int, steps: int) -> None:
        super().__init__()
        self.body, self.classes, self.steps = body, classes, steps
        self.register_buffer("mean", torch.zeros(axes))
        self.register_buffer("scale", torch.ones(axes))

    def forward(self, x: Tensor, sigma: Tensor, labels: Tensor) -> Tensor:
        """The mean of clean coordinates given noisy ones: x (n, …), sigma (n,) -> (n, …)."""
        c_in, c_skip, c_out = preconditioning(sigma.view(-1, *[1] * (x.dim() - 1)))
        return c_skip * x + c_out * self.f(c_in * x, sigma, labels)

    def f(self, w: Tensor, sigma: Tensor, labels: Tensor) -> Tensor:
        """F(w; σ, c) for w = c_in x (n, …)."""
        found: Tensor = self.body(w, sigma.log() / 4, labels)
        return found

    def enter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Coordinates y (n, …) of data x, and log |dy/dx| (n,)."""
        raise NotImplementedError

    def leave(self, y: Tensor) -> Tensor:
        """Data for coordinates y (n, …)."""
        raise NotImplementedError


class PointDenoiser(Denoiser):
    """For points (n, dim) in data units: each axis standardised, then a perceptron.

    A density that is smooth at the scale of `smooth` = τ > 0 leaves F ≈ σ ∇ log p (x) at σ < τ.
    There the perceptron is taken times σ / √(σ² + τ²), and its level changes little any more, so
    that it need not learn many small answers from as many noisy ones.
    """

    def __init__(
        self,
        *,
        dim: int,
        classes: int,
        hidden: int,
        layers: int,
        features: int,
        steps: int,
        places: int = 0,
        smooth: float = 0.0,
    ) -> None:
        body = Perceptron(
            dim, classes, hidden=hidden, layers=layers, features=features, places=places
        )
        super().__init__(body, axes=dim, classes=classes, steps=steps)
        self.smooth = smooth

    def f(self, w: Tensor, sigma: Tensor, labels: Tensor) -> Tensor:
        level, share = self._smoothed(sigma)
        found: Tensor = share[:, None] * self.body(w, level, labels)
        return found

    def with_divergence(self, x: Tensor, sigma: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """D(x; σ, c) and ∇ · D, with gradients of the parameters: (n, dim), (n,)."""
        assert isinstance(self.body, Perceptron)
        c_in, c_skip, c_out = preconditioning(sigma[:, None])
        level, share = self._smoothed(sigma)
        found, turning = with_divergence(self.body, c_in * x, level, labels)
        c_out = c_out * share[:, None]
        turning = x.shape[1] * c_skip[:, 0] + (c_out * c_in)[:, 0] * turning
        return c_skip * x + c_out * found, turning

    def _smoothed(self, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """c_noise of the perceptron, and its share of F: (n,) each."""
        if not self.smooth:
            return sigma.log() / 4, torch.ones_like(sigma)
        least = _STILL * self.smooth
        share = sigma * (sigma.square() + self.smooth**2).rsqrt()
        return (sigma.square() + least**2).log() / 8, share

    def standardise(self, x: Tensor) -> None:
        """Take mean and standard deviation from the training points (n, dim)."""
        self.mean.copy_(x.mean(0))
        self.scale.copy_(x.std(0) / SIGMA_DATA)

    def enter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return (x - self.mean) / self.scale, -self.scale.log().sum().expand(len(x))

    def leave(self, y: Tensor) -> Tensor:
        return y * self.scale + self.mean

    def slopes(
        self, w: Tensor, sigma: float, label: Tensor, *, divergence: bool = True
    ) -> tuple[Tensor, Tensor]:
        """F(w; φ) at one noise level for one class (1,), and its divergence: (n, dim), (n,).

        Without the divergence, zeros for it, at a third of the cost.
        """
        assert isinstance(self.body, Perceptron)
        level, share = map(float, self._smoothed(torch.tensor(sigma, dtype=torch.float64)))
        found, turning = slopes(self.body, w, level, label, divergence=divergence)
        return found * share, turning * share


class PictureDenoiser(Denoiser):
    """For dequantised pictures u (n, C, H, W) in (0, 1): standardised logits, then a U-Net.

    The logit spreads the end levels, which are most of a digit, over a range that noise resolves
    (Dinh et al. 2017, section 4.1): without it the density would be that of two narrow spikes.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        classes: int,
        width: Sequence[int],
        blocks: Sequence[int],
        steps: int,
    ) -> None:
        body = UNet(shape[0], classes, width=width, blocks=blocks)
        super().__init__(body, axes=1, classes=classes, steps=steps)

    def standardise(self, u: Tensor) -> None:
        """Take mean and standard deviation from dequantised training pictures."""
        y = torch.logit(_EDGE + (1 - 2 * _EDGE) * u)
        self.mean.copy_(y.mean())
        self.scale.copy_(y.std() / SIGMA_DATA)

    def enter(self, u: Tensor) -> tuple[Tensor, Tensor]:
        v = _EDGE + (1 - 2 * _EDGE) * u
        slope = math.log(1 - 2 * _EDGE) - v.log() - (1 - v).log() - self.scale.log()
        return (torch.logit(v) - self.mean) / self.scale, slope.flatten(1).sum(1)

    def leave(self, y: Tensor) -> Tensor:
        v = torch.sigmoid(y * self.scale + self.mean)
        return ((v - _EDGE) / (1 - 2 * _EDGE)).clamp(0, 1)


class Perceptron(nn.Module):
    """F(x; c_noise, c) for points, seen as they are and by random Fourier features, if any.

    With features of the place, edges and rings are learned several times as fast.
    """

    def __init__(
        self, dim: int, classes: int, *, hidden: int, layers: int, features: int, places: int
    ) -> None:
        super().__init__()
        self.classes = classes
        self.level = Fourier(features)
        self.place = Fourier(places, dim) if places else None
        sizes = [dim + places + features + classes + 1, *[hidden] * layers]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.out = nn.Linear(hidden, dim)

    def forward(self, x: Tensor, c_noise: Tensor, labels: Tensor) -> Tensor:
        seen = [x] if self.place is None else [x, self.place(x)]
        h = torch.cat([*seen, self.given(c_noise, labels)], 1)
        for layer in self.layers:
            h = F.silu(layer(h))
        return self.out(h)  # type: ignore[no-any-return]

    def given(self, c_noise: Tensor, labels: Tensor) -> Tensor:
        """What the first layer sees beside the place: (n, features + classes + 1)."""
        one_hot = F.one_hot(labels, self.classes + 1).to(c_noise.dtype)
        return torch.cat([self.level(c_noise), one_hot], 1)


@torch.no_grad()
def slopes(
    net: Perceptron, x: Tensor, c_noise: float, label: Tensor, *, divergence: bool = True
) -> tuple[Tensor, Tensor]:
    """F(x; c_noise, c) of one noise level and class (1,), and its divergence: (n, dim), (n,).

    In forward mode, a tangent per axis beside the values: on many points twice as fast as
    gradients backwards. What all points share enters the first layer once.
    """
    n, dim = x.shape
    first, tangents = net.layers[0], dim if divergence else 0
    assert isinstance(first, nn.Linear)
    # values, then both tangents: one product of matrices a layer, in memory that is taken once
    both, weight = _seen(net, x, tangents), first.weight
    near, rest = both.shape[1], weight.shape[1] - net.classes - 1
    h = both @ weight[:, :near].T
    shared = net.level(x.new_full((1,), c_noise))[0]
    bias = first.bias + weight[:, near:rest] @ shared + weight[:, rest + label[0]]
    spare, one = torch.empty_like(h), h.new_ones(1)
    for layer in [*list(net.layers)[1:], net.out]:
        assert isinstance(layer, nn.Linear)
        z = h[:n].add_(bias)
        s = z.sigmoid()
        z.mul_(s)  # SiLU, z s; its slope is s + z s (1 − s)
        s.lerp_(one, z)
        h[n:].view(tangents, n, h.shape[1]).mul_(s)
        out, bias = (spare if layer is not net.out else None), layer.bias
        h, spare = torch.mm(h, layer.weight.T, out=out), h
    h = h.view(1 + tangents, n, dim)
    return h[0] + bias, h[1:].diagonal(dim1=0, dim2=2).sum(1)


def with_divergence(
    net: Perceptron, x: Tensor, c_noise: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """F(x; c_noise, c) and its divergence, as `slopes`, of a level and a class each: all (n, …).

    With gradients of the parameters, in half the time of automatic differentiation in both modes.
    """
    n, dim = x.shape
    first = net.layers[0]
    assert isinstance(first, nn.Linear)
    both = _seen(net, x, dim)
    near, rest = first.weight.split([both.shape[1], first.in_features - both.shape[1]], 1)
    h = both @ near.T
    z = h[:n] + F.linear(net.given(c_noise, labels), rest, first.bias)
    tangents = h[n:].view(dim, n, -1)
    for layer in [*list(net.layers)[1:], net.out]:
        assert isinstance(layer, nn.Linear)
        s = z.sigmoid()
        z = z * s  # SiLU; its slope is s + z s (1 − s)
        tangents = F.linear(tangents * (s + z * (1 - s)), layer.weight)
        z = layer(z)
    return z, tangents.diagonal(dim1=0, dim2=2).sum(1)


def _seen(net: Perceptron, x: Tensor, tangents: int) -> Tensor:
    """What the first layer sees of places (n, dim), then of a step along each of the first axes."""
    n, dim = x.shape
    waves = 0 if net.place is None else net.place.frequency.shape[1]
    both = x.new_zeros(1 + tangents, n, dim + 2 * waves)
    plain, cos, sin = both.split([dim, waves, waves], 2)
    plain[0] = x
    for axis in range(tangents):
        plain[1 + axis, :, axis] = 1
    if net.place is not None:
        angle = x @ net.place.frequency
        cos[0], sin[0] = angle.cos(), angle.sin()
        for axis in range(tangents):
            turn = net.place.frequency[axis]
            torch.mul(sin[0], -turn, out=cos[1 + axis])
            torch.mul(cos[0], turn, out=sin[1 + axis])
    return both.flatten(0, 1)
