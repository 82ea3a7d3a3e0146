"""A small convolutional classifier of grey pictures: the independent reader of evaluation.

Its penultimate activations are the features in which samples are compared with data.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Classifier(nn.Module):
    """Strided convolutions with batch normalisation, a mean over places, one linear layer."""

    def __init__(self, shape: Sequence[int], classes: int, width: Sequence[int]) -> None:
        super().__init__()
        a, b, c, d = width
        self.body = nn.Sequential(
            *_block(shape[0], a, stride=2, kernel=5),
            *_block(a, b),
            *_block(b, c, stride=2),
            *_block(c, d),
        )
        self.head = nn.Linear(d, classes)

    def features(self, x: Tensor) -> Tensor:
        """Pictures (n, C, H, W) in [-1, 1] -> (n, F), before the last layer."""
        maps: Tensor = self.body(x)
        return maps.mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Class scores (n, classes)."""
        scores: Tensor = self.head(self.features(x))
        return scores


def through(x: Tensor, known: Tensor) -> Tensor:
    """What a reader of pictures with holes sees: x (n, 1, H, W), known (…, H, W) -> (n, 2, H, W).

    Mid-grey where unknown, and beside it which pixels are known.
    """
    seen = known.expand(x.shape)
    return torch.cat([torch.where(seen, x, 0.0), seen.to(x)], 1)


def _block(inside: int, out: int, *, stride: int = 1, kernel: int = 3) -> list[nn.Module]:
    convolution = nn.Conv2d(inside, out, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(out), nn.ReLU()]
