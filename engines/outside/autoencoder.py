"""AutoencoderKL and AutoencoderTiny alone: pictures to codes and back.

They were trained to be diffused over: their codes have no prior of their own, and a draw from
N(0, I) is no draw from anything learned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engines.drawing import TEMPERATURE, class_indices, in_batches, tempered
from engines.model import (
    Card,
    Exactness,
    Latents,
    Model,
    Pace,
    Procedure,
    Run,
    SampleRequest,
    Step,
    settle,
)
from engines.noise import Streams
from engines.outside import codec as codecs
from engines.outside.codec import Codec
from engines.outside.formats.layout import Layout

_NATURE = (
    "codes scaled to unit variance, a grid of places; close to a bijection, with no prior learned"
)
_DRAWN = Procedure(
    Exactness.HEURISTIC,
    "decoder of z ~ N(0, I): no prior was learned, a diffusion is meant to draw z",
    "Kingma & Welling 2014; Rombach et al. 2022",
)
_ROWS = 4


@dataclass(frozen=True)
class Autoencoder:
    """An autoencoder with the flat view (n, K) of its codes."""

    card: Card
    codec: Codec

    @torch.no_grad()
    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """Decodes z ~ τ N(0, I)."""
        return (yield from self._decode(self.drawn_codes(replace(request, knobs=knobs))))

    def drawn_codes(self, request: SampleRequest) -> Tensor:
        """τ z (n, K)."""
        z = Streams(request.seed, request.indices).normal(math.prod(self.codec.latent))
        return settle((TEMPERATURE,), request.knobs)["temperature"] * z

    @torch.no_grad()
    def decode(self, z: Tensor, labels: Tensor | None) -> Run:
        """(n, K) -> (n, C, H, W)."""
        class_indices(self.card, labels, len(z))
        return (yield from self._decode(z))

    def _decode(self, z: Tensor) -> Run:
        n, x = len(z), torch.zeros(len(z), *self.card.shape)
        for start in range(0, n, _ROWS):
            part = z[start : start + _ROWS].view(-1, *self.codec.latent).to(self.codec.device)
            x[start : start + _ROWS] = self.codec.decode(part.float())
            yield Step(min(start + _ROWS, n), n, x.clone(), 1, self.codec.portions.note)
        return x

    @torch.no_grad()
    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """(n, C, H, W) -> (n, K), the mean of q(z | x)."""
        class_indices(self.card, labels, len(x))
        found = []
        for start in range(0, len(x), _ROWS):
            found.append(self.codec.encode(x[start : start + _ROWS]).flatten(1).cpu())
            yield Step(min(start + _ROWS, len(x)), len(x), calls=1, note=self.codec.portions.note)
        return torch.cat(found)


def load(layout: Layout, card: Card, device: torch.device) -> Model:
    """The model of a bare autoencoder. Raises CheckpointError."""
    codec = codecs.load(layout, layout.nets["vae"], device)
    made, knobs = Autoencoder(card, codec), (TEMPERATURE,)
    inverse = Procedure(Exactness.EXACT, "mean of q(z | x)", "Kingma & Welling 2014")
    return Model(
        card=card,
        sample=in_batches(made.draw, card, knobs),
        procedure=lambda given: tempered(_DRAWN, settle(knobs, given)),
        knobs=knobs,
        latents=Latents(
            (math.prod(codec.latent),),
            _NATURE,
            made.decode,
            made.encode,
            inverse,
            Pace.FAST if max(card.shape[1:]) <= 64 else Pace.SLOW,
            drawn=made.drawn_codes,
        ),
        codec=codec,
    )
