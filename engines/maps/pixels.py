"""Maps over the pixels of one picture: where a model spends its bits, and what it would change.

What a family can say of single pixels differs, so every map names its unit and what its sum is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from engines.drawing import class_indices
from engines.families.autoregressive.model import RasterPictures, to_indices
from engines.families.diffusion.model import Diffusion
from engines.families.energy.model import Energy
from engines.families.flow.model import Flow
from engines.families.vae.model import VAE
from engines.families.vae.net import PictureVAE, mixture_of_logistics
from engines.finite import check_numbers
from engines.maps.kinds import Kind
from engines.model import Model
from engines.noise import log_normal, streams_of

DRAWS = 32
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


def pixel_map(model: Model, x: Tensor, label: int | None = None, noise: float = 0.35) -> PixelMaps:
    """The map of one picture (1, C, H, W) in [-1, 1]; `noise` is for diffusions.

    Raises ValueError for a model that has nothing to say of single pixels.
    """
    native = model.native
    if isinstance(native, Energy):
        return (yield from slope_of_energy(native, x, None if label is None else _one(label)))
    classes = class_indices(model.card, None if label is None else [label], 1)
    makers: tuple[tuple[type, Callable[..., PixelMaps]], ...] = (
        (RasterPictures, bits_in_order), (VAE, bits_of_likelihood),
        (Diffusion, denoising_error), (Flow, slope_of_flow),
    )  # fmt: skip
    for kind, make in makers:
        if isinstance(native, kind):
            if kind is Diffusion:
                return (yield from make(native, x, classes, noise))
            return (yield from make(native, x, classes))
    raise ValueError(
        f"{model.card.name} says nothing of single pixels: its log p(x) is no sum over them, "
        "and it has no slope here"
    )


@torch.no_grad()
def bits_in_order(native: RasterPictures, x: Tensor, classes: Tensor) -> PixelMaps:
    """−log₂ p(x_i | x_<i): the bits that each pixel costs once those before it are known."""
    yield None
    levels = to_indices(x, native.net.levels).to(native.device)
    found = native.net.log_mass(levels, classes.to(native.device))
    bits = -found[0].double().cpu() / math.log(2)
    return PixelMap(
        bits, "bits per pixel", Kind.EXACT, False, _total(bits, ""),
        "−log₂ p(x_i | earlier pixels); the sum is −log₂ P(x)",
    )  # fmt: skip


@torch.no_grad()
def bits_of_likelihood(native: VAE, x: Tensor, classes: Tensor) -> PixelMaps:
    """E_q[−log₂ p(x_i | z)], and the KL divergence that completes them to the ELBO."""
    assert isinstance(native.net, PictureVAE)
    x, classes = x.to(native.device), classes.to(native.device)
    mean, log_sd = native.net.posterior(x, classes)
    e = streams_of(x).normal(DRAWS, native.net.latent)[0].to(native.device)
    z, many = mean + log_sd.exp() * e, classes.expand(DRAWS)
    log_q = log_normal(e) - log_sd.sum()
    kl = (log_q - native.net.log_prior(z, many)).double().mean() / math.log(2)
    yield None
    parameters = native.net.likelihood(z, many)
    log_p = mixture_of_logistics(parameters, x[:, 0].expand(DRAWS, -1, -1))
    bits = -log_p.double().mean(0).cpu() / math.log(2)
    return PixelMap(
        bits, "bits per pixel", Kind.BOUND, False, _total(bits, f" + KL {float(kl):.1f}"),
        f"E of −log₂ p(x_i | z) over {DRAWS} draws of q(z | x); with KL(q ‖ p) the sum is −ELBO",
    )  # fmt: skip


def slope_of_energy(native: Energy, x: Tensor, classes: Tensor | None) -> PixelMaps:
    """−∂E/∂x_i: which pixels the model would make brighter (red) or darker (blue)."""
    yield None
    value, slope = native.of(x, classes, native.sigma_min)
    return PixelMap(
        -slope[0].double().sum(0), "nats per unit of brightness", Kind.UNNORMALISED, True,
        f"E(x) = {float(value[0]):.1f} nats up to a constant",
        "slope of −E(x), the energy's log-density up to a constant",
    )  # fmt: skip


@torch.no_grad()
def denoising_error(native: Diffusion, x: Tensor, classes: Tensor, noise: float) -> PixelMaps:
    """Mean (D(y + σ ε; σ) − y)² over draws of ε: what the model cannot tell through noise σ."""
    streams, shape = streams_of(x), native.card.shape
    u = (((x + 1) * 127.5).round() + streams.uniform(*shape)) / 256
    y, _ = native.net.enter(u.to(native.device))
    labels, total = classes.to(native.device), torch.zeros(shape[1:], dtype=torch.float64)
    sigma = noise
    for _ in range(DRAWS // 8):
        e = streams.normal(8, *shape)[0].to(native.device)
        noisy = y + sigma * e
        guess = native.net(noisy, noisy.new_full((8,), sigma), labels.expand(8))
        total += (guess - y).square().double().sum((0, 1)).cpu()
        yield None
    values = total / DRAWS
    return PixelMap(
        values, "squared error", Kind.ESTIMATE, False,
        f"mean {float(values.mean()):.4f} at noise σ = {noise:g}",
        f"(D(y + σε) − y)² in the network's coordinates, mean of {DRAWS} draws",
    )  # fmt: skip


def slope_of_flow(native: Flow, x: Tensor, classes: Tensor) -> PixelMaps:
    """∂ log p/∂u_i at the centres of the pixel cells: what would make the picture likelier."""
    yield None
    u = ((((x + 1) * 127.5).round() + 0.5) / 256).to(native.device)
    with torch.enable_grad():
        place = u.clone().requires_grad_()
        z, log_det = native.net.encode(place, classes.to(native.device))
        value = (log_normal(z) + log_det).sum()
        (slope,) = torch.autograd.grad(value, place)
    return PixelMap(
        slope[0].double().sum(0).cpu(), "nats per unit of brightness", Kind.EXACT, True,
        f"log p = {float(value.detach()):.1f} nats at the centres of the pixel cells",
        "slope of the flow's log-density; its log p is a sum over latents, not over pixels",
    )  # fmt: skip


def _one(label: int) -> Tensor:
    return torch.tensor([label])


def _total(bits: Tensor, more: str) -> str:
    total = float(bits.sum())
    return f"Σ = {total:.1f}{more} bits"
