"""Twists: guesses of p(y_o | y_σ), the likelihood of what is known given a noisy state.

Each sees y_o as Gaussian around D(y_σ)_o; they differ in the variance. Known to the methods that
steer by a twist, and to nothing else. Any positive twist that ends as the likelihood is allowed
(Wu et al. 2023, section 3.1), and any slope beside it, as proposals are weighed by the slope that
was taken: where a network's own answer is no variance, or leads too far, another is put in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from engines.families.diffusion.net import SIGMA_DATA
from engines.inpaint.denoising import Scene

_FLOOR = 1e-2
"""Least variance, as a share of Gaussian data's: a learned Jacobian may have none, or less."""
_FARTHEST = 4.0
"""How far what is known may move the guess D, in standard deviations of Gaussian data's."""

_TINY = 1e-30


@dataclass(frozen=True)
class Seen:
    """What a twist says of states y (n, …): D(y) and ∇ log p̃ (n, …), and log p̃ (n,) in nats."""

    clean: Tensor
    slope: Tensor
    log: Tensor

    def steered(self, sigma: float) -> Tensor:
        """D + σ² ∇ log p̃: the mean of y_0 given y_σ and what is known (Tweedie's formula)."""
        return self.clean + sigma**2 * self.slope


Twist: TypeAlias = Callable[[Tensor, float], Seen]


def variance(sigma: float) -> float:
    """Var[y_0 | y_σ] of Gaussian data: Song et al. 2023 ("ΠGDM"), section 3.3, r² for VE."""
    return sigma**2 * SIGMA_DATA**2 / (sigma**2 + SIGMA_DATA**2)


def scalar(scene: Scene) -> Twist:
    """Every known place on its own, with the variance of Gaussian data (Song et al. 2023).

    A known pixel has its cell's mean, and its cell's variance besides. (The mass of the cell pulls
    end pixels outward, which darkens the hole.) Neighbours err together, so the slope is that of
    the variance which σ² J_oo has along the residual, where it is larger: the first of the
    conjugate-gradient steps of Rozet et al. 2024, at no further call.
    """
    known = scene.known
    goal, cell = (t[:, known].double() for t in scene.expected())

    def twist(y: Tensor, sigma: float) -> Seen:
        with torch.enable_grad():
            y = y.detach().requires_grad_()
            d = scene.denoise(y, sigma)
            gap = goal - d[:, known].detach().double()
            spread = variance(sigma) + cell
            force = gap / spread
            (slope,) = torch.autograd.grad(d[:, known], y, force.to(d))
        along = sigma**2 * (force * slope[:, known]).sum(1)
        share = (force * gap).sum(1) / along.clamp_min(_TINY)
        share = torch.where(along > 0, share.clamp_max(1), 0.0)
        log = -0.5 * (force * gap + spread.log()).sum(1)
        return Seen(d.detach(), slope * _wide(share, slope), log)

    return twist


def moment_matched(scene: Scene) -> Twist:
    """N(y_o; D_o, σ² J_oo) with J = ∂D/∂y, all that is known together: for points.

    σ² J is Cov[y_0 | y_σ] exactly (Efron 2011; Boys et al. 2023, "TMPD"). One derivative for each
    known axis. A learned J need not be a covariance: variances are floored, for the slope as for
    the density, and a slope that would carry D farther than a posterior can be wide is shortened.
    """
    known = scene.known.flatten()
    axes = known.nonzero()[:, 0].tolist()
    goal = scene.expected()[0].flatten(1)[:, known].double()

    def twist(y: Tensor, sigma: float) -> Seen:
        with torch.enable_grad():
            y = y.detach().requires_grad_()
            d = scene.denoise(y, sigma)
            rows = [torch.autograd.grad(d[:, k].sum(), y, retain_graph=True)[0] for k in axes]
        d = d.detach()
        if not rows:
            return Seen(d, torch.zeros_like(d), torch.zeros(len(d), dtype=torch.float64))
        jacobian = torch.stack(rows, 1).double()
        spread, turn = _eigen(sigma**2 * jacobian[:, :, known])
        spread = spread.clamp_min(_FLOOR * variance(sigma))
        gap = torch.einsum("nij,ni->nj", turn, goal - d[:, known].double())
        log = -0.5 * (gap.square() / spread + spread.log()).sum(1)
        pull = torch.einsum("nij,nj->ni", turn, gap / spread)
        slope = torch.einsum("noi,no->ni", jacobian, pull)
        # the floored variance times its inverse: what is known moves D_o to the goal
        slope[:, known] = (goal - d[:, known].double()) / sigma**2
        return Seen(d, held(slope, sigma, _FARTHEST).to(d), log)

    return twist


def held(slope: Tensor, sigma: float, farthest: float) -> Tensor:
    """Slopes (n, …), shortened where σ² ∇ log p̃ would be longer than `farthest` deviations.

    A deviation is that of y_0 given y_σ for Gaussian data, over all places. Values that are not
    finite become 0.
    """
    slope = slope.nan_to_num(0.0, 0.0, 0.0)
    reach = sigma**2 * slope.flatten(1).norm(dim=1)
    most = farthest * math.sqrt(variance(sigma) * slope[0].numel())
    return slope * _wide((most / reach.clamp_min(_TINY)).clamp_max(1), slope)


def _eigen(v: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of the symmetric parts of v (n, k, k)."""
    if v.shape[1] == 1:  # thousands of these cost LAPACK more than the network takes
        return v[:, 0], torch.ones_like(v)
    spread, turn = torch.linalg.eigh((v + v.mT) / 2)
    return spread, turn


def _wide(value: Tensor, like: Tensor) -> Tensor:
    return value.to(like).view(-1, *[1] * (like.dim() - 1))
