"""Conditionals of Gaussians with gaps, by patterns of gaps, many Gaussians at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.tables.data import Bools, Floats
from engines.tables.design import Codes, Rng

_CELLS = 1 << 20


@dataclass(frozen=True, eq=False)
class Patterns:
    """The distinct patterns of gaps (U, D), True where missing, and which one each row has."""

    missing: Bools
    of: Codes

    @staticmethod
    def of_gaps(gaps: Bools) -> Patterns:
        found, of = np.unique(gaps, axis=0, return_inverse=True)
        return Patterns(found, of.reshape(-1))


@dataclass(frozen=True, eq=False)
class Conditional:
    """p(z_m | z_o) of C Gaussians for each pattern: `slopes` and `spread` (C, U, D, D).

    z_m = μ_m + slopes (z − μ)_o + spread ε; rows of what is observed are zero.
    """

    slopes: Floats
    spread: Floats


def conditional(precision: Floats, patterns: Patterns) -> Conditional:
    """Of precisions Λ (C, D, D): Λ_mm⁻¹ and −Λ_mm⁻¹ Λ_mo (Murphy 2023, equation 2.79)."""
    m = patterns.missing.astype(np.float64)
    both, cross = m[:, :, None] * m[:, None, :], m[:, :, None] * (1 - m[:, None, :])
    eye = np.eye(precision.shape[-1])
    inner = precision[:, None] * both + eye * (1 - m)[:, None, :]
    root = np.linalg.cholesky(inner)
    inverse = np.linalg.inv(root)
    slopes = -(np.swapaxes(inverse, -1, -2) @ inverse) @ (precision[:, None] * cross)
    return Conditional(slopes, np.swapaxes(inverse, -1, -2) * both)


def fill(
    z: Floats, mean: Floats, found: Conditional, patterns: Patterns, noise: Floats | None
) -> None:
    """Draw what is missing of z (C, n, D) in place; without noise it becomes the conditional mean.

    `mean` (C, D).
    """
    d = z.shape[-1]
    any_missing: Bools = np.asarray(patterns.missing.any(1))
    rows = np.flatnonzero(any_missing[patterns.of])
    step = max(1, _CELLS // max(1, d * d * len(z)))
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        of = patterns.of[some]
        apart = z[:, some] - mean[:, None]
        drawn = np.einsum("cnij,cnj->cni", found.slopes[:, of], apart) + mean[:, None]
        if noise is not None:
            drawn += np.einsum("cnij,cnj->cni", found.spread[:, of], noise[:, some])
        z[:, some] = np.where(patterns.missing[of], drawn, z[:, some])


def wishart_precision(scale: Floats, freedom: float, rng: Rng) -> Floats:
    """Λ ~ W(S⁻¹, ν), so that Λ⁻¹ ~ IW(S, ν), for S (C, D, D) (Bartlett's decomposition)."""
    c, d, _ = scale.shape
    a = np.tril(rng.standard_normal((c, d, d)), -1)
    a[:, np.arange(d), np.arange(d)] = np.sqrt(rng.chisquare(freedom - np.arange(d), (c, d)))
    # S = L Lᵀ, so S⁻¹ = L⁻ᵀ L⁻¹
    root = np.swapaxes(np.linalg.inv(np.linalg.cholesky(scale)), -1, -2) @ a
    return root @ np.swapaxes(root, -1, -2)


def mean_draw(mean: Floats, precision: Floats, n: float, rng: Rng) -> Floats:
    """μ ~ N(mean, Λ⁻¹ / n) for mean (C, D)."""
    root = np.linalg.cholesky(precision)
    noise = rng.standard_normal(mean.shape)
    shift = np.linalg.solve(np.swapaxes(root, -1, -2), noise[..., None])[..., 0]
    drawn: npt.NDArray[np.float64] = mean + shift / np.sqrt(n)
    return drawn
