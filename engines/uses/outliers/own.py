"""Scores that only some models have: what a part of a model finds strange beside its density.

A score is a column (n, 1) of numbers, or a profile (n, K), of which counts how far it lies from
that of held-out examples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from engines.drawing import class_indices
from engines.kinds import Pictures
from engines.model import Model, Step
from engines.noise import Streams, log_normal, streams_of
from engines.parts import Bijection, Conditionals, Denoise, Energy, Kernels, Posterior

Columns: TypeAlias = Generator[Step, None, Tensor]
STEPS, RATE, DRAWS = 10, 0.1, 2
"""Of likelihood regret: steps of Adam, their size, and draws of q(z | x) in the bound."""
NOISES = (0.1, 0.2, 0.35, 0.6, 1.0, 1.7)
"""Noise levels of a profile of denoising errors; there the data have standard deviation 0.5."""
WINDOW, NEAREST = 5, 5
_CENTRES = 2000


@dataclass(frozen=True)
class Own:
    """What a model says by its part `part`; `run(model, x)` of x (n, …) gives its columns."""

    part: str
    name: str
    says: str
    run: Callable[[Model, Tensor], Columns]
    pictures: bool = False
    """Whether it is known of pictures alone."""
    profile: bool = False
    """Whether it is how far the columns lie from those of held-out examples, to either side."""
    last_is_nll: bool = False
    """Whether its last column is −log p in nats, which needs no asking then: one pass for both."""


def own_of(model: Model) -> Own | None:
    """The score of a model's own, by the parts that it has; None where there is none."""
    for own in OWN:
        part: Any = getattr(model, own.part)
        fits = isinstance(model.card.kind, Pictures) or not own.pictures
        if part is not None and fits and not (own.part == "conditionals" and part.any_order):
            return own
    return None


@torch.no_grad()
def _window(model: Model, x: Tensor) -> Columns:
    part = model.conditionals
    assert isinstance(part, Conditionals)
    found = []
    for i in range(len(x)):
        symbols = part.indices(x[i : i + 1]).to(part.device)
        every = torch.arange(symbols.shape[1], device=part.device)[None]
        labels = class_indices(model.card, None, 1).to(part.device)
        log_p = part.logits(symbols, torch.ones_like(symbols, dtype=torch.bool), every, labels)
        nats = -log_p.log_softmax(2).gather(2, symbols[..., None])[0, :, 0].double().cpu()
        nats = nats.view(-1, *x.shape[2:]).sum(0)[None, None]
        side = min(WINDOW, *x.shape[2:])
        window = functional.avg_pool2d(nats, side, 1).max() * side**2 / math.log(2)
        found.append(torch.stack([window, nats.sum()]))
        yield Step(i + 1, len(x))
    return torch.stack(found)


@torch.no_grad()
def _norm(model: Model, x: Tensor) -> Columns:
    part = model.bijection
    assert isinstance(part, Bijection)
    inside = ((x + 1) * 127.5).round() / 256 + 0.5 / 256 if _in_levels(model) else x
    labels = class_indices(model.card, None, len(x)).to(part.device)
    z, _ = part.to_noise(inside.to(part.device), labels)
    z = z.flatten(1).double().cpu()
    yield Step(len(x), len(x))
    return z.square().sum(1, keepdim=True)


def _regret(model: Model, x: Tensor) -> Columns:
    """max over q of the ELBO, a few steps from the encoder's q, less the ELBO of that."""
    part = model.posterior
    assert isinstance(part, Posterior)
    where = torch.ones(x.shape[1:], dtype=torch.bool, device=part.device)
    seen = x.to(part.device).repeat_interleave(DRAWS, 0)
    labels = class_indices(model.card, None, len(x)).to(part.device)
    many = labels.repeat_interleave(DRAWS, 0)
    streams = streams_of(x) if _in_levels(model) else Streams(0, [0])
    e = streams.normal(DRAWS, part.latent).expand(len(x), -1, -1).to(part.device)
    with torch.no_grad():
        mean, log_sd = part.encoder(x.to(part.device), labels)

    def bound(mean: Tensor, log_sd: Tensor) -> Tensor:
        z = (mean[:, None] + log_sd[:, None].exp() * e).flatten(0, 1)
        log_q = log_normal(e.flatten(0, 1)) - log_sd.sum(1).repeat_interleave(DRAWS)
        log_p = part.log_p(part.view(z, many), seen, where) + part.log_prior(z, many)
        return (log_p - log_q).view(len(x), DRAWS).mean(1)

    at = [mean.clone().requires_grad_(), log_sd.clone().requires_grad_()]
    adam = torch.optim.Adam(at, lr=RATE)
    first = best = torch.empty(0)
    for step in range(STEPS + 1):
        with torch.enable_grad():
            value = bound(at[0], at[1])
            at[0].grad, at[1].grad = torch.autograd.grad(-value.sum(), at)
        now = value.detach().double().cpu()
        first, best = (now, now) if step == 0 else (first, torch.maximum(best, now))
        for each in at:
            # one strange example among many must not stop them all
            assert each.grad is not None
            each.grad.nan_to_num_(0.0, 0.0, 0.0)
        adam.step()
        yield Step(len(x) * (step + 1) // (STEPS + 1), len(x), calls=3 * DRAWS * (step + 1))
    return (best.nan_to_num() - first.nan_to_num())[:, None]


@torch.no_grad()
def _profile(model: Model, x: Tensor) -> Columns:
    """log mean (D(y + σε; σ) − y)² at several σ."""
    part = model.denoise
    assert isinstance(part, Denoise)
    if _in_levels(model):
        streams = streams_of(x)
        x = (((x + 1) * 127.5).round() + streams.uniform(*x.shape[1:])) / 256
    else:
        streams = Streams(0, [0])
    y, _ = part.enter(x.to(part.device))
    labels = class_indices(model.card, None, len(x)).to(part.device)
    columns = []
    for i, noise in enumerate(NOISES):
        e = streams.normal(*x.shape[1:]).to(part.device)
        error = (part.denoise(y + noise * e, noise, labels) - y).double().square().flatten(1)
        columns.append(error.mean(1).clamp_min(1e-30).log().cpu())
        yield Step(len(x) * (i + 1) // len(NOISES), len(x), calls=i + 1)
    return torch.stack(columns, 1)


def _slope(model: Model, x: Tensor) -> Columns:
    part = model.energy
    assert isinstance(part, Energy)
    _, slope = part.of(x, None, part.sigma_min)
    yield Step(len(x), len(x))
    norm: Tensor = slope.double().flatten(1).norm(dim=1, keepdim=True)
    return norm.cpu()


@torch.no_grad()
def _nearest(model: Model, x: Tensor) -> Columns:
    part = model.kernels
    assert isinstance(part, Kernels)
    centres, _ = part.examples()
    scale = part.scale
    rows = (x / scale).flatten(1).float()
    gaps = torch.cat(
        [
            torch.cdist(rows, (some / scale).flatten(1).float())
            .topk(min(NEAREST, len(some)), 1, largest=False)
            .values
            for some in centres.split(_CENTRES)
        ],
        1,
    )
    yield Step(len(x), len(x))
    k = min(NEAREST, gaps.shape[1])
    found: Tensor = gaps.kthvalue(k, 1, keepdim=True).values
    return found.double()


def _in_levels(model: Model) -> bool:
    return isinstance(model.card.kind, Pictures)


OWN = (
    Own(
        "conditionals",
        f"most bits in {WINDOW} × {WINDOW} pixels",
        "−log₂ p of the pixels in the costliest window: what is strange in one place only. "
        "Sum of −log₂ p(x_i | earlier pixels).",
        _window,
        pictures=True,
        last_is_nll=True,
    ),
    Own(
        "bijection",
        "latent norm",
        "How far |z|² of z = f(x) lies from that of held-out examples, in their standard "
        "deviations: latents of examples lie near a sphere.",
        _norm,
        profile=True,
    ),
    Own(
        "posterior",
        "likelihood regret",
        f"How much the ELBO gains where q(z | x) is fitted to this example alone, by {STEPS} steps "
        "from the encoder's: Xiao, Yan & Amit 2020. The cheap form: few steps.",
        _regret,
    ),
    Own(
        "denoise",
        "profile of denoising errors",
        f"Errors of D(y + σε; σ) at {len(NOISES)} noise levels σ, each in standard deviations of "
        "held-out examples: after Graham et al. 2023.",
        _profile,
        profile=True,
    ),
    Own(
        "energy",
        "slope of the energy",
        "|∇E(x)|: examples lie in valleys, where it is small. Grathwohl et al. 2020, section 5.3.",
        _slope,
    ),
    Own(
        "kernels",
        f"distance to the {NEAREST}th nearest kernel",
        f"Euclidean distance to the {NEAREST}th nearest of the examples that the model keeps.",
        _nearest,
    ),
)
"""By the part that they ask for, the first that a model has."""
