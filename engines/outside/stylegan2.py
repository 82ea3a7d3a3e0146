"""StyleGAN2 generators (Karras et al. 2020, "Analyzing and improving the image quality").

Written from the paper; reads state dicts in the names of rosinality's stylegan2-pytorch and of
NVlabs' stylegan2-ada-pytorch (without its pickle).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.checkpoints import weights
from engines.checkpoints.catalog import CheckpointError
from engines.drawing import in_batches, need_exact
from engines.families.gan import model as gan
from engines.families.gan.net import Generator
from engines.model import (
    Card,
    Exactness,
    Knob,
    Knobs,
    Model,
    Procedure,
    Run,
    SampleRequest,
    Step,
    settle,
)
from engines.noise import Streams
from engines.outside.formats import stylegan2_names

PSI = Knob(
    "truncation",
    "Truncation ψ",
    1.0,
    0.0,
    1.0,
    0.05,
    (
        "Styles are moved towards the mean style, w̄ + ψ (w − w̄). 1 changes nothing; smaller "
        "values give cleaner and less varied pictures, 0 the mean alone."
    ),
    warn="not the model's distribution",
)

_EXACT = {PSI.name: PSI.rest}
_SLOPE, _EPS = 0.2, 1e-8
_MEAN_OF, _ROWS = 4096, 512


class Affine(nn.Module):
    """A linear layer whose stored weights are rate · √in times as large as those it applies."""

    def __init__(self, given: int, out: int, *, rate: float = 1.0) -> None:
        super().__init__()
        self.weight, self.bias = (
            nn.Parameter(torch.zeros(out, given)),
            nn.Parameter(torch.zeros(out)),
        )
        self._gain, self._rate = rate / math.sqrt(given), rate

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self._gain, self.bias * self._rate)


class Layer(nn.Module):
    """A modulated convolution (section 2.2, equations 1–3), noise, bias and leaky ReLU."""

    noise: Tensor

    def __init__(self, given: int, out: int, *, style: int, side: int, grows: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(out, given, 3, 3))
        self.affine = Affine(style, given)
        self.bias = nn.Parameter(torch.zeros(out))
        self.strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise", torch.zeros(side, side))
        self._grows = grows

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        kernel = self.weight * (1 / math.sqrt(self.weight[0].numel()))
        x = modulated(x, kernel, self.affine(w), demodulate=True, grows=self._grows)
        x = x + self.noise * self.strength + self.bias[:, None, None]
        return F.leaky_relu(x, _SLOPE) * math.sqrt(2)


class Colours(nn.Module):
    """Features to colours by a modulated convolution of single pixels, not demodulated."""

    def __init__(self, given: int, out: int, *, style: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(out, given, 1, 1))
        self.affine = Affine(style, given)
        self.bias = nn.Parameter(torch.zeros(out))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        kernel = self.weight * (1 / math.sqrt(self.weight.shape[1]))
        x = modulated(x, kernel, self.affine(w), demodulate=False, grows=False)
        return x + self.bias[:, None, None]


def modulated(x: Tensor, kernel: Tensor, s: Tensor, *, demodulate: bool, grows: bool) -> Tensor:
    """Convolve with w'ᵢⱼₖ = sᵢ wᵢⱼₖ, divided by its norm over i and k with `demodulate`.

    x (n, i, H, W), kernel (j, i, k, k), scales s (n, i). The scales act on x and the norms on the
    result, which is the same and needs no kernel for each picture.
    """
    x = x * s[:, :, None, None]
    if grows:
        x = smoothed(F.conv_transpose2d(x, kernel.transpose(0, 1), stride=2), before=1, after=1)
    else:
        x = F.conv2d(x, kernel, padding=kernel.shape[2] // 2)
    if not demodulate:
        return x
    energy = (s.square()[:, None] * kernel.square().sum((2, 3))[None]).sum(2)
    return x * (energy + _EPS).rsqrt()[:, :, None, None]


def smoothed(x: Tensor, *, before: int, after: int) -> Tensor:
    """Every channel filtered by (1, 3, 3, 1)² / 16, the gain of 4 for doubled sides in it."""
    line = x.new_tensor([1.0, 3.0, 3.0, 1.0]) / 4
    kernel = (line[:, None] * line).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(F.pad(x, (before, after, before, after)), kernel, groups=x.shape[1])


def doubled(x: Tensor) -> Tensor:
    """Sides doubled: zeros in between, then the filter."""
    n, c, height, width = x.shape
    spread = x.new_zeros(n, c, height, 2, width, 2)
    spread[:, :, :, 0, :, 0] = x
    return smoothed(spread.view(n, c, 2 * height, 2 * width), before=2, after=1)


class StyleGAN2(Generator):
    """z (n, latent) to pictures by way of styles w (n, style); the noise maps are fixed ones."""

    def __init__(
        self,
        *,
        latent: int,
        style: int,
        mapping: int,
        mapping_rate: float,
        width: Sequence[int],
        channels: int,
    ) -> None:
        super().__init__(latent=latent, classes=0)
        sizes = [latent, *[style] * mapping]
        self.mapping = nn.ModuleList(Affine(a, b, rate=mapping_rate) for a, b in pairwise(sizes))
        self.start = nn.Parameter(torch.zeros(width[0], 4, 4))
        self.layers, self.colours = nn.ModuleList(), nn.ModuleList()
        for i, out in enumerate(width):
            side = 4 * 2**i
            if i:
                self.layers.append(Layer(width[i - 1], out, style=style, side=side, grows=True))
            self.layers.append(Layer(out, out, style=style, side=side, grows=False))
            self.colours.append(Colours(out, channels, style=style))

    def styles(self, z: Tensor) -> Tensor:
        """w = f(z / √mean z²)."""
        w = z * (z.square().mean(1, keepdim=True) + _EPS).rsqrt()
        for layer in self.mapping:
            w = F.leaky_relu(layer(w), _SLOPE) * math.sqrt(2)
        return w

    def synthesise(self, w: Tensor) -> Tensor:
        """Pictures of styles: features grow, and the colours of every size add up (figure 7b)."""
        x = self.layers[0](self.start.expand(len(w), -1, -1, -1), w)
        picture = self.colours[0](x, w)
        for i, colours in enumerate(self.colours[1:]):
            x = self.layers[2 * i + 2](self.layers[2 * i + 1](x, w), w)
            picture = doubled(picture) + colours(x, w)
        return picture  # type: ignore[no-any-return]

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.synthesise(self.styles(z)).clamp(-1, 1)

    def blend(self, z: Tensor, share: Tensor) -> Tensor:
        """There are no classes to mix."""
        return self(z, share)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class StyleDraws:
    """Sampling with truncation in the space of styles."""

    net: StyleGAN2
    device: torch.device
    known: Tensor | None
    _mean: list[Tensor] = field(default_factory=list)
    """The mean style, where the file has none: made when first asked for, a list of one."""

    @torch.no_grad()
    def mean(self) -> Tensor:
        """w̄: the training's own, or the mean over 4,096 draws."""
        if self.known is not None:
            return self.known.to(self.device)
        if not self._mean:
            z = Streams(0, range(_MEAN_OF)).normal(self.net.latent).split(_ROWS)
            self._mean.append(torch.stack([self.net.styles(p.to(self.device)).mean(0) for p in z]))
        return self._mean[0].mean(0)

    @torch.no_grad()
    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """z ~ N(0, I), w̄ + ψ (f(z) − w̄)."""
        z = Streams(request.seed, request.indices).normal(self.net.latent)
        w, psi = self.net.styles(z.to(self.device)), knobs["truncation"]
        if psi < 1:
            w = self.mean().lerp(w, psi)
        x: Tensor = self.net.synthesise(w).clamp(-1, 1).cpu()
        yield Step(len(x), len(x), x.clone(), calls=1)
        return x

    def codes(self, request: SampleRequest) -> Tensor:
        """The z (n, K) of a request, where styles are left alone."""
        need_exact((PSI,), request, _EXACT)
        return Streams(request.seed, request.indices).normal(self.net.latent)


def build(card: Card, tensors: Mapping[str, Tensor], device: torch.device) -> Model:
    """The model of a card from outside. Raises CheckpointError when the tensors do not fit it."""
    sizes = {k: v for k, v in card.net.items() if k not in ("architecture", "entry")}
    net = StyleGAN2(**sizes)
    named = stylegan2_names.translated(tensors, card)
    found = named.tensors | {"share": net.share}
    if named.mean is not None and named.mean.shape != (sizes["style"],):
        raise CheckpointError(f"{card.name}: the mean style has shape {tuple(named.mean.shape)}")
    for i, layer in enumerate(net.layers):
        maps = Streams(i, [0]).normal(*layer.get_buffer("noise").shape)[0]
        found.setdefault(f"layers.{i}.noise", maps)  # some files leave them out
    weights.fill(net, found, card, named.titles)
    model = gan.model_of(card, net, device)
    assert model.latents is not None
    draws = StyleDraws(net, device, named.mean)
    knobs = (PSI,)
    return Model(
        card=card,
        sample=in_batches(draws.draw, card, knobs),
        procedure=lambda given: _procedure(settle(knobs, given)),
        knobs=knobs,
        latents=replace(model.latents, drawn=draws.codes, exact=_EXACT),
        generator=model.generator,
    )


def _procedure(knobs: Knobs) -> Procedure:
    psi = knobs["truncation"]
    if psi == 1:
        method = "x = G(z) with the checkpoint's fixed noise maps, z ~ N(0, I)"
        return Procedure(Exactness.EXACT, method, "Karras et al. 2020")
    method = f"x = G(z), styles drawn to their mean, ψ = {psi:g}: not the model's distribution"
    return Procedure(Exactness.HEURISTIC, method, "Karras et al. 2019, appendix B")
