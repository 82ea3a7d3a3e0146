"""Maps over the pixels of one picture: where a model spends its bits, and what it would change.

What a family can say of single pixels differs, so every map names its unit and what its sum is.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from engines.drawing import class_indices, codes_of
from engines.finite import check_numbers
from engines.kinds import Pictures
from engines.maps.kinds import Kind
from engines.model import NOTHING, Given, Model
from engines.noise import log_normal, streams_of
from engines.parts import Bijection, Conditionals, Denoise, Energy, Pixelwise

DRAWS = 32
_PLACES = 1024
"""Pixels of one picture that conditionals are asked of at once."""
NOISES = (0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 3.0)
"""Noise levels of a denoising error, in units of the spread of noise-free coordinates."""


@dataclass(frozen=True, eq=False)
class PixelMap:
    """Values (H, W) float64, the first row on top, in `unit`; `signed` ones are shown diverging.

    `summary` says what they add up to. Raises NotFiniteError for values that are not numbers.
    """

    values: Tensor
    unit: str
    kind: Kind
    signed: bool
    summary: str
    method: str

    def __post_init__(self) -> None:
        check_numbers(self.values, "values of pixels")


PixelMaps: TypeAlias = Generator["PixelMap | None", None, PixelMap]


def pixel_map(
    model: Model,
    x: Tensor,
    label: int | None = None,
    noise: float = 0.35,
    *,
    given: Given = NOTHING,
) -> PixelMaps:
    """The map of one picture (1, C, H, W) in [-1, 1]; `noise` is for diffusions.

    Raises ValueError for a model that has nothing to say of single pixels.
    """
    run = _maps_of(model, x, codes_of(model.card, label, given, 1), noise)
    if run is not None:
        return (yield from run)
    raise ValueError(
        f"{model.card.name} has no view per pixel: neither the share of a pixel in its "
        "log p(x) nor a slope is computed for it"
    )


def _maps_of(model: Model, x: Tensor, asked: Tensor | None, noise: float) -> PixelMaps | None:
    """By the part that says something of single pixels; None where none does."""
    if not isinstance(model.card.kind, Pictures):
        return None
    if model.energy is not None:
        return slope_of_energy(model.energy, x, asked)
    classes = class_indices(model.card, asked, 1)
    in_order = model.conditionals
    if in_order is not None and not in_order.any_order and model.card.kind.channels == 1:
        return bits_in_order(in_order, x, classes)
    if model.posterior is not None and isinstance(model.posterior, Pixelwise):
        return bits_of_likelihood(model.posterior, x, classes)
    if model.denoise is not None:
        return denoising_error(model.denoise, x, classes, noise)
    if model.bijection is not None:
        return slope_of_flow(model.bijection, x, classes)
    return None


@torch.no_grad()
def bits_in_order(part: Conditionals, x: Tensor, classes: Tensor) -> PixelMaps:
    """−log₂ p(x_i | x_<i): the bits that each pixel costs once those before it are known."""
    yield None
    symbols, labels = part.indices(x).to(part.device), classes.to(part.device)
    every = torch.arange(symbols.shape[1], device=part.device)
    found = []
    for place in every.split(_PLACES):
        before = (every < place[-1]).expand_as(symbols)
        log_p = part.logits(symbols, before, place[None], labels).log_softmax(2)
        found.append(log_p.gather(2, symbols[:, place, None])[0, :, 0])
    bits = -torch.cat(found).view(x.shape[2:]).double().cpu() / math.log(2)
    return PixelMap(
        bits,
        "bits per pixel",
        Kind.EXACT,
        False,
        _total(bits, ""),
        "−log₂ p(x_i | earlier pixels); the sum is −log₂ P(x)",
    )


@torch.no_grad()
def bits_of_likelihood(part: Pixelwise, x: Tensor, classes: Tensor) -> PixelMaps:
    """E_q[−log₂ p(x_i | z)], and the KL divergence that completes them to the ELBO."""
    x, classes = x.to(part.device), classes.to(part.device)
    mean, log_sd = part.encoder(x, classes)
    e = streams_of(x).normal(DRAWS, part.latent)[0].to(part.device)
    z, many = mean + log_sd.exp() * e, classes.expand(DRAWS, *classes.shape[1:])
    log_q = log_normal(e) - log_sd.sum()
    kl = (log_q - part.log_prior(z, many)).double().mean() / math.log(2)
    yield None
    log_p = part.log_pixels(part.view(z, many), x.expand(DRAWS, -1, -1, -1))
    bits = -log_p.double().mean(0).cpu() / math.log(2)
    return PixelMap(
        bits,
        "bits per pixel",
        Kind.BOUND,
        False,
        _total(bits, f" + KL {float(kl):.1f}"),
        f"E of −log₂ p(x_i | z) over {DRAWS} draws of q(z | x); with KL(q ‖ p) the sum is −ELBO",
    )


def slope_of_energy(part: Energy, x: Tensor, classes: Tensor | None) -> PixelMaps:
    """−∂E/∂x_i: which pixels the model would make brighter (red) or darker (blue)."""
    yield None
    value, slope = part.of(x, classes, part.sigma_min)
    return PixelMap(
        -slope[0].double().sum(0),
        "nats per unit of brightness",
        Kind.UNNORMALISED,
        True,
        f"E(x) = {float(value[0]):.1f} nats up to a constant",
        "slope of −E(x), the energy's log-density up to a constant",
    )


@torch.no_grad()
def denoising_error(part: Denoise, x: Tensor, classes: Tensor, noise: float) -> PixelMaps:
    """Mean (D(y + σ ε; σ) − y)² over draws of ε: what the model cannot tell through noise σ."""
    streams, shape = streams_of(x), x.shape[1:]
    u = (((x + 1) * 127.5).round() + streams.uniform(*shape)) / 256
    y, _ = part.enter(u.to(part.device))
    labels, total = classes.to(part.device), torch.zeros(shape[1:], dtype=torch.float64)
    sigma = noise
    for _ in range(DRAWS // 8):
        e = streams.normal(8, *shape)[0].to(part.device)
        noisy = y + sigma * e
        guess = part.denoise(noisy, sigma, labels.expand(8, *labels.shape[1:]))
        total += (guess - y).square().double().sum((0, 1)).cpu()
        yield None
    values = total / DRAWS
    return PixelMap(
        values,
        "squared error",
        Kind.ESTIMATE,
        False,
        f"mean {float(values.mean()):.4f} at noise σ = {noise:g}",
        f"(D(y + σε) − y)² in the network's coordinates, mean of {DRAWS} draws",
    )


def slope_of_flow(part: Bijection, x: Tensor, classes: Tensor) -> PixelMaps:
    """∂ log p/∂u_i at the centres of the pixel cells: what would make the picture likelier."""
    yield None
    u = ((((x + 1) * 127.5).round() + 0.5) / 256).to(part.device)
    with torch.enable_grad():
        place = u.clone().requires_grad_()
        z, log_det = part.to_noise(place, classes.to(part.device))
        value = (log_normal(z) + log_det).sum()
        (slope,) = torch.autograd.grad(value, place)
    return PixelMap(
        slope[0].double().sum(0).cpu(),
        "nats per unit of brightness",
        Kind.EXACT,
        True,
        f"log p = {float(value.detach()):.1f} nats at the centres of the pixel cells",
        "slope of the flow's log-density; its log p is a sum over latents, not over pixels",
    )


def _total(bits: Tensor, more: str) -> str:
    total = float(bits.sum())
    return f"Σ = {total:.1f}{more} bits"
