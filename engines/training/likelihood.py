"""How well a density explains held-out examples: bits per dimension, KL gaps, total mass."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor

from engines.data.toys import TOYS
from engines.kinds import Pictures, Points
from engines.maps.grids import log_density_grid
from engines.model import NO_KNOBS, DensityRun, Knobs, LogDensity, Meaning, Model, Steps
from engines.training.datasets import DataSet
from engines.training.implicit import SAMPLES, kernels_of

Figure: TypeAlias = Mapping[str, Any]
Figures: TypeAlias = Mapping[str, Figure]

_REPORT_EVERY = 15.0
_EIGHT_DRAWS_ON = 1_000
_POINT_BOUND: Knobs = {"importance": 512}
_SIDES = range(128, 1024)
_SLOW_SIDES = range(128, 512)
_AGREE = 2e-4


def plan(model: Model) -> list[Callable[[Model, DataSet], Figures]]:
    """What can be measured of this model."""
    kind = model.card.kind
    if not isinstance(kind, Pictures | Points):
        return []
    points = isinstance(kind, Points)
    if model.density is None or model.density.meaning is Meaning.UNNORMALISED:
        return [sample_kl_gap] if points and model.card.data in TOYS else []
    knobs = {knob.name: knob.default for knob in model.density.knobs}
    if points:
        whole = model.density.meaning in (Meaning.EXACT, Meaning.ESTIMATE)
        return [mass, cross_entropy] if whole else [cross_entropy]
    found: list[Callable[[Model, DataSet], Figures]] = [bits_per_dim]
    if "importance" in knobs:
        found.append(elbo_bits_per_dim)
    if knobs.get("dequantisation") == 1:
        found.append(bits_per_dim_8_draws)
    return found


def bits_per_dim(model: Model, data: DataSet) -> Figures:
    """−log₂ P(x) / D of the 256-level test pictures, no class given."""
    return {"bits_per_dim": _bits(model, data.test.x, _over_many(model))}


def _over_many(model: Model) -> Knobs:
    """The settings for a mean over thousands of pictures: the defaults, but for two families.

    Any-order models: a few random masks a picture cost a tenth of one order in groups; for one
    picture they scatter by 60 nats on average, and the mean over 10,000 by less than 1. Of draws in
    the pixel cells one is enough, for pictures differ more than draws do.
    """
    knobs = {} if model.density is None else {knob.name: knob for knob in model.density.knobs}
    if "terms" in knobs:
        return {"terms": knobs["terms"].default}
    return {"dequantisation": 1} if "dequantisation" in knobs else NO_KNOBS


def elbo_bits_per_dim(model: Model, data: DataSet) -> Figures:
    """The same with one importance sample: the ELBO."""
    return {"elbo_bits_per_dim": _bits(model, data.test.x, {"importance": 1})}


def bits_per_dim_8_draws(model: Model, data: DataSet) -> Figures:
    """The same with 8 dequantisation draws, on the first test pictures only."""
    x = data.test.x[:_EIGHT_DRAWS_ON]
    return {"bits_per_dim_8_draws": _bits(model, x, {"dequantisation": 8})}


def cross_entropy(model: Model, data: DataSet) -> Figures:
    """−log p(x) in nats over the test points, no class given.

    Where the truth is known, also the mean of log p_true(x) − log p(x): KL(true ‖ model).
    """
    found = _log_density(model, data.test.x, _point_knobs(model))
    figures = {"cross_entropy": _of(-found.value, found)}
    if data.name in TOYS:
        truth = TOYS[data.name].log_density(data.test.x)
        figures["kl_gap"] = _of(truth - found.value, found)
    return figures


def sample_kl_gap(model: Model, data: DataSet) -> Figures:
    """KL gap of the kernel density of the model's samples, for models without a density.

    The kernels blur the model: this is no density of its own.
    """
    kernels, h = kernels_of(model)
    truth = TOYS[data.name].log_density(data.test.x)
    gap = truth - kernels.log_density(data.test.x, h)
    method = f"KDE of {SAMPLES:,} samples, h = {h:.3f} by held-out likelihood"
    return {"sample_kl_gap": {**_mean(gap), "meaning": "heuristic", "method": method}}


def mass(model: Model, data: DataSet) -> Figures:
    """Integral of the density over twice the box of the data, by the midpoint rule.

    The grid is refined until two in a row agree or one gives 1: sharp edges need fine cells. Where
    every point costs a long integration of its own, it stays coarser.
    """
    estimate = model.density is not None and model.density.meaning is Meaning.ESTIMATE
    alone = model.density is not None and model.density.grid is None
    sides = _SLOW_SIDES if estimate and alone else _SIDES
    side = sides.start
    found = _integral(model, data, side)
    while side < sides.stop:
        side, before, found = 2 * side, found, _integral(model, data, 2 * side)
        if min(abs(found - before), abs(found - 1)) < _AGREE:
            break
    method = f"midpoint rule, {side} × {side} cells"
    meaning = "estimate" if estimate else "exact"
    return {"mass": {"value": round(found, 6), "meaning": meaning, "method": method}}


def _integral(model: Model, data: DataSet, side: int) -> float:
    x = data.train.x.double()
    low, high = x.min(0).values, x.max(0).values
    low, high = low - (high - low) / 2, high + (high - low) / 2
    centre = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    axes = [a + (b - a) * centre for a, b in zip(low.tolist(), high.tolist(), strict=True)]
    found = _driven(model, log_density_grid(model, *(axis.float() for axis in axes)))
    return found.value.exp().sum().item() * ((high - low) / side).prod().item()


def _bits(model: Model, x: Tensor, knobs: Knobs) -> Figure:
    found = _log_density(model, x, knobs)
    return _of(-found.value / (math.log(2) * math.prod(model.card.shape)), found)


def _point_knobs(model: Model) -> Knobs:
    """Points share the noise of a bound: so many samples that its error is below the others."""
    known = {knob.name for knob in model.density.knobs} if model.density else set()
    return {name: value for name, value in _POINT_BOUND.items() if name in known}


def _of(value: Tensor, found: LogDensity) -> Figure:
    return {**_mean(value), "meaning": found.meaning.name.lower(), "method": found.method}


def _mean(value: Tensor) -> Figure:
    """Mean over the examples with the standard error that their spread gives."""
    return {
        "value": round(value.mean().item(), 5),
        "stderr": round(value.std().item() / math.sqrt(len(value)), 5),
        "examples": len(value),
    }


def _log_density(model: Model, x: Tensor, knobs: Knobs) -> LogDensity:
    if model.density is None:
        raise ValueError(f"{model.card.name} is implicit: it has no density")
    return _driven(model, model.density.run(x, None, knobs))


def _driven(model: Model, run: DensityRun) -> LogDensity:
    """Drive a density to its end, printing how far it is now and then."""
    reported, steps = time.monotonic(), Steps(run)
    for step in steps:
        if time.monotonic() - reported > _REPORT_EVERY:
            reported = time.monotonic()
            print(f"{model.card.name}: {step.done} of {step.total}", flush=True)
    return steps.result
