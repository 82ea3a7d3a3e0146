"""Pipelines over latents that others made: their in-painting networks, and latent blending.

Both see the hole through an autoencoder; the known pixels are put back at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engines.drawing import GUIDANCE
from engines.inpaint.method import Hole, Method, filling
from engines.model import (
    Exactness,
    Knob,
    Knobs,
    Model,
    Procedure,
    Run,
    Step,
    Steps,
    batch_of,
    settle,
)
from engines.noise import Streams
from engines.outside.drawing.descent import Blend
from engines.outside.drawing.networks import ClassNetwork, TextNetwork
from engines.outside.drawing.states import Drawing
from engines.outside.latents import LatentPipeline
from engines.outside.text import PROMPT_GUIDANCE

STEPS = Knob(
    "steps",
    "Steps",
    50,
    4,
    1000,
    1,
    "Number of noise levels of the pipeline's own scheduler, one call each and one more where "
    "guidance is on.",
)


@torch.no_grad()
def fill(hole: Hole) -> Run:
    """A batch of draws after the other; those of a later one are the mean colour until then."""
    made = hole.model.pipeline
    assert isinstance(made, LatentPipeline)
    drawing, blend = _prepared(made, hole)
    mean = _filled_in(hole.picture, hole.known)
    shown = mean.expand(hole.count, *mean.shape).clone()
    size = batch_of(hole.card)
    for start in range(0, hole.count, size):
        part = range(start, min(start + size, hole.count))
        labels = torch.full((len(part),), hole.label)
        cost = drawing.cost(labels, hole.knobs.get("guidance", 1.0))
        walk = drawing.run(Streams(hole.seed, part), labels, hole.knobs, blend)
        steps, calls = Steps(made.shown(walk, len(part), cost)), 0
        for step in steps:
            if step.guess is not None:
                shown[part.start : part.stop] = step.guess
            calls = step.calls
            yield replace(
                step,
                done=part.start + min(step.done, len(part) - 1),
                total=hole.count,
                guess=shown.clone(),
            )
        shown[part.start : part.stop] = steps.result
        yield Step(part.stop, hole.count, shown.clone(), calls, made.note, made.poor)
    return shown.clone()


def _prepared(made: LatentPipeline, hole: Hole) -> tuple[Drawing, Callable[[Any, Tensor], Blend]]:
    """The network told of the hole, or the blending that tells it."""
    net, codec = made.drawing.net, made.codec
    # a place of the latents is free where any of its pixels is
    size = net.shape[1:]
    mask = F.adaptive_max_pool2d((~hole.known[:1]).float(), size)[None].to(made.device)
    network = net.network
    if isinstance(network, TextNetwork) and network.hole is not None:
        seen = torch.cat([mask, codec.encode(hole.picture[None])], 1)
        told = type(net)(network.within(seen), net.levels, shape=net.shape, steps=net.steps)
        return replace(made.drawing, net=told), lambda scheduler, noise: lambda z, i: z
    code = codec.encode(_filled_in(hole.picture, hole.known)[None])

    def blend(scheduler: Any, noise: Tensor) -> Blend:
        times = scheduler.timesteps

        def put_back(z: Tensor, i: int) -> Tensor:
            known = code.expand_as(z)
            if i + 1 < len(times):
                known = scheduler.add_noise(known, noise, times[i + 1 : i + 2])
            return mask * z + (1 - mask) * known

        return put_back

    return made.drawing, blend


def _filled_in(picture: Tensor, known: Tensor) -> Tensor:
    """The picture with its known mean in the hole: an edge to grey would reach into the code."""
    weight = known.float()
    mean = (picture * weight).flatten(1).sum(1) / weight.flatten(1).sum(1).clamp_min(1)
    return torch.where(known, picture, mean[:, None, None])


def _is(model: Model, *, text: bool, told: bool) -> bool:
    if not isinstance(model.pipeline, LatentPipeline):
        return False
    network = model.pipeline.drawing.net.network
    if isinstance(network, ClassNetwork):
        return not text
    return text and isinstance(network, TextNetwork) and (network.hole is not None) == told


def _method(name: str, title: str, says: str, how: str, source: str, *, text: bool) -> Method:
    knobs = (STEPS, PROMPT_GUIDANCE if text else GUIDANCE)

    def procedure(model: Model, given: Knobs) -> Procedure:
        settled = settle(knobs, given)
        w = settled["guidance"]
        away = "" if w == 1.0 else f"; guidance {w:g}: not the model's distribution"
        return Procedure(Exactness.HEURISTIC, f"{how}, {int(settled['steps'])} steps{away}", source)

    return Method(
        name=name,
        title=title,
        says=says,
        fits=lambda model: _is(model, text=text, told=name == "inpaint-network"),
        procedure=procedure,
        run=filling(fill, knobs),
        knobs=knobs,
    )


_BLENDING = (
    "latent-blending",
    "Latent blending",
    (
        "The known part's latents, with noise of the right level, are put in place after every "
        "step; the hole adapts to its surroundings late, and seams may show."
    ),
    "latent blending",
    "Avrahami et al. 2023 (Blended Latent Diffusion)",
)
METHODS = (
    _method(
        "inpaint-network",
        "In-painting network",
        "The network was trained with holes and sees mask and surroundings at every step: its own "
        "p(x | x_o), up to what the autoencoder loses.",
        "a network trained on holes",
        "Rombach et al. 2022, section 4.5",
        text=True,
    ),
    _method(*_BLENDING, text=True),
    _method(*_BLENDING, text=False),
)
