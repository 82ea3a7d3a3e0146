"""Which class denoises a picture best: with the same noise for all, the hopeless leave early.

The bound on log p(x | c) of a diffusion is, up to a constant that all classes share,
−∫ σ⁻² E‖D(y + σ ε; σ, c) − y‖² d ln σ (Kingma et al. 2021, equation 14, in σ). Its difference
between classes is found with the same σ and ε for each (Li et al. 2023, "Your diffusion model is
secretly a zero-shot classifier"), and a class is given up once it is far behind by its paired
standard error (Clark & Jaini 2023).
"""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from engines.noise import streams_of
from engines.parts import Denoise
from engines.uses.classifier.bayes import Floats

MOST, LEAST = 64, 8
"""Draws of (σ, ε) for a picture, and how many before a class may be given up."""
APART = 3.0
"""Standard errors behind the best at which a class is given up."""
_GOLDEN = (math.sqrt(5) - 1) / 2


@torch.no_grad()
def losses(denoise: Denoise, x: Tensor, classes: int) -> Generator[int, None, Floats]:
    """The loss of each class in nats (classes,) for one picture x (1, …); yields draws done.

    That of a class that was given up is the mean over its draws, moved by what the best class's
    loss was there beside its mean in the end.
    """
    noise = streams_of(x)
    y, _ = denoise.enter(_in_cells(x, noise.uniform(*x.shape[1:])))
    low, high = (math.log(sigma) for sigma in denoise.span)
    start = float(noise.uniform(1)[0, 0])
    alive = list(range(classes))
    table = np.full((MOST, classes), np.nan)
    for draw in range(MOST):
        share = (start + draw * _GOLDEN) % 1.0  # evenly over the noise levels
        sigma = math.exp(low + share * (high - low))
        noised = y + sigma * noise.normal(*x.shape[1:]).to(y)
        labels = torch.tensor(alive, device=y.device)
        guess = denoise.denoise(noised.expand(len(alive), *noised.shape[1:]), sigma, labels)
        squares = (guess - y).double().square().flatten(1).sum(1).cpu().numpy()
        table[draw, alive] = (high - low) * squares / sigma**2
        if draw + 1 >= LEAST:
            alive = _alive(table[: draw + 1], alive)
        yield draw + 1
        if len(alive) == 1:
            break
    return _means(table)


def _in_cells(x: Tensor, place: Tensor) -> Tensor:
    """Pictures as denoisers take them: u in (0, 1), somewhere in the cells of their levels."""
    u: Tensor = (((x + 1) * 127.5).round() + place) / 256
    return u


def _alive(table: Floats, alive: list[int]) -> list[int]:
    """The classes that are not yet far behind the best of them."""
    so_far = table[:, alive]
    best = int(so_far.mean(0).argmin())
    behind = so_far - so_far[:, best : best + 1]
    mean, error = behind.mean(0), behind.std(0, ddof=1) / math.sqrt(len(behind))
    return [label for label, far in zip(alive, mean > APART * error, strict=True) if not far]


def _means(table: Floats) -> Floats:
    """The loss of each class: that of the best, and how far behind it the others were, in pairs."""
    counts = (~np.isnan(table)).sum(0)
    most = counts == counts.max()
    best = int(np.where(most, np.nanmean(table, 0), np.inf).argmin())
    behind = np.nanmean(table - table[:, best : best + 1], 0)
    return np.asarray(np.nanmean(table[:, best]) + behind)
