"""The probability-flow ODE of a denoiser D(x; σ), solved by Heun's method in both directions.

Works in coordinates of standard deviation σ_data; knows neither data nor networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from itertools import pairwise
from typing import TypeAlias

import torch
from torch import Tensor

from engines.nets.diffusion import SIGMA_DATA

SIGMA_MIN, SIGMA_MAX, RHO = 0.002, 80.0, 7.0

Guess: TypeAlias = Callable[[Tensor, float], Tensor]
Drift: TypeAlias = Callable[[Tensor, float], tuple[Tensor, Tensor, Tensor]]


def schedule(steps: int) -> Tensor:
    """σ_0 = σ_max > … > σ_{N−1} = σ_min, (N,) float64: Karras et al. 2022, equation 5."""
    i = torch.arange(steps, dtype=torch.float64) / (steps - 1)
    high, low = SIGMA_MAX ** (1 / RHO), SIGMA_MIN ** (1 / RHO)
    sigma: Tensor = (high + i * (low - high)) ** RHO
    return sigma


def heun(denoise: Guess, x: Tensor, steps: int) -> Generator[Tensor, None, Tensor]:
    """From x at σ_max to x at 0 in 2N − 1 calls: Karras et al. 2022, algorithm 1.

    `denoise(x, σ)` is D; every D is yielded but the last, which is the result.
    """
    sigmas = schedule(steps).tolist()
    for now, then in pairwise(sigmas):
        guess = denoise(x, now)
        yield guess
        slope = (x - guess) / now
        ahead = x + (then - now) * slope
        guess = denoise(ahead, then)
        yield guess
        x = x + (then - now) * (slope + (ahead - guess) / then) / 2
    return denoise(x, sigmas[-1])  # where the Euler step to σ = 0 lands


def unroll(
    drift: Drift, x: Tensor, steps: int
) -> Generator[int, None, tuple[Tensor, Tensor, Tensor]]:
    """From x at σ_min to x at σ_max in 2N calls, with ∫ ∇·F dφ on the way and its variance.

    In w = c_in x and φ = arctan(σ / σ_data) the probability-flow ODE (Song et al. 2021, equation
    13) is dw/dφ = −F(w; φ) (Lu & Song 2024, section 3): bounded, and the Gaussian part of the
    motion is solved already. `drift(w, σ)` is F, its divergence and the variance of that.
    Yields the number of calls so far.
    """
    sigmas = schedule(steps + 1).flip(0).tolist()
    w = x / math.hypot(sigmas[0], SIGMA_DATA)
    total = variance = torch.zeros(len(x), dtype=torch.float64)
    for i, (now, then) in enumerate(pairwise(sigmas)):
        h = math.atan(then / SIGMA_DATA) - math.atan(now / SIGMA_DATA)
        f, divergence, spread = drift(w, now)
        yield 2 * i + 1
        f_ahead, divergence_ahead, spread_ahead = drift(w - h * f, then)
        w = w - h * (f + f_ahead) / 2
        total = total + h * (divergence + divergence_ahead) / 2
        variance = variance + h * h * (spread + spread_ahead) / 4
        yield 2 * i + 2
    return w * math.hypot(sigmas[-1], SIGMA_DATA), total, variance
