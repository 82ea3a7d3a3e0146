"""A family for Genscope: every pixel on its own, x ~ N(μ, σ²) rounded to the 256 levels."""

from __future__ import annotations

import torch
from torch.special import ndtr

from engines import model, weights
from engines.drawing import class_indices, in_batches
from engines.noise import Streams

EXACT = model.Procedure(
    model.Exactness.EXACT, "x = μ + σ z, z ~ N(0, I), rounded", "Murphy 2023, 20.1"
)
CELL = 1 / 127.5


def load(card, device):
    """What `genscope.families` asks for: a Model of this card, or CheckpointError."""
    tensors = weights.load(card)  # checks the sha256, opens safetensors only
    mean, sd = tensors["mean"].to(device), tensors["sd"].to(device)

    def picture(z):
        levels = ((mean + sd * z.to(device) + 1) * 127.5).round().clamp(0, 255)
        return (levels / 127.5 - 1).cpu()

    def draw(request, knobs, labels):
        """Picture i depends on the seed and i alone: noise comes from `Streams`."""
        x = picture(Streams(request.seed, request.indices).normal(*card.shape))
        yield model.Step(request.count, request.count, x.clone(), calls=1)
        return x

    def decode(z, labels):
        class_indices(card, labels, len(z))  # refuses classes that there are not
        yield model.Step(len(z), len(z), calls=1)
        return picture(z.view(-1, *card.shape))

    def log_mass(x, labels, knobs):
        """log Φ(upper edge) − Φ(lower edge) of every pixel's cell, the outer cells endless."""
        model.settle((), knobs)
        x = x.to(device).double()
        low = ((x - CELL / 2 - mean) / sd).masked_fill(x < -1 + CELL / 2, -torch.inf)
        high = ((x + CELL / 2 - mean) / sd).masked_fill(x > 1 - CELL / 2, torch.inf)
        mass = (ndtr(high) - ndtr(low)).clamp_min(1e-300).log()
        yield model.Step(len(x), len(x), calls=1)
        return model.LogDensity(
            mass.flatten(1).sum(1).cpu(), model.Meaning.EXACT, "cells of the normal"
        )

    return model.Model(
        card=card,
        sample=in_batches(draw, card, ()),
        procedure=lambda knobs: EXACT,
        density=model.Density(model.Meaning.EXACT, log_mass),
        latents=model.Latents((mean.numel(),), "Gaussian noise of each pixel", decode),
    )
