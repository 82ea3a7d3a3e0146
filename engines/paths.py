"""Straight lines and great circles between codes: z = λ z₁ + (1 − λ) z₂, z₁ at λ = 1.

A code is the last axis of a tensor. Knows nothing of models.
"""

from __future__ import annotations

from enum import Enum

import torch
from torch import Tensor

_NARROW = 1e-6
"""Angles below this many radians, or so close to π, have no great circle that rounding leaves."""


class Way(Enum):
    """How codes are mixed."""

    SLERP = "slerp"
    LERP = "lerp"


def lerp(z1: Tensor, z2: Tensor, lam: float | Tensor) -> Tensor:
    """λ z₁ + (1 − λ) z₂; exactly z₁ at λ = 1 and z₂ at λ = 0.

    Half-way between two independent standard normal codes of D numbers the norm has fallen by a
    factor of about √2, to where next to no draw from N(0, I) lies. z1, z2 (…, D); lam is a number
    or (…) to go with them.
    """
    share = _share(lam, z1)
    mixed = share * z1 + (1 - share) * z2
    return _with_ends(mixed, z1, z2, share)


def slerp(z1: Tensor, z2: Tensor, lam: float | Tensor) -> Tensor:
    """Along the great circle from z₂ (λ = 0) to z₁ (λ = 1), both ends exact.

    The direction is that of Shoemake 1985, "Animating rotation with quaternion curves", section
    3.3; the norm is λ |z₁| + (1 − λ) |z₂|, so that codes of one norm keep it all the way (White
    2016, "Sampling generative networks", section 2.1). Codes in one direction are mixed straight;
    of opposite ones the circle through a fixed third direction is taken. Shapes as in `lerp`.
    """
    share = _share(lam, z1)
    a, b = z1.double(), z2.double()
    norm_a, norm_b = (z.norm(dim=-1, keepdim=True) for z in (a, b))
    unit_a, unit_b = a / norm_a.clamp_min(1e-300), b / norm_b.clamp_min(1e-300)
    along = (unit_a * unit_b).sum(-1, keepdim=True)
    # the part of a across b, of which the sine is found without cancellation
    across = unit_a - along * unit_b
    sine = across.norm(dim=-1, keepdim=True)
    angle = torch.atan2(sine, along)
    opposite = (sine < _NARROW) & (along < 0)
    third = torch.where(opposite, _perpendicular(unit_b), across / sine.clamp_min(1e-300))
    turn = share.double() * torch.where(opposite, torch.pi, angle)
    direction = turn.cos() * unit_b + turn.sin() * third
    norm = share * norm_a + (1 - share) * norm_b
    straight = (sine < _NARROW) & ~opposite | (norm_a == 0) | (norm_b == 0)
    mixed = torch.where(straight, share * a + (1 - share) * b, norm * direction)
    return _with_ends(mixed.to(z1.dtype), z1, z2, share)


def mix(way: Way, z1: Tensor, z2: Tensor, lam: float | Tensor) -> Tensor:
    """`slerp` or `lerp`."""
    return slerp(z1, z2, lam) if way is Way.SLERP else lerp(z1, z2, lam)


def segment(place: float, keys: int) -> tuple[int, float]:
    """Which pair (k, k + 1) of so many key codes a place 0 … 1 lies between, and its λ.

    Key k has λ = 1 and key k + 1 has λ = 0. Raises ValueError for a place that is on no path.
    """
    if keys < 2:
        raise ValueError(f"a path needs two end points, got {keys}")
    if not 0 <= place <= 1:
        raise ValueError(f"the place must lie in 0 … 1, got {place:g}")
    k = min(int(place * (keys - 1)), keys - 2)
    return k, 1 - (place * (keys - 1) - k)


def _share(lam: float | Tensor, like: Tensor) -> Tensor:
    """λ as a tensor that goes with codes, its last axis of length 1."""
    dtype = like.dtype if like.dtype.is_floating_point else torch.float64
    return torch.as_tensor(lam, dtype=dtype, device=like.device)[..., None]


def _with_ends(mixed: Tensor, z1: Tensor, z2: Tensor, share: Tensor) -> Tensor:
    return torch.where(share == 1, z1, torch.where(share == 0, z2, mixed))


def _perpendicular(unit: Tensor) -> Tensor:
    """A direction across `unit` (…, D), the same every time: the axis it leans on least, levelled.

    In one dimension there is none: zeros.
    """
    axis = torch.zeros_like(unit).scatter(-1, unit.abs().argmin(-1, keepdim=True), 1.0)
    across = axis - (axis * unit).sum(-1, keepdim=True) * unit
    unit_across: Tensor = across / across.norm(dim=-1, keepdim=True).clamp_min(1e-300)
    return unit_across
