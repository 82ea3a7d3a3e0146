"""Foreign diffusion over an autoencoder's latents: LDM, DiT, and what prompts share with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from engines.drawing import GUIDANCE, class_indices, in_batches
from engines.families.diffusion.model import Diffusion
from engines.kinds import Points, coordinates
from engines.model import (
    Card,
    Exactness,
    Knob,
    Latents,
    Model,
    Pace,
    Procedure,
    Run,
    SampleRequest,
    Step,
    Steps,
    settle,
)
from engines.noise import Streams
from engines.outside import codec as codecs
from engines.outside import loading
from engines.outside.codec import Codec
from engines.outside.drawing.denoiser import ForeignLatents
from engines.outside.drawing.levels import levels_of
from engines.outside.drawing.networks import ClassNetwork, Network
from engines.outside.drawing.states import Drawing, Walk
from engines.outside.formats.layout import Layout
from engines.outside.memory import Portions, precision
from engines.outside.pixels import unet

_STEPS, _SHOW_EVERY = 50, 2
_NATURE = (
    "Gaussian noise behind the autoencoder's latents; inverse up to the solver's error "
    "(probability-flow ODE) and what the autoencoder loses"
)
_INVERSE = Procedure(
    Exactness.HEURISTIC,
    "the autoencoder's code, then the probability-flow ODE",
    "Rombach et al. 2022; Song et al. 2021",
)


@dataclass(frozen=True)
class LatentPipeline:
    """An autoencoder and the diffusion that draws its latents; `prior` is that of flat ones."""

    card: Card
    codec: Codec
    drawing: Drawing
    prior: Diffusion
    device: torch.device
    poor: str = ""
    """What every result of it suffers from, such as a text that was cut."""

    @torch.no_grad()
    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """x (n, C, H, W) in [-1, 1], as the pipeline leaves it: not rounded to 256 levels."""
        streams = Streams(request.seed, request.indices)
        walk = self.drawing.run(streams, self.drawing.classes(labels, request), knobs)
        cost = self.drawing.cost(labels, knobs.get("guidance", 1.0))
        return (yield from self.shown(walk, request.count, cost))

    def shown(self, walk: Walk, n: int, cost: int) -> Run:
        """The pictures of a walk over z (n, …), coarse ones on the way. Asks for no gradients."""
        calls, steps = 0, Steps(walk)
        for step in steps:
            calls = cost * step.done
            seen = self.codec.glimpse(step.guess) if (step.done - 1) % _SHOW_EVERY == 0 else None
            yield Step(n * step.done // (step.total + 1), n, seen, calls, self.note, self.poor)
        x = self.codec.decode(steps.result)
        yield Step(n, n, x.clone(), calls, self.note, self.poor)
        return x

    @property
    def note(self) -> str:
        """What had to be given up for want of memory."""
        return self.drawing.note or self.codec.portions.note

    @torch.no_grad()
    def decode(self, e: Tensor, labels: Tensor | None) -> Run:
        """Noise (n, K) to pictures (n, C, H, W) by the ODE, as the condition stands."""
        return (yield from self._decoded(self.prior.decode(e, labels), len(e)))

    @torch.no_grad()
    def sketch(self, e: Tensor, labels: Tensor | None) -> Run:
        """The same in a tenth of the time, for a hand that moves."""
        return (yield from self._decoded(self.prior.sketch(e, labels), len(e)))

    def _decoded(self, run: Run, n: int) -> Run:
        calls, steps = 0, Steps(run)
        for turn, step in enumerate(steps):
            if step.done != step.total and step.guess is not None:
                seen = self.codec.glimpse(self._whole(step.guess)) if turn % 8 == 0 else None
                yield Step(step.done, n, seen, step.calls, self.note)
            calls = step.calls
        x = self.codec.decode(self._whole(steps.result))
        yield Step(n, n, x.clone(), calls, self.note, self.poor)
        return x

    @torch.no_grad()
    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """Pictures (n, C, H, W) to the noise (n, K) that the ODE leads their codes to."""
        class_indices(self.card, labels, len(x))
        z = self.codec.encode(x)
        yield Step(0, len(x))
        return (yield from self.prior.encode(z.flatten(1), labels))

    def _whole(self, z: Tensor) -> Tensor:
        return z.view(-1, *self.drawing.net.shape).to(self.device)


def load(layout: Layout, card: Card, device: torch.device) -> Model:
    """The model of an LDM or DiT folder. Raises CheckpointError."""
    own = loading.scheduler(layout)()
    network: Network
    if "transformer" in layout.nets:
        network = _transformer(layout, device)
        codec = codecs.load(layout, layout.nets["vae"], device)
    else:
        network = unet(layout, device, precision(device))
        codec = codecs.load(layout, layout.nets["vqvae"], device)
    guides = isinstance(network, ClassNetwork) and network.null is not None
    guidance = loading.own_default(layout.pipeline, "guidance_scale") or GUIDANCE.default
    # the learned p(x | class) stays the one at 1, whatever its makers prefer to look at
    knob = replace(GUIDANCE, default=guidance, maximum=max(GUIDANCE.maximum, 2 * guidance), own=1.0)
    return of_parts(card, codec, network, own, device, guidance=knob if guides else None)


def of_parts(
    card: Card,
    codec: Codec,
    network: Network,
    own: Any,
    device: torch.device,
    *,
    guidance: Knob | None,
    latent: tuple[int, int, int] | None = None,
    poor: str = "",
) -> Model:
    """The model of an autoencoder, a network over its latents, and the pipeline's scheduler."""
    net = ForeignLatents(
        network, levels_of(own, whole=False), shape=latent or codec.latent, steps=24
    )
    drawing = Drawing(net, type(own).__name__, dict(own.config), device, guidance is not None)
    flat = replace(card, kind=Points(coordinates(_dims(net.shape))))
    pipeline = LatentPipeline(card, codec, drawing, Diffusion(flat, net, device), device, poor)
    knobs = drawing.knobs(steps=_STEPS, guidance=guidance or GUIDANCE)
    return Model(
        card=card,
        sample=in_batches(pipeline.draw, card, knobs),
        procedure=lambda given: _procedure(drawing, settle(knobs, given)),
        knobs=knobs,
        latents=Latents(
            flat.shape,
            _NATURE,
            pipeline.decode,
            pipeline.encode,
            _INVERSE,
            Pace.SLOW,
            pipeline.sketch,
            partial(drawing.codes, knobs=knobs),
            drawing.exact,
        ),
        codec=codec,
        pipeline=pipeline,
    )


def _procedure(drawing: Drawing, knobs: Mapping[str, float]) -> Procedure:
    of_z = drawing.procedure(knobs)
    return replace(
        of_z,
        method=f"z by {of_z.method}; then decoded",
        source=f"Rombach et al. 2022; {of_z.source}",
    )


def _transformer(layout: Layout, device: torch.device) -> ClassNetwork:
    what = layout.nets["transformer"]
    if what.kind == "Transformer2DModel":  # its name before it had a class of its own
        what = replace(what, kind="DiTTransformer2DModel")
    body: Any = loading.network(layout, what, device, precision(device))

    def ask(x: Tensor, t: Tensor, labels: Tensor | None) -> Tensor:
        out: Tensor = body(x.to(body.dtype), timestep=t, class_labels=labels).sample
        return out.float()

    classes = len(layout.labels)
    # the embedding has one row more than there are classes (Peebles & Xie 2023, section 4)
    return ClassNetwork(ask, layout.latent_shape[0], classes, classes, Portions())


def _dims(shape: tuple[int, int, int]) -> int:
    return shape[0] * shape[1] * shape[2]
