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

from engines.families.diffusion.net import SIGMA_DATA
from engines.families.layers import Attention, Fourier, UNet

SIGMA_MIN, SIGMA_MAX = 0.02, 20.0
_ROWS = 16_384


class PictureEnergy(nn.Module):
    """E(y; σ, c) of noisy pictures, whose score −∇E is that of a preconditioned denoiser.

    E = ‖y‖² / (2 (σ² + σ_d²)) − (σ_d / σ) g(w; σ, c) with w = y / √(σ² + σ_d²): exact for Gaussian
    data at g = 0, and with ∇g for F the score is that of Karras et al. 2022, equation 7. The
    potential is g = ⟨w, N⟩ of a U-Net N (the inner product of Du et al. 2023): in a first 150 steps
    it learned faster than squared errors ‖w − N‖² (Salimans & Ho 2021). `y` are pixels
    of mean 0 and standard deviation σ_d; label index `classes` means "any". `levels` and `steps`
    are those that its recipe recommends.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        *,
        shape: Sequence[int],
        classes: int,
        width: Sequence[int],
        blocks: Sequence[int],
        levels: int,
        steps: int,
    ) -> None:
        super().__init__()
        self.body = UNet(
            shape[0], classes, width=width, blocks=blocks, block=PlainBlock, look=PlainAttention
        )
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


class PlainBlock(nn.Module):
    """The residual block of a U-Net without its norms."""

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


class PlainAttention(Attention):
    """Spelt out: the fused kernels can be differentiated only once."""

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        weight: Tensor = (q @ k.transpose(2, 3) * q.shape[3] ** -0.5).softmax(3)
        return weight @ v


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

    def on_grid(self, xs: Tensor, ys: Tensor, head: int, axis: int = 0) -> Tensor:
        """Energies of one class at every x of xs (a,) and y of ys (b,), of the plane: (a, b).

        cos(ω·y) of a sum is a sum of products of cosines and sines: those are asked once a row and
        once a column, and the first layer becomes a matrix for each x: better let xs be the fewer.
        `axis` is the axis of the plane that xs are along, ys being along the other.
        """
        (x, c, s), (y, cy, sy) = self._along(xs, axis), self._along(ys, 1 - axis)
        first = self.layers[0]
        weight: Tensor = first.weight  # type: ignore[assignment]
        near, cos, sin = weight.split([2, c.shape[1], c.shape[1]], 1)
        c, s = c[:, None], s[:, None]
        beside = near[:, 1 - axis, None].expand(len(x), -1, 1)
        column = torch.cat([cos * c + sin * s, sin * c - cos * s, beside], 2)
        row = torch.cat([cy, sy, y[:, None]], 1)
        start = (first.bias + x[:, None] * near[:, axis])[:, None]
        h = torch.baddbmm(start, row.expand(len(x), -1, -1), column.transpose(1, 2)).flatten(0, 1)
        spare = torch.empty_like(h)  # fresh memory for every layer would take longer than the sums
        for layer in list(self.layers)[1:]:
            F.silu(h, inplace=True)
            torch.addmm(layer.bias, h, layer.weight.T, out=spare)  # type: ignore[arg-type]
            h, spare = spare, h
        F.silu(h, inplace=True)
        found = torch.addmv(self.out.bias[head], h, self.out.weight[head]).view(len(x), len(y))
        return found + x.square()[:, None] / 2 + y.square() / 2

    def _along(self, axis: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
        """One coordinate standardised, with cosines and sines of its share in the features."""
        y = (axis - self.mean[k]) / self.scale[k]
        angle = y[:, None] * self.place.frequency[k]
        return y, angle.cos(), angle.sin()

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
