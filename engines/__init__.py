"""Engines: pretrained generative models behind one vocabulary. No window here.

Importing this package does not import torch; opening a model does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.checkpoints.catalog import CheckpointError, catalog, no_density
from engines.model import (
    NO_KNOBS,
    NOTHING,
    Card,
    Given,
    Knobs,
    LogDensity,
    Model,
    NotFiniteError,
    Prompt,
    Run,
    SampleRequest,
    Step,
    finish,
)
from engines.opening import open_model

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "Card",
    "CheckpointError",
    "LogDensity",
    "Model",
    "NotFiniteError",
    "Prompt",
    "Run",
    "SampleRequest",
    "Step",
    "catalog",
    "decode",
    "encode",
    "finish",
    "log_density",
    "open_model",
]


def log_density(
    model: Model,
    x: Tensor,
    labels: Tensor | None = None,
    knobs: Knobs = NO_KNOBS,
    *,
    given: Given = NOTHING,
) -> LogDensity:
    """Log-densities in nats of x (n, …): points in data units, or 8-bit pictures in [-1, 1].

    For pictures it is the log probability mass of the 256-level picture, so bits per dimension
    are −value / (ln 2 · dims). `labels` are classes (n,), `given` values of attributes for all;
    with neither it is the model's own unconditional law. Raises ValueError for an implicit model,
    for what the model does not have, and for labels and given values at once.
    """
    if model.density is None:
        raise ValueError(no_density(model.card))
    if given:
        if labels is not None:
            raise ValueError("labels and given attributes at once; give one of them")
        from engines.drawing import asked

        labels = asked(model.card, given, len(x))
    return finish(model.density.run(x, labels, knobs))


def encode(model: Model, x: Tensor, labels: Tensor | None = None) -> Run:
    """Latents of x (n, …). Raises ValueError when the model has no encoder."""
    if model.latents is None or model.latents.encode is None:
        raise ValueError(f"{model.card.name} has no encoder")
    return model.latents.encode(x, labels)


def decode(model: Model, z: Tensor, labels: Tensor | None = None) -> Run:
    """Examples of latents z (n, …). Raises ValueError when the model has no latents."""
    if model.latents is None:
        raise ValueError(f"{model.card.name} has no latents")
    return model.latents.decode(z, labels)
