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
_HALVE_AT, _WINDOW, _GAIN = (15, 45), 25, 0.01
"""At these steps the worse half of the starts is given up. The search ends when within a window of
steps no example has come nearer by more than this share of its mean square error."""
_OF_DRAWS = 100
"""How many of its own steps the search counts the making of the first draws as."""

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
        """The best codes found for x (n, …); guesses are the best examples so far.

        Every example starts from several draws; it ends early where nothing comes of going on.
        """
        starts = self.nearest(x, labels)
        n, m = starts.shape
        classes = self.labels[starts.flatten()]
        if labels is not None:  # fewer draws of a class than starts
            classes = labels.repeat_interleave(m)
        climb = _Descent(self.net, x.to(self.device), self.z[starts.flatten()], classes)
        calls, nearest = 0, [torch.full((n,), torch.inf)]
        for step in range(_STEPS + 1):
            if step in _HALVE_AT:
                climb.keep_better_half()
            calls += climb.starts
            nearest.append(climb.step(_RATE * (1 - step / (_STEPS + 1))))
            ends = step == _STEPS or _has_settled(nearest)
            done = _OF_DRAWS + (_STEPS if ends else step)
            guess = climb.found()[2] if ends or step % _SHOWN_EVERY == 0 else None
            yield Step(done, _OF_DRAWS + _STEPS, guess, calls=calls)
            if ends:
                break
        z, classes, _ = climb.found()
        return z, classes


class _Descent:
    """Adam on the codes of n examples, each from as many starts, in rows example by example."""

    def __init__(self, net: nets.Generator, x: Tensor, z: Tensor, classes: Tensor) -> None:
        self.net, self.x = net, x
        self.classes = classes
        self.best = torch.full((len(z),), torch.inf)
        self.best_z = z.to(x)
        self.best_x = x.repeat_interleave(len(z) // len(x), 0)
        self._begin(z.to(x))

    def _begin(self, z: Tensor, state: dict[str, Tensor] | None = None) -> None:
        with torch.enable_grad():
            self.z = z.clone().requires_grad_()
        self.optimiser = torch.optim.Adam([self.z], lr=_RATE)
        if state:
            self.optimiser.state[self.z] = state
        self.share = F.one_hot(self.classes, len(self.net.share)).to(z)
        self.target = self.x.repeat_interleave(self.starts, 0)

    @property
    def starts(self) -> int:
        """How many rows an example has."""
        return len(self.z) // len(self.x)

    def step(self, rate: float) -> Tensor:
        """Go one step; the least mean square error (n,) of every example so far."""
        self.optimiser.param_groups[0]["lr"] = rate
        with torch.enable_grad():
            made = self.net.blend(self.z, self.share)
            error = (made - self.target).square().flatten(1).mean(1)
            loss = (error + _PRIOR * self.z.square().mean(1)).sum()
            (self.z.grad,) = torch.autograd.grad(loss, self.z)
        error = error.detach().cpu()
        better = error < self.best
        self.best = torch.where(better, error, self.best)
        self.best_z[better], self.best_x[better] = self.z.detach()[better], made.detach()[better]
        self.optimiser.step()
        return self.best.view(len(self.x), -1).amin(1)

    def keep_better_half(self) -> None:
        """Give up the starts of every example that have come less near than its others."""
        kept = self.best.view(len(self.x), -1).topk((self.starts + 1) // 2, largest=False).indices
        rows = (kept + self.starts * torch.arange(len(self.x))[:, None]).flatten()
        state = {
            name: value[rows] if value.ndim else value
            for name, value in self.optimiser.state[self.z].items()
        }
        self.classes, self.best = self.classes[rows], self.best[rows]
        self.best_z, self.best_x = self.best_z[rows], self.best_x[rows]
        self._begin(self.z.detach()[rows], state)

    def found(self) -> tuple[Tensor, Tensor, Tensor]:
        """The best codes (n, K), their classes (n,), and their examples (n, …)."""
        pick = self.best.view(len(self.x), -1).argmin(1)
        pick = pick + self.starts * torch.arange(len(self.x))
        z = self.best_z[pick].cpu()
        # no example was a finite number: there is no code that leads to one
        z[self.best[pick].isinf()] = torch.nan
        return z, self.classes[pick], self.best_x[pick].cpu()


def _has_settled(nearest: list[Tensor]) -> bool:
    """Whether no example has come nearer, worth a word, within the last window of steps."""
    if len(nearest) <= _WINDOW + _HALVE_AT[-1]:
        return False
    now, then = nearest[-1], nearest[-1 - _WINDOW]
    return bool((now >= (1 - _GAIN) * then).all())


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
        yield Step(_OF_DRAWS * (start + len(share)) // _DRAWS, _OF_DRAWS + _STEPS, calls=1)
    return torch.cat([z, labels[:, None].float(), torch.cat(made).flatten(1)], 1)


def search_of(
    net: nets.Generator, device: torch.device, drawn: Tensor, shape: tuple[int, ...]
) -> Search:
    """The search that starts from what `begin` has made."""
    k = net.latent
    x = drawn[:, k + 1 :].view(len(drawn), *shape)
    return Search(net, device, drawn[:, :k], drawn[:, k].long(), x)
