"""Points axis by axis: from normal scores, back to them, and log p on a grid of the plane."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import torch
from torch import Tensor

from engines.families.autoregressive.mixtures import LineMixture
from engines.families.autoregressive.net import PointConditionals
from engines.model import Step

_CELLS = 32_768


@torch.no_grad()
def solve(net: PointConditionals, z: Tensor, labels: Tensor, order: range | list[int]) -> Tensor:
    """The points whose axes, taken in this order, have the normal scores z (n, D); on the CPU."""
    y = torch.zeros_like(z, dtype=torch.float64, device=labels.device)
    known = torch.zeros(1, net.dim, dtype=torch.bool, device=labels.device)
    for axis in order:
        mixture = net(y, known, labels, axis)
        y[:, axis] = mixture.quantile(z[:, axis].to(y))
        known[:, axis] = True
    return net.leave(y).float().cpu()


@torch.no_grad()
def scores(net: PointConditionals, x: Tensor, labels: Tensor, order: range | list[int]) -> Tensor:
    """The inverse of `solve`: normal scores (n, D) float64 (Rosenblatt 1952)."""
    y = net.enter(x.double())
    z, known = torch.zeros_like(y), torch.zeros(1, net.dim, dtype=torch.bool, device=y.device)
    for axis in order:
        z[:, axis] = net(y, known, labels, axis).score(y[:, axis])
        known[:, axis] = True
    return z


@torch.no_grad()
def grid_of(
    net: PointConditionals, xs: Tensor, ys: Tensor, label: Tensor, order: Sequence[int]
) -> Generator[Step, None, Tensor]:
    """log p at torch.cartesian_prod(xs, ys), drawn in this order of the two axes: (a·b,).

    The network sees the outer axis alone, so it is asked once for each of its values, and the
    mixture it answers with is read off along the other axis. label (1,).
    """
    axes, (outer, inner) = (xs, ys), order
    place, device = axes[outer].double().to(label.device), label.device
    beyond = axes[inner].double().to(device)
    y = torch.zeros(len(place), 2, dtype=torch.float64, device=device)
    y[:, outer] = place
    y = net.enter(y)
    known = torch.zeros(1, 2, dtype=torch.bool, device=device)
    labels = label.expand(len(place))
    first = net(y[:1], known, label, outer)
    log_p = _spread(first).log_density(y[None, :, outer])[0]
    known[:, outer] = True
    along = (beyond - net.mean[inner]) / net.scale[inner]
    rows = []
    for part in torch.arange(len(place)).split(max(1, _CELLS // len(along))):
        mixture = net(y[part], known, labels[part], inner)
        found = _spread(mixture).log_density(along.expand(len(part), -1))
        rows.append(log_p[part, None] + found)
        yield Step((int(part[-1]) + 1) * len(along), len(place) * len(along), calls=2)
    grid = torch.cat(rows) - net.scale.log().sum().double()
    return (grid if outer == 0 else grid.T).flatten().cpu()


def _spread(mixture: LineMixture) -> LineMixture:
    """Mixtures (n,) as (n, 1), each to be read at many places."""
    parts = mixture.log_weight, mixture.mean, mixture.log_sd
    return LineMixture(torch.cat(parts, -1)[:, None])
