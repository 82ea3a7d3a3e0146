"""Recipes of the raster-order models: maximum likelihood of single pixels, or of whole points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engines.families.autoregressive.model import to_indices
from engines.families.autoregressive.net import PictureRaster, PointConditionals
from engines.training.budgets import steps
from engines.training.datasets import DataSet
from engines.training.descent import Descent
from engines.training.randomness import drawn_from, uniform
from engines.training.recipe import NO_OPTIONS, Options, Recipe, chosen, net_of

_PIXELS = 32
_PATTERNS = 3**5
_FLOOR = 0.1
_MEMORY = 0.98
POINT_NET = {"components": 48, "hidden": 128, "layers": 3, "features": 64}
"""Sizes of the network for points, the same in any order."""


def autoregressive(data: DataSet, options: Options = NO_OPTIONS) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data, options) if data.train.x.dim() == 4 else _points(data, options)


def _pictures(data: DataSet, options: Options) -> Recipe:
    sizes = chosen({"rows": 20, "reach": 12, "width": 256, "blocks": 3, "codes": 8}, options)
    own = chosen({"rate": 2e-3, "batch": 64}, options)
    net = net_of(data, sizes)

    def trainer(g: torch.Generator) -> PixelDescent:
        with drawn_from(g):
            model = PictureRaster(**net)
        model.standardise(to_indices(data.train.x[:5000]))
        return PixelDescent(model, generator=g, rate=own["rate"])

    return Recipe(
        net=net,
        trainer=trainer,
        text=f"maximum likelihood of {_PIXELS} pixels a picture, drawn by doubt and weighted "
        "(importance sampling), Adam with cosine rate, EMA",
        batch=own["batch"],
        steps=steps("autoregressive", data.name, pictures=True),
        label_dropout=0.1,
        recommended={"guidance": 1.5},
        options={**sizes, **own},
    )


def _points(data: DataSet, options: Options) -> Recipe:
    sizes, own = chosen(POINT_NET, options), chosen({"rate": 2e-3, "batch": 512}, options)
    net = net_of(data, sizes)

    def trainer(g: torch.Generator) -> Descent:
        with drawn_from(g):
            model = PointConditionals(**net)
        model.standardise(data.train.x)
        return Descent(model, _point_loss, generator=g, rate=own["rate"], averaging=0.99)

    return Recipe(
        net=net,
        trainer=trainer,
        text="maximum likelihood, x1 then x2, Adam with cosine rate, EMA",
        batch=own["batch"],
        steps=steps("autoregressive", data.name, pictures=False),
        label_dropout=0.5,
        options={**sizes, **own},
    )


def _point_loss(
    net: PointConditionals, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
) -> Tensor:
    return -net.log_density(x, labels, range(net.dim)).mean()


class PixelDescent(Descent):
    """Descent on single pixels drawn where the network is in doubt: `doubt` (patterns,).

    Four fifths of a digit are paper that is known for certain, and a step on whole pictures would
    be spent there. The loss of a pixel drawn with probability q is weighted by 1 / (N q), so its
    mean over draws is that of all N pixels. q is best in proportion to the root mean square of
    what is averaged (Owen 2013, "Monte Carlo theory, methods and examples", chapter 9); here that
    of the pixel's loss, remembered by the pattern of the pixel and its four neighbours.
    """

    def __init__(self, net: PictureRaster, *, generator: torch.Generator, rate: float) -> None:
        super().__init__(net, self._pixel_loss, generator=generator, rate=rate, averaging=0.98)
        self.doubt = torch.ones(_PATTERNS)

    def _pixel_loss(
        self, net: PictureRaster, x: Tensor, labels: Tensor, progress: float, g: torch.Generator
    ) -> Tensor:
        levels = to_indices(x)
        pattern = patterns(levels, net.levels).flatten()
        q = self.chances(pattern)
        pick = stratified(q, _PIXELS * len(x), g)
        pixels = net.height * net.side
        logits = net(levels, labels, pick // pixels, pick % pixels)
        loss = F.cross_entropy(logits, levels.flatten()[pick], reduction="none")
        self.remember(pattern[pick], loss.detach())
        return (loss / (len(q) * q[pick])).mean()

    def chances(self, pattern: Tensor) -> Tensor:
        """Probability of drawing each pixel (N,): by doubt, with a floor under all."""
        by_doubt = self.doubt.sqrt()[pattern]
        return (1 - _FLOOR) * by_doubt / by_doubt.sum() + _FLOOR / len(pattern)

    def remember(self, pattern: Tensor, loss: Tensor) -> None:
        """Running mean of the squared loss of every pattern, older draws counting less."""
        count = torch.bincount(pattern, minlength=_PATTERNS)
        mean = torch.bincount(pattern, loss.square(), _PATTERNS) / count.clamp_min(1)
        self.doubt += (mean - self.doubt) * (1 - _MEMORY**count)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "doubt": self.doubt}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(dict(state))
        self.doubt = state["doubt"]


def patterns(levels: Tensor, count: int) -> Tensor:
    """Paper, grey or ink at a pixel and left, above left, above and above right: (n, H, W)."""
    kind = (levels > 0).long() + (levels > 0.98 * (count - 1))
    around = F.pad(kind, (1, 1, 1, 0))
    left, above = around[:, 1:, :-2], around[:, :-1, 1:-1]
    corners = 3 * around[:, :-1, :-2] + around[:, :-1, 2:]
    return 81 * kind + 27 * left + 9 * above + corners


def stratified(q: Tensor, count: int, g: torch.Generator) -> Tensor:
    """`count` draws of an index with probabilities q, evenly spread: (count,) int64."""
    place = (uniform(g, 1).double() + torch.arange(count, device=q.device)) / count
    return torch.searchsorted(q.double().cumsum(0), place).clamp_max(len(q) - 1)
