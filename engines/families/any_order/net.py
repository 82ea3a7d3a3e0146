"""Any-order networks for pictures (Hoogeboom et al. 2022): every unknown pixel given the known.

For points see `PointConditionals` in engines/families/autoregressive/net.py, which takes any order.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.families.layers import UNet


class PictureAnyOrder(nn.Module):
    """log p(x_i | x_known, c) of one-channel pictures by levels 0 … levels − 1.

    Sides are multiples of 4. A U-Net sees the known pixels and which they are; its code is the
    share that is known. How often each level occurs among the known enters every outcome, since a
    digit keeps to a few levels. Class index `classes` means "any".
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        classes: int,
        width: Sequence[int],
        blocks: Sequence[int],
        features: int,
        levels: int = 256,
    ) -> None:
        super().__init__()
        channels, self.height, self.side = shape
        if channels != 1:
            raise ValueError(f"this network models one channel, got {channels}")
        self.classes, self.levels = classes, levels
        self.body = UNet(3, classes, width=width, blocks=blocks)
        # its last convolution gives features of a pixel in place of a denoised one
        self.body.out = nn.Conv2d(width[2], features, 3, padding=1)
        self.palette = nn.Linear(levels, features)
        self.out = nn.Linear(features, levels)
        self.again = nn.Parameter(torch.zeros(2, levels))
        nn.init.zeros_(self.out.weight)

    def standardise(self, levels: Tensor) -> None:
        """Let the outcome start at the marginal histogram of training levels (n, H, W)."""
        count = torch.bincount(levels.flatten(), minlength=self.levels) + 1.0
        with torch.no_grad():
            self.out.bias.copy_((count / count.sum()).log())

    def forward(self, levels: Tensor, known: Tensor, labels: Tensor) -> Tensor:
        """Logits (n, H, W, levels) of every pixel given the known ones.

        levels (n, H, W) int64, known (n, H, W) bool, labels (n,). What stands at unknown pixels
        does not matter, and logits of known ones mean nothing.
        """
        h, bias = self._seen(levels, known, labels)
        logits: Tensor = self.out(h)
        return logits + bias[:, None, None]

    def at(self, levels: Tensor, known: Tensor, labels: Tensor, place: Tensor) -> Tensor:
        """The same of pixels `place` (n, k) alone, counted row by row: logits (n, k, levels)."""
        h, bias = self._seen(levels, known, labels)
        asked = h.flatten(1, 2).gather(1, place[..., None].expand(-1, -1, h.shape[3]))
        logits: Tensor = self.out(asked)
        return logits + bias[:, None]

    def _seen(self, levels: Tensor, known: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Features (n, H, W, features) of every pixel, and what is added to all logits."""
        seen = known.float()
        value = levels * seen / (self.levels - 1)
        x = torch.stack([value, (value > 0).float(), seen], 1)
        h = self.body(x, seen.mean((1, 2)), labels).permute(0, 2, 3, 1)
        count = seen.new_zeros(len(levels), self.levels)
        count.scatter_add_(1, levels.flatten(1), seen.flatten(1))
        h = F.silu(h + self.palette(count.log1p())[:, None, None])
        return h, self.again[0] * count.log1p() + self.again[1] * (count > 0)

    def conditionals(self, levels: Tensor, known: Tensor, labels: Tensor) -> Tensor:
        """log p(x_i = level | x_known, c) at every pixel: (n, H, W, levels) nats."""
        logits: Tensor = self(levels, known, labels)
        return logits.log_softmax(3)
