"""Moments inside a model whose density can be mapped: a noise level, a layer, a step of a chain.

Torch-free at import: the window speaks of moments, too.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from engines.checkpoints.promises import parts_of
from engines.kinds import is_plane
from engines.maps.kinds import Kind
from engines.model import NOTHING, Card, Given, LogDensity, Meaning, Model, SampleRequest, Step
from engines.parts import Layered

if TYPE_CHECKING:
    from torch import Tensor

    from engines.maps.fields import Field
    from engines.maps.noised import Sweep
    from engines.model import DensityRun

CHAINS, _PATHS, _SEED = 2048, 40, 0
LOWEST, HIGHEST = math.atan(0.002 / 0.5), math.atan(80.0 / 0.5)
"""Angles of the least and the most noise, as in engines/families/diffusion/probability_flow.py."""


class Process(Enum):
    """What is followed, by the name of the family that is known for it."""

    NOISE = "diffusion"
    LAYERS = "flow"
    CHAIN = "energy"

    @property
    def part(self) -> str:
        """The part of a model that it is followed in."""
        return {"diffusion": "denoise", "flow": "bijection"}.get(self.value, self.value)

    def describe(self, place: float) -> str:
        """What is shown at a place from 0 to 1."""
        if place == 1:
            return "t = 1: the model's own density."
        if self is Process.NOISE:
            sigma = 0.5 * math.tan(angle_at(place))
            return (
                f"t = {place:.2f}: data density with Gaussian noise, σ = {2 * sigma:.3g} × "
                "data s.d., rescaled; lines: probability-flow ODE."
            )
        if self is Process.LAYERS:
            return (
                f"t = {place:.2f}: density after this share of the layers, starting from N(0, I)."
            )
        return (
            f"t = {place:.2f}: kernels on {CHAINS:,} chains at this step; dots: some of the chains."
        )


@dataclass(frozen=True)
class Moment:
    """`place` runs from 0, pure noise, to 1, the model's own density."""

    process: Process
    place: float


@dataclass
class Memory:
    """What was worked out once for a model and condition: a sweep of noise levels, chains."""

    sweep: Sweep | None = None
    chains: list[Tensor] = field(default_factory=list)


def angle_at(place: float, lowest: float = LOWEST, highest: float = HIGHEST) -> float:
    """The angle φ of a noise level by its place, from the highest at 0 to the lowest at 1."""
    high, low = math.sqrt(highest), math.sqrt(lowest)
    return (high + (low - high) * place) ** 2


def process_of(model: Model | Card) -> Process | None:
    """What can be followed inside a model of the plane; of a card, as far as that is known."""
    card = model.card if isinstance(model, Model) else model
    if not is_plane(card.kind):
        return None
    if isinstance(model, Model):
        names, flow = model.part_names, model.bijection
        if flow is not None and not (isinstance(flow, Layered) and flow.layers):
            names -= {Process.LAYERS.part}
    else:
        names = parts_of(card) or frozenset()
        if "architecture" in card.net:  # layers of others are not known one by one
            names -= {Process.LAYERS.part}
    return next((process for process in Process if process.part in names), None)


def field_at(
    model: Model, moment: Moment, label: int | None, memory: Memory, *, given: Given = NOTHING
) -> Generator[object, None, Field]:
    """The density at a moment. Raises ValueError for a model without such a process."""
    if process_of(model) is not moment.process:
        raise ValueError(f"{model.card.name} has no {moment.process.value} process to follow")
    if moment.process is Process.NOISE:
        return (yield from _noised(model, moment.place, label, memory, given))
    if moment.process is Process.LAYERS:
        return _layered(model, moment.place, label, given)
    return (yield from _chained(model, moment.place, label, memory, given))


def sweep_of(model: Model, label: int | None, memory: Memory, *, given: Given = NOTHING) -> Sweep:
    """The sweep of a diffusion, made but maybe not yet filled."""
    from engines.maps.noised import Sweep

    if memory.sweep is None:
        if model.denoise is None:
            raise ValueError(f"{model.card.name} has no noise levels")
        memory.sweep = Sweep(model.card, model.denoise, label, given)
    return memory.sweep


def _noised(
    model: Model, place: float, label: int | None, memory: Memory, given: Given
) -> Generator[object, None, Field]:
    from engines.maps import noised

    sweep = sweep_of(model, label, memory, given=given)
    if not sweep.levels:
        yield from sweep.build()
    x = yield from model.sample(SampleRequest(_PATHS, _SEED, label, given=given))
    angle = angle_at(place, sweep.lowest, sweep.highest)
    found = noised.field_at(sweep, angle)
    return replace(found, paths=noised.trajectories(sweep, x, angle))


def _layered(model: Model, place: float, label: int | None, given: Given) -> Field:
    """p after the first layers that a sample passes: those nearest to the noise."""
    import torch

    from engines.drawing import class_indices, codes_of
    from engines.maps.fields import Field

    flow = model.bijection
    assert isinstance(flow, Layered)
    class_ = class_indices(model.card, codes_of(model.card, label, given, 1), 1).to(flow.device)
    layers, device = flow.layers, flow.device
    count = round(place * layers)

    @torch.no_grad()
    def grid(xs: Tensor, ys: Tensor) -> DensityRun:
        points, values = torch.cartesian_prod(xs, ys).float().to(device), []
        for part in points.split(16_384):
            labels = class_.expand(len(part), *class_.shape[1:])
            values.append(flow.log_p_after(part, labels, count).double().cpu())
            yield Step(sum(map(len, values)), len(points))
        method = f"change of variables after {count} of {layers} layers"
        return LogDensity(torch.cat(values), Meaning.EXACT, method)

    return Field(Kind.EXACT, grid)


def _chained(
    model: Model, place: float, label: int | None, memory: Memory, given: Given
) -> Generator[object, None, Field]:
    """Kernels on many chains as they stand after a share of their steps."""
    from engines.maps.fields import kernels_on

    if not memory.chains:
        run = model.sample(SampleRequest(CHAINS, _SEED, label, given=given))
        found = []
        for step in run:
            if step.guess is not None:
                found.append(step.guess)
            yield None
        memory.chains = found
    chains = memory.chains[round(place * (len(memory.chains) - 1))]
    half = len(chains) // 4
    shown = round(place * (len(memory.chains) - 1)) + 1
    of = f"kernels on {len(chains) - half:,} chains at frame {shown} of {len(memory.chains)}"
    return kernels_on(chains[half:], chains[:half], of).field(Kind.SAMPLES)
