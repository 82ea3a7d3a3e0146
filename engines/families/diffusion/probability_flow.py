"""The probability-flow ODE of a denoiser D(x; σ), solved by Heun's method in both directions, and
by the classical method of Runge and Kutta where the error must be small; the reverse diffusion.

With w = c_in x and φ = arctan(σ / σ_data) it reads dw/dφ = −F(w; φ) (Lu & Song 2024, section 3):
bounded, and the motion of Gaussian data is solved already. Knows neither data nor networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from itertools import pairwise
from typing import TypeAlias

import torch
from torch import Tensor

from engines.families.diffusion.net import SIGMA_DATA, SPAN

SIGMA_MIN, SIGMA_MAX = SPAN
RHO = 4.0
_RHO_FINE = 2.0
"""Many steps are spent best on moderate noise, where the divergence turns."""
_STEEP = 10.0
Guess: TypeAlias = Callable[[Tensor, float], Tensor]
Drift: TypeAlias = Callable[[Tensor, float], tuple[Tensor, Tensor, Tensor]]


def angle(sigma: float) -> float:
    """φ = arctan(σ / σ_data)."""
    return math.atan(sigma / SIGMA_DATA)


def length(sigma: float) -> float:
    """1 / c_in = √(σ² + σ_data²)."""
    return math.hypot(sigma, SIGMA_DATA)


def schedule(steps: int, span: tuple[float, float] = SPAN, rho: float = RHO) -> list[float]:
    """σ_0 = σ_max > … > σ_{N−1} = σ_min, evenly spaced in φ^(1/ρ).

    Karras et al. 2022, equation 5, but in the angle: even steps in σ^(1/7) spend 4 of 10 above
    10 σ_data, where nothing happens.
    """
    i = torch.arange(steps, dtype=torch.float64) / (steps - 1)
    low, high = (angle(sigma) ** (1 / rho) for sigma in span)
    phi = (high + i * (low - high)) ** rho
    return [float(sigma) for sigma in SIGMA_DATA * phi.tan()]


def raw(d: Tensor, w: Tensor, sigma: float) -> Tensor:
    """F(w; φ) of D(x; σ): Karras et al. 2022, equation 7, solved for the network."""
    c_skip, c_out = (SIGMA_DATA / length(sigma)) ** 2, sigma * SIGMA_DATA / length(sigma)
    return (d - c_skip * length(sigma) * w) / c_out


def by_gradients(
    denoise: Callable[[Tensor, float, Tensor], Tensor],
    w: Tensor,
    sigma: float,
    label: Tensor,
    *,
    divergence: bool = True,
) -> tuple[Tensor, Tensor]:
    """F(w; φ) (n, D) of a denoiser D(x, σ, labels) for one class (1,), and its divergence (n,).

    One gradient for each axis; without the divergence, zeros for it.
    """
    labels = label.expand(len(w), *label.shape[1:])
    with torch.set_grad_enabled(divergence):
        w = w.detach().requires_grad_(divergence)
        f = raw(denoise(w * length(sigma), sigma, labels), w, sigma)
        total = torch.zeros(len(w), dtype=w.dtype, device=w.device)
        for k in range(w.shape[1] if divergence else 0):
            (slope,) = torch.autograd.grad(f[:, k].sum(), w, retain_graph=True)
            total = total + slope[:, k]
    return f.detach(), total


def heun(
    denoise: Guess, x: Tensor, steps: int, span: tuple[float, float] = SPAN
) -> Generator[Tensor, None, Tensor]:
    """From x at σ_max to x at 0 in 2N − 1 calls, as Karras et al. 2022, algorithm 1.

    `denoise(x, σ)` is D; every D is yielded but the last, which is the result. In w and φ the
    same calls leave a third of the error that they leave in x and σ.
    """
    sigmas = schedule(steps, span)
    w = x / length(sigmas[0])
    for now, then in pairwise(sigmas):
        h = angle(now) - angle(then)
        guess = denoise(w * length(now), now)
        yield guess
        f = raw(guess, w, now)
        ahead = w + h * f
        guess = denoise(ahead * length(then), then)
        yield guess
        w = w + h * (f + raw(guess, ahead, then)) / 2
    return denoise(w * length(sigmas[-1]), sigmas[-1])


def kutta(denoise: Guess, x: Tensor, sigmas: Sequence[float]) -> Generator[Tensor, None, Tensor]:
    """From x at σ_0 to x at σ_N, up or down, by the classical method of Kutta 1901: 4N calls.

    Every D is yielded. There and back on the same levels is nearly the identity, for each way has
    an error of fourth order.
    """
    w = x / length(sigmas[0])
    for now, then in pairwise(sigmas):
        h = angle(now) - angle(then)
        middle = SIGMA_DATA * math.tan(angle(now) - h / 2)
        f = total = torch.zeros_like(w)
        for sigma, share, weight in ((now, 0, 1), (middle, 0.5, 2), (middle, 0.5, 2), (then, 1, 1)):
            ahead = w + share * h * f
            guess = denoise(ahead * length(sigma), sigma)
            yield guess
            f = raw(guess, ahead, sigma)
            total = total + weight * f
        w = w + h / 6 * total
    return w * length(sigmas[-1])


def descend(denoise: Guess, x: Tensor, sigmas: Sequence[float]) -> Generator[Tensor, None, Tensor]:
    """From x at σ_0 to x at 0 in 4N + 1 calls, as `heun`: every D but the last is yielded."""
    x = yield from kutta(denoise, x, sigmas)
    return denoise(x, sigmas[-1])


def ancestral(
    denoise: Guess,
    x: Tensor,
    steps: int,
    noise: Callable[[], Tensor],
    span: tuple[float, float] = SPAN,
) -> Generator[Tensor, None, Tensor]:
    """From x at σ_max to x at 0 in N calls with fresh noise at each: Ho et al. 2020, equation 6.

    The step is q(x_s | x_t, x_0) with x_0 = D, here without their scaling of x. What noise is added
    forgets errors that an ODE would carry to the end. `noise()` is standard normal, as x.
    """
    for now, then in pairwise(sigmas := schedule(steps, span)):
        guess = denoise(x, now)
        yield guess
        kept = (then / now) ** 2
        x = guess + kept * (x - guess) + then * math.sqrt(1 - kept) * noise()
    return denoise(x, sigmas[-1])


def unroll(
    drift: Drift, x: Tensor, steps: int, span: tuple[float, float] = SPAN
) -> Generator[int, None, tuple[Tensor, Tensor, Tensor]]:
    """From x at σ_min to x at σ_max in 2N calls, with ∫ ∇·F dφ on the way and its variance.

    `drift(w, σ)` is F, its divergence and the variance of that. Yields the number of calls so far.
    """
    sigmas = schedule(steps + 1, span)[::-1]
    w = x / length(sigmas[0])
    total = variance = torch.zeros(len(x), dtype=torch.float64)
    for i, (now, then) in enumerate(pairwise(sigmas)):
        h = angle(then) - angle(now)
        f, divergence, spread = drift(w, now)
        yield 2 * i + 1
        f_ahead, divergence_ahead, spread_ahead = drift(w - h * f, then)
        w = w - h * (f + f_ahead) / 2
        total = total + h * (divergence + divergence_ahead) / 2
        variance = variance + h * h * (spread + spread_ahead) / 4
        yield 2 * i + 2
    return w * length(sigmas[-1]), total, variance


Slopes: TypeAlias = Callable[[Tensor, float, bool], tuple[Tensor, Tensor]]


def travel(
    slopes: Slopes, w: Tensor, phis: Sequence[float]
) -> Generator[int, None, tuple[Tensor, Tensor, Tensor]]:
    """Where w goes along some angles φ, ∫ ∇·F dφ on the way (float64), and its error estimate.

    The classical method of Kutta 1901, and Simpson's rule on the cubic through both ends of a
    stride (Hermite): its three nodes cost a divergence each, and neighbours share one. Five calls
    a stride and one more, of which 2N + 1 are whole; yielded are those so far.
    `slopes(w, φ, whole)` is F and, if it is to be whole, its divergence. The doubt, in nats, is
    large where strides are too long: what the middle of each adds to the trapezoid, and how far
    apart its two slopes there would lead, where ten nats a unit is taken for steep.
    """
    total, doubt = w.new_zeros(len(w), dtype=torch.float64), w.new_zeros(len(w))
    start, d_start = slopes(w, phis[0], True)
    for i, (now, then) in enumerate(pairwise(phis), 1):
        h, middle = then - now, (now + then) / 2
        second, _ = slopes(w - h / 2 * start, middle, False)
        third, _ = slopes(w - h / 2 * second, middle, False)
        fourth, _ = slopes(w - h * third, then, False)
        to = w - h / 6 * (start + 2 * (second + third) + fourth)
        end, d_end = slopes(to, then, True)
        _, d_middle = slopes((w + to) / 2 - h / 8 * (start - end), middle, True)
        total += h / 6 * (d_start + 4 * d_middle + d_end).double()
        doubt += abs(h) * 2 / 3 * (d_middle - (d_start + d_end) / 2).abs()
        doubt += abs(h) * _STEEP * (second - third).flatten(1).norm(dim=1)
        w, start, d_start = to, end, d_end
        yield 5 * i + 1
    return w, total, doubt


def climb(
    slopes: Slopes, x: Tensor, steps: int, span: tuple[float, float] = SPAN
) -> Generator[int, None, tuple[Tensor, Tensor]]:
    """`unroll` without a variance, of fourth order, in N strides: 5N + 1 calls, yielded by strides.

    On a Gaussian mixture 128 calls leave a tenth of the error that Heun's method leaves.
    """
    sigmas = schedule(steps + 1, span, _RHO_FINE)[::-1]
    w, total, _ = yield from travel(slopes, x / length(sigmas[0]), list(map(angle, sigmas)))
    return w * length(sigmas[-1]), total.cpu()
