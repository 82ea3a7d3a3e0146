"""Raster-order networks: every pixel or axis given those before it.

Pictures: one perceptron shared by all pixels, on a large causal window. Points: a perceptron per
axis whose outcome is a mixture of Gaussians, given any of the other axes. Class index `classes`
means "any": p(x) without a class.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.families.autoregressive.mixtures import LineMixture
from engines.families.layers import Fourier

_REGIONS = 7


class PictureRaster(nn.Module):
    """log p(x_i | x_<i, c) of one-channel pictures by levels 0 … levels − 1, in raster order.

    Pixel i sees the `rows` rows above it as far as `reach` pixels to either side, and `reach`
    pixels to its left; how often each level occurred before it, since a digit keeps to a few
    levels; its place; and the class, by region (7 × 7 of them) and in every layer. Causal by
    construction: nothing later is ever looked up.
    """

    window: Tensor
    near: Tensor

    def __init__(
        self,
        *,
        shape: Sequence[int],
        classes: int,
        rows: int,
        reach: int,
        width: int,
        blocks: int,
        codes: int,
        levels: int = 256,
    ) -> None:
        super().__init__()
        channels, self.height, self.side = shape
        if channels != 1:
            raise ValueError(f"this network models one channel, got {channels}")
        self.classes, self.levels, self.rows, self.reach = classes, levels, rows, reach
        stride = self.side + 2 * reach
        span = range(-reach, reach + 1)
        causal = [(-r, c) for r in range(rows, 0, -1) for c in span] + [
            (0, c) for c in span if c < 0
        ]
        near = [(r, c) for r, c in causal if r >= -2 and abs(c) <= 2]
        self.register_buffer(
            "window", torch.tensor([r * stride + c for r, c in causal]), persistent=False
        )
        self.register_buffer(
            "near", torch.tensor([r * stride + c for r, c in near]), persistent=False
        )
        self.codes = nn.Embedding(levels + 1, codes)
        self.seen = nn.Linear(2 * len(causal), width)
        self.beside = nn.Linear(codes * len(near), width, bias=False)
        self.palette = nn.Linear(levels, width, bias=False)
        self.place = nn.Parameter(torch.zeros(self.height * self.side, width))
        self.label = nn.Embedding(classes + 1, width)
        self.region = nn.Embedding((classes + 1) * _REGIONS**2, width)
        self.blocks = nn.ModuleList(Layer(width, classes) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, levels)
        self.again = nn.Parameter(torch.zeros(2, levels))
        nn.init.normal_(self.label.weight, std=0.1)
        nn.init.zeros_(self.region.weight)
        nn.init.zeros_(self.out.weight)

    def standardise(self, levels: Tensor) -> None:
        """Let the outcome start at the marginal histogram of training levels (n, H, W)."""
        count = torch.bincount(levels.flatten(), minlength=self.levels) + 1.0
        with torch.no_grad():
            self.out.bias.copy_((count / count.sum()).log())

    def forward(
        self,
        levels: Tensor,
        labels: Tensor,
        which: Tensor,
        place: Tensor,
        count: Tensor | None = None,
    ) -> Tensor:
        """Logits (m, levels) of pixels `place` (m,) of the pictures `which` (m,) of a batch.

        levels (n, H, W) int64 and labels (n,) are the batch; what stands at `place` and after it
        does not matter. `count` is what `self.count` finds, where that is known.
        """
        row, column = place // self.side, place % self.side
        margin = (self.reach, self.reach, self.rows, 0)
        padded = F.pad(levels, margin, value=self.levels)
        at = (row + self.rows) * padded.shape[2] + column + self.reach
        start = (which * padded[0].numel() + at)[:, None]
        value, near = self._shades(padded, start + self.window), padded.take(start + self.near)
        if count is None:
            count = self.count(levels, which, place)
        h = self.seen(torch.cat([value, (value > 0).float()], 1))
        often = count.log1p()
        h = h + self.beside(self.codes(near).flatten(1)) + self.palette(often)
        of = labels[which] if len(labels) > 1 else labels  # one label serves all places
        region = row * _REGIONS // self.height * _REGIONS + column * _REGIONS // self.side
        h = h + self.place[place] + self.label(of) + self.region(of * _REGIONS**2 + region)
        for block in self.blocks:
            h = block(h, of)
        logits: Tensor = self.out(self.norm(h))
        return logits + self.again[0] * often + self.again[1] * (count > 0)

    def _shades(self, padded: Tensor, at: Tensor) -> Tensor:
        """Levels as numbers in [0, 1], 0 outside, at places that are wanted often or seldom."""
        often = at.numel() > padded.numel()
        part = padded if often else padded.take(at)
        shades = part.remainder(self.levels).float() / (self.levels - 1)
        return shades.take(at) if often else shades

    def everywhere(self, levels: Tensor, labels: Tensor) -> Tensor:
        """Logits at every pixel, given those before it: (n, H, W) -> (n, H·W, levels)."""
        n, pixels = len(levels), self.height * self.side
        every = torch.arange(n * pixels, device=levels.device)
        seen = F.one_hot(levels.flatten(1), self.levels).float()
        count = (seen.cumsum(1) - seen).flatten(0, 1)
        logits: Tensor = self(levels, labels, every // pixels, every % pixels, count)
        return logits.view(n, pixels, -1)

    def conditionals(self, levels: Tensor, labels: Tensor) -> Tensor:
        """log p(x_i = level | x_<i, c) at every pixel: (n, H, W) -> (n, H, W, levels) nats."""
        log_p = self.everywhere(levels, labels).log_softmax(2)
        return log_p.view(*levels.shape, self.levels)

    def pixel(self, levels: Tensor, labels: Tensor, place: int) -> Tensor:
        """Logits (n, levels) of one pixel of every picture, given those before it."""
        every = torch.arange(len(levels), device=levels.device)
        return self(levels, labels, every, torch.full_like(every, place))  # type: ignore[no-any-return]

    def log_mass(self, levels: Tensor, labels: Tensor) -> Tensor:
        """log p(x_i | x_<i, c) of the pixels as they are: (n, H, W) nats, whose sum is log P(x)."""
        found = self.conditionals(levels, labels)
        return found.gather(3, levels[..., None])[..., 0]

    def count(self, levels: Tensor, which: Tensor, place: Tensor) -> Tensor:
        """How often each level stands before a place: (m, levels) float."""
        past = levels.flatten(1)[which]
        earlier = (torch.arange(past.shape[1], device=place.device) < place[:, None]).float()
        return earlier.new_zeros(len(place), self.levels).scatter_add_(1, past, earlier)


class Layer(nn.Module):
    """Residual perceptron on normalised input, its units scaled and shifted by the class."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, width), nn.Linear(width, width)
        self.film = nn.Embedding(classes + 1, 2 * width)
        nn.init.zeros_(self.narrow.weight)
        nn.init.zeros_(self.film.weight)

    def forward(self, h: Tensor, labels: Tensor) -> Tensor:
        scale, shift = self.film(labels).chunk(2, 1)
        inner = torch.addcmul(shift, self.wide(self.norm(h)), 1 + scale)
        return h + self.narrow(F.silu(inner))  # type: ignore[no-any-return]


class PointConditionals(nn.Module):
    """p(x_k | some of the other axes, c) of points in data units, for every axis k.

    Each is a mixture of Gaussians on the standardised axis. What is not known is hidden by zeros
    and told so; random Fourier features of what is known resolve its edges.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self, *, dim: int, classes: int, components: int, hidden: int, layers: int, features: int
    ) -> None:
        super().__init__()
        self.dim, self.classes = dim, classes
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scale", torch.ones(dim))
        self.place = Fourier(features, dim)
        sizes = [2 * dim + features + classes + 1, *[hidden] * layers]
        self.axes = nn.ModuleList(_perceptron(sizes, components) for _ in range(dim))

    def standardise(self, x: Tensor) -> None:
        """Take mean and standard deviation from the training points (n, dim)."""
        self.mean.copy_(x.mean(0))
        self.scale.copy_(x.std(0))

    def enter(self, x: Tensor) -> Tensor:
        """Standardised coordinates y (n, dim) of points."""
        return (x - self.mean) / self.scale

    def leave(self, y: Tensor) -> Tensor:
        """Points for standardised coordinates."""
        return y * self.scale + self.mean

    def forward(self, y: Tensor, known: Tensor, labels: Tensor, axis: int) -> LineMixture:
        """The mixture of y_axis given the known ones: y (n, dim), known (n or 1, dim) bool.

        In float64 throughout where y is, but for the perceptron.
        """
        seen = torch.where(known, y, 0).float()
        told = known.float().expand_as(seen)
        one_hot = F.one_hot(labels, self.classes + 1).float()
        h = torch.cat([seen, told, self.place(seen), one_hot], 1)
        return LineMixture(self.axes[axis](h).to(y.dtype))

    def log_density(self, x: Tensor, labels: Tensor, order: Sequence[int]) -> Tensor:
        """log p(x | c) in nats, drawn axis by axis in the given order: (n, dim) -> (n,)."""
        y, known = self.enter(x), torch.zeros(1, self.dim, dtype=torch.bool, device=x.device)
        total = -self.scale.log().sum().to(y.dtype).expand(len(x))
        for axis in order:
            total = total + self(y, known, labels, axis).log_density(y[:, axis])
            known = known.index_fill(1, torch.tensor([axis], device=x.device), True)
        return total


def _perceptron(sizes: Sequence[int], components: int) -> nn.Sequential:
    """Perceptron to mixture parameters, whose parts start side by side over the axis."""
    layers: list[nn.Module] = []
    for given, out in itertools.pairwise(sizes):
        layers += [nn.Linear(given, out), nn.SiLU()]
    last = nn.Linear(sizes[-1], 3 * components)
    with torch.no_grad():
        last.weight.mul_(0.1)
        spread = torch.linspace(-2.5, 2.5, components)
        narrow = torch.full_like(spread, math.log(5 / components))
        last.bias.copy_(torch.cat([torch.zeros_like(spread), spread, narrow]))
    return nn.Sequential(*layers, last)
