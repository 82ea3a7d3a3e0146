"""Energies E(x, c) in nats: of noisy pictures by a small U-Net, of points by a perceptron.

log p(x | c) = −E(x, c) − log Z_c. Smooth throughout (SiLU, no norms of the batch or of groups), as
training differentiates them twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.nets.diffusion import SIGMA_DATA, Fourier

SIGMA_MIN, SIGMA_MAX = 0.02, 20.0
_ROWS = 16_384


class PictureEnergy(nn.Module):
    """E(y; σ, c) of noisy pictures, whose score −∇E is that of a preconditioned denoiser.

    E = ‖y‖² / (2 (σ² + σ_d²)) − (σ_d / σ) g(w; σ, c) with w = y / √(σ² + σ_d²): exact for Gaussian
    data at g = 0, and with ∇g for F the score is that of Karras et al. 2022, equation 7. The
    potential is g = ⟨w, N⟩ of a U-Net N (the inner product of Du et al. 2023): it learned faster
    than squared errors ‖w − N‖² (Salimans & Ho 2021), most of all at little noise. `y` are pixels
    of mean 0 and standard deviation σ_d; label index `classes` means "any". `levels` and `steps`
    are those that its recipe recommends.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self, *, shape: Sequence[int], classes: int, width: Sequence[int], blocks: Sequence[int],
        levels: int, steps: int,
    ) -> None:  # fmt: skip
        super().__init__()
        self.body = Body(shape[0], classes, width=width, blocks=blocks)
        self.classes, self.levels, self.steps = classes, levels, steps
        self.register_buffer("mean", torch.zeros(1))
        self.register_buffer("scale", torch.ones(1))

    def forward(self, y: Tensor, sigma: Tensor, labels: Tensor) -> Tensor:
        """Energies in nats: y (n, C, H, W), sigma (n,), labels (n,) -> (n,)."""
        total = sigma.square() + SIGMA_DATA**2
        w = y * total.rsqrt().view(-1, 1, 1, 1)
        potential = (w * self.body(w, sigma.log() / 4, labels)).flatten(1).sum(1)
        energy: Tensor = w.square().flatten(1).sum(1) / 2 - SIGMA_DATA / sigma * potential
        return energy

    def slope(self, y: Tensor, sigma: Tensor, labels: Tensor, *, train: bool = False) -> Tensor:
        """∇E with respect to y, differentiable once more when it trains."""
        with torch.enable_grad():
            y = y if y.requires_grad else y.detach().requires_grad_()
            energy = self(y, sigma, labels).sum()
            found: Tensor = torch.autograd.grad(energy, y, create_graph=train)[0]
        return found

    def standardise(self, x: Tensor) -> None:
        """Take mean and standard deviation from training pictures."""
        self.mean.copy_(x.mean())
        self.scale.copy_(x.std() / SIGMA_DATA)

    def enter(self, x: Tensor) -> Tensor:
        """Coordinates y of pictures x in [-1, 1]."""
        return (x - self.mean) / self.scale

    def leave(self, y: Tensor) -> Tensor:
        """Pictures for coordinates y."""
        return (y * self.scale + self.mean).clamp(-1, 1)


class Body(nn.Module):
    """N(w; c_noise, c) for pictures whose sides are multiples of 4: a U-Net without norms.

    On patches of 2 × 2 and 4 × 4 pixels, the last two convolutions on single pixels.
    """

    def __init__(
        self, channels: int, classes: int, *, width: Sequence[int], blocks: Sequence[int]
    ) -> None:
        super().__init__()
        fine, coarse, pixels = width
        code = 2 * coarse
        self.level = nn.Sequential(Fourier(32), nn.Linear(32, code), nn.SiLU())
        self.label = nn.Embedding(classes + 1, code)
        self.code = nn.Sequential(nn.Linear(code, code), nn.SiLU())
        self.into = nn.Conv2d(4 * channels, fine, 3, padding=1)
        self.down = nn.ModuleList(Block(fine, fine, code) for _ in range(blocks[0]))
        self.shrink = nn.Conv2d(fine, coarse, 2, stride=2)
        self.deep = nn.ModuleList(Block(coarse, coarse, code) for _ in range(blocks[1]))
        self.look = nn.ModuleList(Look(coarse) for _ in range(blocks[1] - 1))
        self.grow = nn.Conv2d(coarse, 4 * fine, 1)
        self.up = nn.ModuleList(Block(2 * fine, fine, code) for _ in range(blocks[0]))
        self.to_pixels = nn.Conv2d(fine, 4 * pixels, 1)
        self.near = nn.Conv2d(pixels + channels, pixels, 3, padding=1)
        self.out = nn.Conv2d(pixels, channels, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]

    def forward(self, w: Tensor, c_noise: Tensor, labels: Tensor) -> Tensor:
        code = self.code(self.level(c_noise) + self.label(labels))
        h = self.into(F.pixel_unshuffle(w, 2))
        kept = []
        for block in self.down:
            h = block(h, code)
            kept.append(h)
        h = self.deep[0](self.shrink(h), code)
        for look, block in zip(self.look, list(self.deep)[1:], strict=True):
            h = block(look(h), code)
        h = F.pixel_shuffle(self.grow(h), 2)
        for block in self.up:
            h = block(torch.cat([h, kept.pop()], 1), code)
        h = F.silu(F.pixel_shuffle(self.to_pixels(h), 2))
        return self.out(F.silu(self.near(torch.cat([h, w], 1))))  # type: ignore[no-any-return]


class Block(nn.Module):
    """Residual block, scaled and shifted by the code of noise level and class."""

    def __init__(self, given: int, out: int, code: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(given, out, 3, padding=1)
        self.film = nn.Linear(code, 2 * out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1)
        self.skip = nn.Conv2d(given, out, 1) if given != out else nn.Identity()
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        scale, shift = self.film(code)[..., None, None].chunk(2, 1)
        h = self.conv1(F.silu(x))
        h = self.conv2(F.silu(h * (1 + scale) + shift))
        return self.skip(x) + h  # type: ignore[no-any-return]


class Look(nn.Module):
    """Residual self-attention between all places, spelt out: fused kernels have one derivative."""

    def __init__(self, channels: int, heads: int = 2) -> None:
        super().__init__()
        self.heads, self.norm = heads, nn.LayerNorm(channels)
        self.qkv, self.out = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor) -> Tensor:
        n, c, height, width = x.shape
        tokens = x.permute(0, 2, 3, 1).flatten(1, 2)
        qkv = self.qkv(self.norm(tokens)).unflatten(2, (3, self.heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weight = (q @ k.transpose(2, 3) * q.shape[3] ** -0.5).softmax(3)
        new: Tensor = self.out((weight @ v).transpose(1, 2).flatten(2))
        return x + new.transpose(1, 2).reshape(n, c, height, width)


class PointEnergy(nn.Module):
    """E(x, c) of points in data units, every class and "any" in one pass.

    A perceptron that sees the place as it is and by random Fourier features, plus the quadratic
    ‖y‖² / 2 of standardised y, which keeps Z finite. `log_z` are the constants of the classes,
    found by `normalise` on `cells`² cells of the box `low` … `high`.
    """

    mean: Tensor
    scale: Tensor
    low: Tensor
    high: Tensor
    log_z: Tensor
    cells: Tensor

    def __init__(
        self, *, dim: int, classes: int, hidden: int, layers: int, places: int, steps: int
    ) -> None:
        super().__init__()
        self.classes, self.steps = classes, steps
        self.place = Fourier(places, dim)
        sizes = [dim + places, *[hidden] * layers]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.out = nn.Linear(hidden, classes + 1)
        for name, value in (("mean", 0), ("scale", 1), ("low", -1), ("high", 1)):
            self.register_buffer(name, torch.full((dim,), float(value)))
        self.register_buffer("log_z", torch.zeros(classes + 1, dtype=torch.float64))
        self.register_buffer("cells", torch.zeros(1, dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        """Energies in nats of all classes: (n, dim) -> (n, classes + 1)."""
        y = (x - self.mean) / self.scale
        h = torch.cat([y, self.place(y)], 1)
        for layer in self.layers:
            h = F.silu(layer(h))
        return self.out(h) + y.square().sum(1, keepdim=True) / 2  # type: ignore[no-any-return]

    def standardise(self, x: Tensor) -> None:
        """Take mean, standard deviation and box from training points: half as wide again."""
        self.mean.copy_(x.mean(0))
        self.scale.copy_(x.std(0) / SIGMA_DATA)
        low, high = x.min(0).values, x.max(0).values
        self.low.copy_(low - (high - low) / 2)
        self.high.copy_(high + (high - low) / 2)

    @torch.no_grad()
    def quadrature(self, side: int) -> Tensor:
        """log ∫ e^−E over the box for each class, by the midpoint rule on side × side cells."""
        low, high = self.low.double(), self.high.double()
        centre = (torch.arange(side, dtype=torch.float64) + 0.5) / side
        axes = [a + (b - a) * centre for a, b in zip(low, high, strict=True)]
        rows = torch.cartesian_prod(*axes).float().split(_ROWS)
        sums = torch.stack([torch.logsumexp(-self(part).double(), 0) for part in rows])
        return torch.logsumexp(sums, 0) + ((high - low) / side).log().sum()

    def normalise(self, sides: Sequence[int], agree: float = 1e-4) -> None:
        """Set `log_z` by ever finer quadrature until two in a row agree, in nats.

        Raises ArithmeticError when even the finest two do not.
        """
        found = self.quadrature(sides[0])
        for side in sides[1:]:
            before, found = found, self.quadrature(side)
            self.log_z.copy_(found)
            self.cells.fill_(side)
            if (found - before).abs().max() < agree:
                return
        raise ArithmeticError(f"log Z has not converged on {sides[-1]} × {sides[-1]} cells")
