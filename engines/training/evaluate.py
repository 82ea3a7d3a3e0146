"""Measuring a checkpoint on the full held-out test set; the figures go into its card."""

from __future__ import annotations

import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor

from engines import devices
from engines.catalog import ROOT, open_model
from engines.model import NO_KNOBS, Knobs, LogDensity, Meaning, Model, SampleRequest, finish
from engines.toys import TOYS
from engines.training.cards import write_card
from engines.training.datasets import DataSet, load

Figure: TypeAlias = Mapping[str, Any]
Figures: TypeAlias = Mapping[str, Figure]

_REPORT_EVERY = 15.0
_EIGHT_DRAWS_ON = 1_000
_WEIGHTED_ON = 2_000
_POINT_BOUND: Knobs = {"importance": 512}
_SIDES = range(128, 1024)
_AGREE = 2e-4
_PICTURES, _REPEATS = 16, 9


def evaluate(name: str, root: Path = ROOT) -> None:
    """Measure a checkpoint by name, write the figures into its card and print them.

    Raises CheckpointError when it cannot be opened.
    """
    model = open_model(name, root=root)
    devices.prepare_thread()  # as in the window
    figures = dict(measure(model, load(model.card.data)))
    write_card(replace(model.card, figures=figures))
    print(f"{name}: wrote {len(figures)} figures into its card", flush=True)


def measure(model: Model, data: DataSet) -> Iterator[tuple[str, Figure]]:
    """The figures of a model by name, each printed as it is known."""
    for of in _planned(model):
        for figure, value in of(model, data).items():
            shown = "  ".join(f"{key} {_short(entry)}" for key, entry in value.items())
            print(f"{model.card.name}: {figure}: {shown}", flush=True)
            yield figure, value


def _planned(model: Model) -> list[Callable[[Model, DataSet], Figures]]:
    """What can be measured of this model."""
    plan: list[Callable[[Model, DataSet], Figures]] = [parameters, sampling_ms]
    if model.density is None or model.density.meaning is Meaning.UNNORMALISED:
        return plan
    knobs = {knob.name for knob in model.density.knobs}
    if not model.card.is_picture:
        exact = model.density.meaning is Meaning.EXACT
        return [*plan, mass, cross_entropy] if exact else [*plan, cross_entropy]
    plan.append(bits_per_dim)
    if "importance" in knobs:
        plan.append(elbo_bits_per_dim)
    if "dequantisation" in knobs:
        plan.append(bits_per_dim_8_draws)
    return plan


def parameters(model: Model, data: DataSet) -> Figures:
    """Numbers stored in the checkpoint."""
    return {"parameters": {"value": model.card.parameters}}


def sampling_ms(model: Model, data: DataSet) -> Figures:
    """Milliseconds for 16 examples at the default knobs: median over fresh seeds, one warm-up."""
    times = []
    for seed in range(_REPEATS + 1):
        start = time.perf_counter()
        finish(model.sample(SampleRequest(_PICTURES, seed)))
        times.append(1000 * (time.perf_counter() - start))
    figure = {
        "value": round(statistics.median(times[1:]), 3),
        "examples": _PICTURES,
        "method": f"median of {_REPEATS}",
        "threads": torch.get_num_threads(),
        "hardware": _processor(),
    }
    return {"sampling_ms": figure}


def bits_per_dim(model: Model, data: DataSet) -> Figures:
    """−log₂ P(x) / D of the 256-level test pictures, no class given.

    An importance-weighted bound costs as much as its samples: there the first pictures stand for
    all, and the card says how many.
    """
    weighted = model.density is not None and any(
        knob.name == "importance" for knob in model.density.knobs
    )
    x = data.test.x[:_WEIGHTED_ON] if weighted else data.test.x
    return {"bits_per_dim": _bits(model, x, NO_KNOBS)}


def elbo_bits_per_dim(model: Model, data: DataSet) -> Figures:
    """The same with one importance sample: the ELBO."""
    return {"elbo_bits_per_dim": _bits(model, data.test.x, {"importance": 1})}


def bits_per_dim_8_draws(model: Model, data: DataSet) -> Figures:
    """The same with 8 dequantisation draws, on the first test pictures only."""
    return {
        "bits_per_dim_8_draws": _bits(model, data.test.x[:_EIGHT_DRAWS_ON], {"dequantisation": 8})
    }


def cross_entropy(model: Model, data: DataSet) -> Figures:
    """−log p(x) in nats over the test points, no class given.

    Where the truth is known, also the mean of log p_true(x) − log p(x): KL(true ‖ model).
    """
    found = _log_density(model, data.test.x, _point_knobs(model))
    figures = {"cross_entropy": _mean(-found.value, found)}
    if data.name in TOYS:
        truth = TOYS[data.name].log_density(data.test.x)
        figures["kl_gap"] = _mean(truth - found.value, found)
    return figures


def mass(model: Model, data: DataSet) -> Figures:
    """Integral of the density over twice the box of the data, by the midpoint rule.

    The grid is refined until two in a row agree or one gives 1: sharp edges need fine cells.
    """
    side = _SIDES.start
    found = _integral(model, data, side)
    while side < _SIDES.stop:
        side, before, found = 2 * side, found, _integral(model, data, 2 * side)
        if min(abs(found - before), abs(found - 1)) < _AGREE:
            break
    method = f"midpoint rule, {side} × {side} cells"
    return {"mass": {"value": round(found, 6), "method": method}}


def _integral(model: Model, data: DataSet, side: int) -> float:
    x = data.train.x.double()
    low, high = x.min(0).values, x.max(0).values
    low, high = low - (high - low) / 2, high + (high - low) / 2
    centre = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    axes = [a + (b - a) * centre for a, b in zip(low.tolist(), high.tolist(), strict=True)]
    found = _log_density(model, torch.cartesian_prod(*axes).float(), NO_KNOBS)
    return found.value.exp().sum().item() * ((high - low) / side).prod().item()


def _bits(model: Model, x: Tensor, knobs: Knobs) -> Figure:
    found = _log_density(model, x, knobs)
    return _mean(-found.value / (math.log(2) * math.prod(model.card.shape)), found)


def _point_knobs(model: Model) -> Knobs:
    """Points share the noise of a bound: so many samples that its error is below the others."""
    known = {knob.name for knob in model.density.knobs} if model.density else set()
    return {name: value for name, value in _POINT_BOUND.items() if name in known}


def _mean(value: Tensor, found: LogDensity) -> Figure:
    """Mean over the examples with the standard error that their spread gives."""
    return {
        "value": round(value.mean().item(), 5),
        "stderr": round(value.std().item() / math.sqrt(len(value)), 5),
        "meaning": found.meaning.name.lower(),
        "method": found.method,
        "examples": len(value),
    }


def _log_density(model: Model, x: Tensor, knobs: Knobs) -> LogDensity:
    """Drive the density to its end, printing how far it is now and then."""
    if model.density is None:
        raise ValueError(f"{model.card.name} is implicit: it has no density")
    run = model.density.run(x, None, knobs)
    reported = time.monotonic()
    while True:
        try:
            step = next(run)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        if time.monotonic() - reported > _REPORT_EVERY:
            reported = time.monotonic()
            print(f"{model.card.name}: {step.done} of {step.total}", flush=True)


def _processor() -> str:
    """The processor's name and its cores."""
    name = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text("utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores"


def _short(entry: object) -> str:
    return f"{entry:.5g}" if isinstance(entry, float) else str(entry)
