"""Layers that nets of several families are made of: Fourier features, attention, a U-Net."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Fourier(nn.Module):
    """Random Fourier features (Tancik et al. 2020): (n,) or (n, dim) -> (n, features)."""

    frequency: Tensor

    def __init__(self, features: int, *dim: int) -> None:
        super().__init__()
        self.register_buffer("frequency", 2 * math.pi * torch.randn(*dim, features // 2))

    def forward(self, x: Tensor) -> Tensor:
        angle = x.view(len(x), -1) @ self.frequency.view(-1, self.frequency.shape[-1])
        return torch.cat([angle.cos(), angle.sin()], 1)


class Block(nn.Module):
    """Residual block, scaled and shifted by the code of noise level and class."""

    def __init__(self, given: int, out: int, code: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, given), nn.Conv2d(given, out, 3, padding=1)
        self.film = nn.Linear(code, 2 * out)
        self.norm2, self.conv2 = nn.GroupNorm(8, out), nn.Conv2d(out, out, 3, padding=1)
        self.skip = nn.Conv2d(given, out, 1) if given != out else nn.Identity()
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        scale, shift = self.film(code)[..., None, None].chunk(2, 1)
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(torch.addcmul(shift, self.norm2(h), 1 + scale)))
        return self.skip(x) + h  # type: ignore[no-any-return]


class Attention(nn.Module):
    """Residual self-attention between all places."""

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
        new: Tensor = self.out(self.attend(q, k, v).transpose(1, 2).flatten(2))
        return x + new.transpose(1, 2).reshape(n, c, height, width)

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """softmax(q kᵀ / √d) v: (n, heads, places, d) each."""
        return F.scaled_dot_product_attention(q, k, v)


class UNet(nn.Module):
    """F(x; c_noise, c) for pictures whose sides are multiples of 4.

    Works on patches of 2 × 2 pixels and of 4 × 4, where a CPU's time is best spent; only the last
    two convolutions see single pixels, since shuffled patches alone would leave a grid behind.
    `block(given, out, code)` and `look(channels)` make its parts.
    """

    def __init__(
        self,
        channels: int,
        classes: int,
        *,
        width: Sequence[int],
        blocks: Sequence[int],
        block: Callable[[int, int, int], nn.Module] = Block,
        look: Callable[[int], nn.Module] = Attention,
    ) -> None:
        super().__init__()
        fine, coarse, pixels = width
        code = 2 * coarse
        self.level = nn.Sequential(Fourier(32), nn.Linear(32, code), nn.SiLU())
        self.label = nn.Embedding(classes + 1, code)
        self.code = nn.Sequential(nn.Linear(code, code), nn.SiLU())
        self.into = nn.Conv2d(4 * channels, fine, 3, padding=1)
        self.down = nn.ModuleList(block(fine, fine, code) for _ in range(blocks[0]))
        self.shrink = nn.Conv2d(fine, coarse, 2, stride=2)
        self.deep = nn.ModuleList(block(coarse, coarse, code) for _ in range(blocks[1]))
        self.look = nn.ModuleList(look(coarse) for _ in range(blocks[1] - 1))
        self.grow = nn.Conv2d(coarse, 4 * fine, 1)
        self.up = nn.ModuleList(block(2 * fine, fine, code) for _ in range(blocks[0]))
        self.to_pixels = nn.Conv2d(fine, 4 * pixels, 1)
        self.near = nn.Conv2d(pixels + channels, pixels, 3, padding=1)
        self.out = nn.Conv2d(pixels, channels, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, c_noise: Tensor, labels: Tensor) -> Tensor:
        code = self.code(self.level(c_noise) + self.label(labels))
        h = self.into(F.pixel_unshuffle(x, 2))
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
        return self.out(F.silu(self.near(torch.cat([h, x], 1))))  # type: ignore[no-any-return]
