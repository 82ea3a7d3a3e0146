"""How two sets of feature vectors differ: Fréchet distance, precision, recall, density, coverage.

Features of pictures are those of our own classifiers, not of an Inception network: such figures
are compared only among themselves.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engines.readers.net import Classifier

_ROWS = 1_000


@torch.no_grad()
def look(reader: Classifier, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Features (n, F) float64 and the classes read (n,)."""
    features = torch.cat([reader.features(part) for part in pictures.split(_ROWS)])
    return features.double(), reader.head(features).argmax(1)


def compared(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Fréchet distance, precision, recall, density and coverage of features (n, F)."""
    covers = {k: radii(real, k) for k in (3, 5)}
    fake_radii = radii(fake, 3)
    within, reached, covered = [], [], []
    recalled = torch.zeros(len(real), dtype=torch.bool)
    for start in range(0, len(fake), _ROWS):
        rows = slice(start, start + _ROWS)
        gap = torch.cdist(fake[rows], real)
        within.append((gap <= covers[3]).any(1))
        reached.append((gap <= covers[5]).sum(1))
        covered.append((gap <= covers[5]).any(0))
        recalled |= (gap <= fake_radii[rows, None]).any(0)
    return {
        "frechet": frechet(fake, real),
        "precision": _share(torch.cat(within)),
        "recall": _share(recalled),
        "density": torch.cat(reached).double().mean().item() / 5,
        "coverage": _share(torch.stack(covered).any(0)),
    }


def frechet(a: Tensor, b: Tensor) -> float:
    """|μ₁ − μ₂|² + tr(S₁ + S₂ − 2 (S₁ S₂)^½) of Gaussian fits (Dowson & Landau 1982), float64."""
    a, b = a.double(), b.double()
    return gaussian_frechet(a.mean(0), a.T.cov(), b.mean(0), b.T.cov())


def gaussian_frechet(mean: Tensor, cov: Tensor, other_mean: Tensor, other_cov: Tensor) -> float:
    """The squared distance of two Gaussians with means (F,) and covariances (F, F)."""
    values, vectors = torch.linalg.eigh(cov)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    # S₁ S₂ has the eigenvalues of the symmetric S₁^½ S₂ S₁^½
    cross = torch.linalg.eigvalsh(root @ other_cov @ root).clamp_min(0).sqrt().sum()
    gap = (mean - other_mean).square().sum()
    return float(gap + cov.trace() + other_cov.trace() - 2 * cross)


def radii(x: Tensor, k: int) -> Tensor:
    """Distance of each of x (n, F) to its k-th nearest other: (n,)."""
    parts = [torch.cdist(part, x).kthvalue(k + 1, dim=1).values for part in x.split(_ROWS)]
    return torch.cat(parts)


def nearest(x: Tensor, others: Tensor) -> Tensor:
    """Distance of each of x (n, D) to the nearest of others (N, D)."""
    parts = []
    for part in x.split(_ROWS):
        gaps = [torch.cdist(part, some).min(1).values for some in others.split(10_000)]
        parts.append(torch.stack(gaps).min(0).values)
    return torch.cat(parts)


def _share(hits: Tensor) -> float:
    return hits.double().mean().item()
