"""Small networks that several families share: E of them side by side, each fitted on its own
bootstrap of the rows, with heads for scores and levels.

Shapes begin with (E, rows). Everything random comes from a seed of one's own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as nn
from torch import Tensor

from engines.model import Knob
from engines.tables.design import Design, Rng

NARROWEST = 0.03
"""The least standard deviation of a head, in scores: below it lies rounding."""

_BETA1, _BETA2, _LONGEST = 0.9, 0.999, 5.0
"""Of AdamW; the longest gradient of a layer of a network."""

FITS = Knob(
    "fits",
    "Fits",
    5,
    1,
    20,
    1,
    "Networks, each fitted on a bootstrap of the rows; one alone is fitted on all rows, and its "
    "weights are fixed.",
)


class Net:
    """E networks of the same widths, SiLU between the layers."""

    def __init__(self, widths: Sequence[int], fits: int, rng: Rng) -> None:
        self.parameters: list[Tensor] = []
        pairs = list(itertools.pairwise(widths))
        for number, (wide, next_wide) in enumerate(pairs, 1):
            gain = math.sqrt(2 / wide) if number < len(pairs) else 0.3 / math.sqrt(wide)
            weight = gain * rng.standard_normal((fits, wide, next_wide))
            self.parameters.append(torch.tensor(weight, dtype=torch.float32).requires_grad_())
            self.parameters.append(torch.zeros(fits, 1, next_wide).requires_grad_())

    def __call__(self, x: Tensor) -> Tensor:
        """(E, rows, first width) to (E, rows, last width)."""
        for layer in range(0, len(self.parameters), 2):
            weight, bias = self.parameters[layer : layer + 2]
            x = torch.baddbmm(bias, x, weight)
            if layer + 2 < len(self.parameters):
                x = nn.silu(x)
        return x


@dataclass(frozen=True, eq=False)
class Layout:
    """How rows of a design enter a network, and which outputs are whose.

    A score enters as itself and whether it is known; levels one by one, and whether one is.
    `mixture` is the number of normals of the head of a score.
    """

    levels: tuple[int, ...]
    mixture: int = 1

    @staticmethod
    def of(design: Design, mixture: int = 1) -> Layout:
        return Layout(tuple(feature.levels for feature in design.features), mixture)

    @property
    def inputs(self) -> int:
        return sum((levels or 1) + 1 for levels in self.levels)

    @property
    def outputs(self) -> int:
        return sum(levels or 3 * self.mixture for levels in self.levels)

    def enter(self, z: Tensor, known: Tensor) -> Tensor:
        """Values z (…, F), anything where not known (…, F) bool, as inputs (…, inputs)."""
        parts = []
        for f, levels in enumerate(self.levels):
            seen = known[..., f]
            if levels:
                code = torch.where(seen, z[..., f], 0.0).long()
                parts.append(nn.one_hot(code, levels) * seen[..., None])
            else:
                parts.append(torch.where(seen, z[..., f], 0.0)[..., None])
            parts.append(seen[..., None].float())
        return torch.cat([part.float() for part in parts], -1)

    def head(self, out: Tensor, f: int) -> Tensor:
        """The outputs of one feature."""
        starts = np.cumsum([0, *(levels or 3 * self.mixture for levels in self.levels)])
        return out[..., starts[f] : starts[f + 1]]

    def log_p(self, out: Tensor, z: Tensor) -> Tensor:
        """log p of each value of z (…, F), 0 for NaN: (…, F)."""
        found = []
        for f, levels in enumerate(self.levels):
            head, value = self.head(out, f), z[..., f]
            seen = ~value.isnan()
            value = torch.where(seen, value, 0.0)
            if levels:
                logits = head.log_softmax(-1)
                shape = torch.broadcast_shapes(logits.shape[:-1], value.shape)
                index = value.long().expand(shape)[..., None]
                log_p = logits.expand(*shape, levels).gather(-1, index)[..., 0]
            else:
                weight, mean, sd = self.normals(head)
                apart = (value[..., None] - mean) / sd
                log_k = weight - 0.5 * apart.square() - sd.log() - 0.5 * math.log(2 * math.pi)
                log_p = log_k.logsumexp(-1)
            found.append(log_p * seen)
        return torch.stack(found, -1)

    def normals(self, head: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log-weights, means and standard deviations (…, mixture) of the head of a score."""
        weight, mean, raw = head.split(self.mixture, -1)
        return weight.log_softmax(-1), mean, nn.softplus(raw + 0.5) + NARROWEST

    def drawn(self, head: Tensor, f: int, rng: Rng) -> Tensor:
        """A value (…) of one feature for its outputs."""
        if self.levels[f]:
            return _chosen(head, rng).float()
        weight, mean, sd = self.normals(head)
        which = _chosen(weight, rng)[..., None]
        noise = torch.from_numpy(rng.standard_normal(which.shape[:-1])).float()
        return mean.gather(-1, which)[..., 0] + sd.gather(-1, which)[..., 0] * noise


def _chosen(logits: Tensor, rng: Rng) -> Tensor:
    noise = torch.from_numpy(rng.gumbel(size=tuple(logits.shape))).float()
    return (logits + noise).argmax(-1)


def bootstraps(n: int, fits: int, rng: Rng) -> torch.Tensor:
    """Rows (E, n) that each fit learns from; all of them where there is one fit alone."""
    if fits == 1:
        return torch.arange(n)[None]
    return torch.from_numpy(rng.integers(n, size=(fits, n)))


class Optimiser:
    """AdamW with a warm-up and a cosine to zero (Loshchilov & Hutter 2019, algorithm 2).

    Written out: the first use of torch's own takes seconds of imports, and a table takes few.
    """

    def __init__(self, parameters: list[Tensor], steps: int, rate: float, decay: float) -> None:
        self._parameters, self._steps = parameters, steps
        self._rate, self._decay, self._step = rate, decay, 0
        self._first = [torch.zeros_like(each) for each in parameters]
        self._second = [torch.zeros_like(each) for each in parameters]

    def step(self, loss: Tensor) -> None:
        """One step down this loss, a sum over the networks: they do not share anything."""
        gradients = torch.autograd.grad(loss, self._parameters)
        done = self._step / self._steps
        self._step += 1
        rate = self._rate * min(1.0, self._step / 50) * 0.5 * (1 + math.cos(math.pi * done))
        before, after = 1 - _BETA1**self._step, 1 - _BETA2**self._step
        with torch.no_grad():
            for each, gradient, first, second in zip(
                self._parameters, gradients, self._first, self._second, strict=True
            ):
                size = gradient.reshape(len(gradient), -1).norm(dim=1).clamp_min(1e-12)
                by = (_LONGEST / size).clamp_max(1.0).view(-1, *[1] * (gradient.dim() - 1))
                cut = gradient * by
                first.lerp_(cut, 1 - _BETA1)
                second.lerp_(cut.square(), 1 - _BETA2)
                each.mul_(1 - rate * self._decay)
                each.addcdiv_(first / before, (second / after).sqrt().add_(1e-8), value=-rate)
