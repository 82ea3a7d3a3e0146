"""Sampling by the schedulers of diffusers, step by step, with a guess of the clean picture."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engines.outside.drawing.networks import Call

Blend = Callable[[Tensor, int], Tensor]
"""What is made of the state z after step i, such as the known part put back."""


@dataclass(frozen=True)
class Start:
    """Standard normal noise (n, C, H, W), and a generator for every row of it."""

    noise: Tensor
    generators: Sequence[torch.Generator]


def descend(
    call: Call, scheduler: Any, start: Start, *, channels: int, blend: Blend | None = None
) -> Generator[Tensor, None, Tensor]:
    """From noise to the end of the scheduler's steps; yields a guess of z_0 after every call.

    `scheduler` has its steps set and is used up. A pipeline of diffusers makes the same numbers
    of the same noise and generators.
    """
    z: Tensor = start.noise * scheduler.init_noise_sigma
    learned = str(scheduler.config.get("variance_type", ""))
    extra = _extra(scheduler, start.generators)
    for i, t in enumerate(scheduler.timesteps):
        given = scheduler.scale_model_input(z, t)
        out = call(given, t.to(z.device))
        if not learned.startswith("learned"):
            out = out[:, :channels]
        before = z
        step = scheduler.step(out, t, z, **extra)
        z = step.prev_sample
        if blend is not None:
            z = blend(z, i)
        guess = getattr(step, "pred_original_sample", None)
        yield guess if guess is not None else _clean(scheduler, out[:, :channels], t, before, z)
    return z


def _extra(scheduler: Any, generators: Sequence[torch.Generator]) -> dict[str, Any]:
    """The generators, where a step draws."""
    if "generator" not in inspect.signature(scheduler.step).parameters:
        return {}
    return {"generator": list(generators)}


def _clean(scheduler: Any, out: Tensor, t: Tensor, z: Tensor, after: Tensor) -> Tensor:
    """z_0 as the network sees it at time t of a variance-preserving schedule.

    Schedulers that walk in σ and tell no guess are seen where they are.
    """
    if scheduler.init_noise_sigma != 1 or not hasattr(scheduler, "alphas_cumprod"):
        return after
    kept = scheduler.alphas_cumprod[t.long().cpu().clamp(0, len(scheduler.alphas_cumprod) - 1)]
    a, s = float(kept.sqrt()), float((1 - kept).sqrt())
    kind = scheduler.config.get("prediction_type", "epsilon")
    if kind == "sample":
        return out
    if kind == "v_prediction":
        return a * z - s * out
    return (z - s * out) / max(a, 1e-3)
