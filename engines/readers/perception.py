"""How far apart examples are: in the features of our own classifier, or in the plane."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engines.readers import classifier

if TYPE_CHECKING:
    from engines.readers.net import Classifier


@torch.no_grad()
def step_lengths(data: str, x: Tensor) -> Tensor:
    """Distances (n − 1,) between neighbours of x (n, …).

    For pictures (n, C, H, W) in [-1, 1] Euclidean in the penultimate features of the data set's
    classifier, of whom `exists` says whether there is one; for points (n, D) in data units.
    """
    seen = _reader(data).features(x) if x.dim() > 2 else x
    lengths: Tensor = seen.diff(dim=0).norm(dim=1)
    return lengths


def exists(data: str, *, pictures: bool) -> bool:
    """Whether steps of this data set can be measured."""
    return not pictures or classifier.exists(data)


@lru_cache(maxsize=2)
def _reader(data: str) -> Classifier:
    return classifier.open_classifier(data)
