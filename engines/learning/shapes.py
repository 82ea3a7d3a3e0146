"""Points to begin with: the shapes that a person may take instead of drawing them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.data import examples
from engines.data.toys import TOYS

Drawn = tuple[Tensor, Tensor]
"""Points (n, 2) and their classes (n,)."""


@dataclass(frozen=True)
class Shape:
    """`draw(n, generator)` gives points and classes; `classes` are their names."""

    title: str
    classes: tuple[str, ...]
    draw: Callable[[int, torch.Generator], Drawn]


def points_of(name: str, count: int, seed: int) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Points (count, 2), classes (count,) and their names, of a shape. Raises KeyError."""
    shape = SHAPES[name]
    x, labels = shape.draw(count, torch.Generator().manual_seed(seed))
    return x.float(), labels, shape.classes


def _noise(n: int, sd: float, g: torch.Generator) -> Tensor:
    return sd * torch.randn(n, 2, generator=g)


def _none(n: int) -> Tensor:
    return torch.zeros(n, dtype=torch.int64)


def _ring(n: int, g: torch.Generator) -> Drawn:
    t = 2 * math.pi * torch.rand(n, generator=g)
    return 1.5 * torch.stack([t.cos(), t.sin()], 1) + _noise(n, 0.1, g), _none(n)


def _blobs(n: int, g: torch.Generator) -> Drawn:
    c = torch.randint(2, (n,), generator=g)
    return torch.tensor([[-1.5, -0.5], [1.5, 0.5]])[c] + _noise(n, 0.45, g), c


def _wave(n: int, g: torch.Generator) -> Drawn:
    t = torch.rand(n, generator=g) * 2 - 1
    return torch.stack([2.2 * t, (math.pi * t).sin()], 1) + _noise(n, 0.12, g), _none(n)


def _cross(n: int, g: torch.Generator) -> Drawn:
    c = torch.randint(2, (n,), generator=g)
    t = 4 * torch.rand(n, generator=g) - 2
    along = torch.tensor([[1.0, 1.0], [1.0, -1.0]])[c] / math.sqrt(2)
    return t[:, None] * along + _noise(n, 0.1, g), c


def _grid(n: int, g: torch.Generator) -> Drawn:
    at = torch.randint(3, (n, 2), generator=g) - 1
    return 1.4 * at + _noise(n, 0.14, g), _none(n)


def _cities(n: int, g: torch.Generator) -> Drawn:
    x = examples.points("cities", 1_000_000)
    return x[torch.randperm(len(x), generator=g)[:n]], _none(min(n, len(x)))


SHAPES: Mapping[str, Shape] = {
    "ring": Shape("Ring", ("all",), _ring),
    "blobs": Shape("Two blobs", ("left", "right"), _blobs),
    "wave": Shape("Wave", ("all",), _wave),
    "cross": Shape("Cross", ("rising", "falling"), _cross),
    "grid": Shape("Nine dots", ("all",), _grid),
    **{name: Shape(toy.title, toy.labels, toy.sample) for name, toy in TOYS.items()},
    "cities": Shape("Cities", ("all",), _cities),
}
"""By name, those that are drawn for the purpose first, then the data sets that ship."""
