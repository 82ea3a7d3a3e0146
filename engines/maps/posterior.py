"""The posterior of a VAE with two latents: the encoder's q(z | x) beside the exact p(z | x).

Both in coordinates of the prior's noise e, where the prior is N(0, I) whatever flow leads to z.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.drawing import class_indices
from engines.families.vae.model import VAE
from engines.families.vae.net import PointVAE
from engines.finite import check_numbers
from engines.maps.area import Area
from engines.noise import log_normal

AREA = Area(-4.0, 4.0, -4.0, 4.0)


@dataclass(frozen=True, eq=False)
class Posterior:
    """log p(e | x) and log q(e | x) (side, side) in nats over AREA, the lowest row first.

    `log_p` is log p(x) by the same quadrature, `gap` is KL(q ‖ p) in nats.
    """

    exact: Tensor
    encoder: Tensor
    log_p: float
    gap: float

    def __post_init__(self) -> None:
        check_numbers(self.exact, "log-densities of the latent")
        check_numbers(self.encoder, "log-densities of the encoder")


@torch.no_grad()
def posterior(vae: VAE, x: Tensor, label: int | None = None, side: int = 160) -> Posterior:
    """p(e | x) ∝ N(e; 0, I) p(x | z(e)) by the midpoint rule, and q(z(e) | x) |dz/de|: x (2,)."""
    if not isinstance(vae.net, PointVAE) or vae.net.latent != 2:
        raise ValueError(f"{vae.card.name} has no plane of latents")
    net, count = vae.net, side * side
    labels = class_indices(vae.card, None if label is None else [label], 1).to(vae.device)
    xs, ys = (torch.from_numpy(axis).float() for axis in AREA.axes(side, side))
    down, across = torch.meshgrid(ys, xs, indexing="ij")
    e = torch.stack([across.flatten(), down.flatten()], 1).to(vae.device)
    many, place = labels.expand(count), x.float()[None].to(vae.device)
    z = net.from_prior(e, many)
    joint = log_normal(e).double() + net.log_likelihood(place.expand(count, -1), z, many).double()
    cell = AREA.cell(side, side)
    log_p = float(torch.logsumexp(joint, 0)) + math.log(cell)
    mean, log_sd = net.posterior(place, labels)
    steep = log_normal(e).double() - net.log_prior(z, many).double()  # log |dz/de|
    inside = log_normal((z - mean) * (-log_sd).exp()).double() - log_sd.double().sum()
    q, exact = inside + steep, joint - log_p
    gap = float((q.exp() * (q - exact).clamp(min=-1e6)).sum() * cell)
    shape = (side, side)
    return Posterior(exact.view(shape).cpu(), q.view(shape).cpu(), log_p, gap)
