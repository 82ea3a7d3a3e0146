"""GAN inversion: a search for the code whose example comes closest (Zhu et al. 2016, section 3.1).

A GAN has no encoder. The search starts from the nearest of many draws, follows the slope of the
distance from several of them at once, and may end in a valley that is not the deepest: what it
finds is a code, not the code.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engines.families.gan import net as nets
from engines.model import Exactness, Procedure, Run, Step
from engines.noise import Streams

SEARCH = Procedure(
    Exactness.HEURISTIC,
    "a search: Adam on |G(z, c) − x|² from the nearest of 2,048 draws; may miss the best code",
    "Zhu et al. 2016; Kingma & Ba 2015",
)
_DRAWS, _BATCH, _STARTS, _STEPS = 2048, 256, 6, 150
_RATE, _PRIOR = 0.08, 1e-4
"""Adam's first rate, and the weight of |z|² / K against the mean square over pixels."""
_SHOWN_EVERY = 5

Found = tuple[Tensor, Tensor]
"""Codes z (n, K) and classes (n,) int64."""


@dataclass(frozen=True)
class Search:
    """Draws to start from: z (m, K), classes (m,) and their examples (m, …) on the CPU."""

    net: nets.Generator
    device: torch.device
    z: Tensor
    labels: Tensor
    x: Tensor

    @torch.no_grad()
    def nearest(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """The draws closest to each x (n, …), of its class where one is given: (n, starts)."""
        distance = torch.cdist(x.flatten(1), self.x.flatten(1))
        if labels is not None:
            distance = distance.masked_fill(labels[:, None] != self.labels, torch.inf)
        return distance.topk(min(_STARTS, len(self.z)), largest=False).indices

    @torch.no_grad()
    def run(self, x: Tensor, labels: Tensor | None) -> Generator[Step, None, Found]:
        """The best codes found for x (n, …); guesses are the best examples so far."""
        starts = self.nearest(x, labels)
        n, m = starts.shape
        classes = self.labels[starts.flatten()]
        if labels is not None:  # fewer draws of a class than starts
            classes = labels.repeat_interleave(m)
        target = x.repeat_interleave(m, 0).to(self.device)
        z = self.z[starts.flatten()].to(self.device)
        share = F.one_hot(classes, len(self.net.share)).to(z)
        best, best_z, best_x = torch.full((n * m,), torch.inf), z.clone(), target.clone()
        with torch.enable_grad():
            z = z.clone().requires_grad_()
        optimiser = torch.optim.Adam([z], lr=_RATE)
        for step in range(_STEPS + 1):
            optimiser.param_groups[0]["lr"] = _RATE * (1 - step / (_STEPS + 1))
            with torch.enable_grad():
                made = self.net.blend(z, share)
                error = (made - target).square().flatten(1).mean(1)
                loss = (error + _PRIOR * z.square().mean(1)).sum()
                (slope,) = torch.autograd.grad(loss, z)
            better = error.detach().cpu() < best
            best = torch.where(better, error.detach().cpu(), best)
            best_z[better], best_x[better] = z.detach()[better], made.detach()[better]
            z.grad = slope
            optimiser.step()
            pick = best.view(n, m).argmin(1) + m * torch.arange(n)
            guess = best_x[pick].cpu() if step % _SHOWN_EVERY == 0 else None
            yield Step(n * step // _STEPS, n, guess, calls=m * (step + 1))
        # no example was a finite number: there is no code that leads to one
        best_z[best.isinf()] = torch.nan
        return best_z[pick].cpu(), classes[pick]


@torch.no_grad()
def begin(net: nets.Generator, device: torch.device) -> Run:
    """Make the draws to start from; the result is (m, K + 1 + D): code, class, example."""
    streams = Streams(0, range(_DRAWS))
    z, u = streams.normal(net.latent), streams.uniform()
    labels = net.pick(u.to(device)).cpu()
    made = []
    for start in range(0, _DRAWS, _BATCH):
        part = slice(start, start + _BATCH)
        share = F.one_hot(labels[part], len(net.share)).float()
        made.append(net.blend(z[part].to(device), share.to(device)).cpu())
        yield Step(0, None, calls=1)
    return torch.cat([z, labels[:, None].float(), torch.cat(made).flatten(1)], 1)


def search_of(
    net: nets.Generator, device: torch.device, drawn: Tensor,
    shape: tuple[int, ...],
) -> Search:  # fmt: skip
    """The search that starts from what `begin` has made."""
    k = net.latent
    x = drawn[:, k + 1 :].view(len(drawn), *shape)
    return Search(net, device, drawn[:, :k], drawn[:, k].long(), x)
