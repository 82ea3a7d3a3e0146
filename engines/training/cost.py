"""What a model costs on this machine: parameters, time and network calls at its default knobs."""

from __future__ import annotations

import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import torch

from engines.model import NO_KNOBS, Model, Run, SampleRequest, finish
from engines.training.datasets import DataSet

Figures: TypeAlias = Mapping[str, Mapping[str, Any]]

EXAMPLES = 16
_REPEATS, _ENOUGH_SECONDS = 9, 30.0


def parameters(model: Model, data: DataSet) -> Figures:
    """Numbers stored in the checkpoint."""
    return {"parameters": {"value": model.card.parameters}}


def latents(model: Model, data: DataSet) -> Figures:
    """How many numbers stand behind an example, and what they are."""
    if model.latents is None:
        return {}
    size = math.prod(model.latents.shape)
    return {"latents": {"value": size, "nature": model.latents.nature}}


def sampling(model: Model, data: DataSet) -> Figures:
    """Milliseconds for 16 examples over fresh seeds, and network calls per example."""
    classes = tuple(range(len(model.labels))) or None  # guidance costs where a class is asked

    def run(seed: int) -> Run:
        return model.sample(SampleRequest(EXAMPLES, seed, classes))

    calls = max(step.calls for step in run(0))
    timed = _median_ms(lambda seed: finish(run(seed + 1)))
    return {"sampling_ms": timed, "calls": {"value": calls}}


def density_ms(model: Model, data: DataSet) -> Figures:
    """Milliseconds for the density of 16 test examples, of whatever meaning it is.

    The first call is the warm-up.
    """
    density = model.density
    if density is None:
        raise ValueError(f"{model.card.name} is implicit: it has no density")
    x = data.test.x[:EXAMPLES]
    finish(density.run(x, None, NO_KNOBS))
    timed = _median_ms(lambda _: finish(density.run(x, None, NO_KNOBS)))
    return {"density_ms": {**timed, "meaning": density.meaning.name.lower()}}


def _median_ms(act: Callable[[int], object]) -> Mapping[str, Any]:
    """The median over 9 repeats, or over as many as fit into half a minute."""
    times: list[float] = []
    while len(times) < _REPEATS and sum(times) < 1000 * _ENOUGH_SECONDS:
        start = time.perf_counter()
        act(len(times))
        times.append(1000 * (time.perf_counter() - start))
    return {
        "value": round(statistics.median(times), 3),
        "examples": EXAMPLES,
        "method": f"median of {len(times)}",
        "threads": torch.get_num_threads(),
        "hardware": processor(),
    }


def processor() -> str:
    """The processor's name and its cores."""
    name = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text("utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores"
