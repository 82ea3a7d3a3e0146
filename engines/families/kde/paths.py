"""Paths over the centres of a kernel density estimate: what no latent space looks like.

The shortest path from centre to centre, hopping between neighbours, with the length of a hop to
the power p: many short hops through dense regions cost less than one long hop across a gap
(Groisman, Jonckheere & Sapienza 2022, "Nonhomogeneous Euclidean first-passage percolation and
distance learning", the sample Fermat distance).
"""

from __future__ import annotations

import torch
from torch import Tensor

from engines.model import Exactness, Procedure, Run, Step
from engines.parts import Kernels

NEAREST = Procedure(
    Exactness.HEURISTIC,
    "the nearest training example; hops on the path of least Fermat length",
    "Parzen 1962; Groisman et al. 2022",
)
_POWER = 3.0
_ROWS = 256
_NEAR = 2000
"""Centres that a path may touch."""


class Graph:
    """The centres (N, …) in the units of their kernels; distances are found as paths need them."""

    def __init__(self, kernels: Kernels) -> None:
        (self.x, _), self._scale = kernels.examples(), kernels.scale
        self._unit = (self.x.flatten(1) / self._scale).float()
        self._squares = self._unit.square().sum(1)
        self._known: dict[tuple[int, int], list[int]] = {}

    @torch.no_grad()
    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """Numbers (n, 1) of the nearest centres."""
        unit = x.flatten(1) / self._scale
        found = [self._distances(part).argmin(1) for part in unit.split(_ROWS)]
        yield Step(len(x), len(x), calls=0)
        return torch.cat(found)[:, None].double()

    def decode(self, z: Tensor, label: int | None) -> Run:
        """The centres of these numbers (n, 1)."""
        x = self.x[z[:, 0].long()]
        yield Step(len(z), len(z), x.clone(), calls=0)
        return x.clone()

    def between(self, z1: Tensor, z2: Tensor, lam: Tensor) -> Tensor:
        """Numbers (n, 1) of the centres at λ (n,) of the path, evenly by hops; z1 at λ = 1."""
        path = torch.tensor(self.path(int(z1[0]), int(z2[0])), dtype=torch.float64)
        place = ((1 - lam.double()) * (len(path) - 1)).round().long()
        return path[place][:, None]

    def path(self, start: int, end: int) -> list[int]:
        """Centres on the shortest path, both ends included, among those nearest to both ends."""
        if (start, end) not in self._known:
            self._known[start, end] = self._search(start, end)
        return self._known[start, end]

    @torch.no_grad()
    def _search(self, start: int, end: int) -> list[int]:
        """Dijkstra 1959 on the complete graph of the centres of least |x − a|ᵖ + |x − b|ᵖ."""
        ends = self._distances(self._unit[[start, end]]).pow(_POWER)
        detour = ends.sum(0)
        detour[[start, end]] = -1  # they belong in, whatever rounding says
        near = detour.topk(min(_NEAR, len(detour)), largest=False).indices
        unit = self._unit[near]
        squares = unit.square().sum(1)
        hop = squares[:, None] + squares - 2 * unit @ unit.T
        hop = hop.clamp_min(0).sqrt().pow(_POWER)
        first, last = (int((near == index).nonzero()[0, 0]) for index in (start, end))
        path = _shortest(hop, first, last)
        return [int(near[place]) for place in path]

    def _distances(self, unit: Tensor) -> Tensor:
        """(n, D) -> (n, N), by the expansion of the square."""
        squares = unit.square().sum(1)[:, None] + self._squares - 2 * unit @ self._unit.T
        return squares.clamp_min(0).sqrt()


def _shortest(hop: Tensor, first: int, last: int) -> list[int]:
    """Places on the shortest path over costs (n, n), both ends included."""
    cost = torch.full((len(hop),), torch.inf)
    before = torch.full((len(hop),), -1)
    open_ = torch.zeros(len(hop))  # infinite once a place is done
    cost[first] = 0
    while True:
        here = int((cost + open_).argmin())
        if here == last:
            break
        open_[here] = torch.inf
        reached = cost[here] + hop[here]
        better = reached < cost
        cost[better], before[better] = reached[better], here
    path = [last]
    while path[-1] != first:
        path.append(int(before[path[-1]]))
    return path[::-1]
