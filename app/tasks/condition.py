"""A condition as the engines take it: codes for each example. Runs on the lane."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engines.model import Card, Given, Model

if TYPE_CHECKING:
    from torch import Tensor

    from engines.model import Run


def codes_of(card: Card, label: int | None, given: Given, count: int) -> Tensor | None:
    """Labels for `count` examples of a class, or of attributes; None for p(x).

    Raises ValueError for an attribute or a value that the model does not have.
    """
    import torch

    from engines.drawing import asked

    if given:
        return asked(card, given, count)
    return None if label is None else torch.full((count,), label)


def decoding(model: Model, given: Given) -> Model:
    """The model with latents that decode to what is given where no class is asked."""
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
