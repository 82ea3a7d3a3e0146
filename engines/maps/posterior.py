"""The posterior of a VAE with two latents: the encoder's q(z | x) beside the exact p(z | x).

Both in coordinates of the prior's noise e, where the prior is N(0, I) whatever flow leads to z.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.drawing import class_indices, codes_of
from engines.finite import check_numbers
from engines.kinds import Points
from engines.maps.area import Area
from engines.model import NOTHING, Given, Model
from engines.noise import log_normal

AREA = Area(-4.0, 4.0, -4.0, 4.0)


@dataclass(frozen=True, eq=False)
class Behind:
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


def has_plane(model: Model) -> bool:
    """Whether a model of points has two latents with a posterior to look at."""
    part = model.posterior
    return part is not None and part.latent == 2 and isinstance(model.card.kind, Points)


@torch.no_grad()
def posterior(
    model: Model,
    x: Tensor,
    label: int | None = None,
    side: int = 160,
    *,
    given: Given = NOTHING,
) -> Behind:
    """p(e | x) ∝ N(e; 0, I) p(x | z(e)) by the midpoint rule, and q(z(e) | x) |dz/de|: x (2,)."""
    if not has_plane(model):
        raise ValueError(f"{model.card.name} has no plane of latents")
    part, count = model.posterior, side * side
    assert part is not None
    labels = class_indices(model.card, codes_of(model.card, label, given, 1), 1).to(part.device)
    xs, ys = (torch.from_numpy(axis).float() for axis in AREA.axes(side, side))
    down, across = torch.meshgrid(ys, xs, indexing="ij")
    e = torch.stack([across.flatten(), down.flatten()], 1).to(part.device)
    many, place = labels.expand(count, *labels.shape[1:]), x.float()[None].to(part.device)
    z, every = part.from_prior(e, many), torch.ones_like(place[0], dtype=torch.bool)
    log_p_x = part.log_p(part.view(z, many), place.expand(count, -1), every)
    joint = log_normal(e).double() + log_p_x.double()
    cell = AREA.cell(side, side)
    log_p = float(torch.logsumexp(joint, 0)) + math.log(cell)
    mean, log_sd = part.encoder(place, labels)
    steep = log_normal(e).double() - part.log_prior(z, many).double()  # log |dz/de|
    inside = log_normal((z - mean) * (-log_sd).exp()).double() - log_sd.double().sum()
    q, exact = inside + steep, joint - log_p
    gap = float((q.exp() * (q - exact).clamp(min=-1e6)).sum() * cell)
    shape = (side, side)
    return Behind(exact.view(shape).cpu(), q.view(shape).cpu(), log_p, gap)
