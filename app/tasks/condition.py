"""A condition kept through a model's latents. Runs on the lane."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engines.model import Given, Model

if TYPE_CHECKING:
    from torch import Tensor

    from engines.model import Run


def decoding(model: Model, given: Given) -> Model:
    """The model with latents that decode to what is given where no class is asked."""
    from engines.drawing import codes_of

    latents = model.latents
    if not given or latents is None:
        return model
    decode, sketch = latents.decode, latents.sketch

    def labels(z: Tensor, asked: Tensor | None) -> Tensor | None:
        return codes_of(model.card, None, given, len(z)) if asked is None else asked

    def conditioned(z: Tensor, asked: Tensor | None) -> Run:
        return decode(z, labels(z, asked))

    def sketched(z: Tensor, asked: Tensor | None) -> Run:
        assert sketch is not None
        return sketch(z, labels(z, asked))

    return replace(
        model, latents=replace(latents, decode=conditioned, sketch=sketched if sketch else None)
    )
