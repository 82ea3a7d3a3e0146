"""Foreign diffusion over pixels: DDPM and DDIM pipelines and bare networks, also with classes.

Everything but sampling by diffusers' schedulers is that of our own diffusion models.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from engines.checkpoints.catalog import CheckpointError
from engines.drawing import in_batches
from engines.families.diffusion import model as diffusion
from engines.model import Card, Model, Run, SampleRequest, Step, Steps, settle
from engines.noise import Streams
from engines.outside import loading
from engines.outside.drawing.denoiser import ForeignPictures
from engines.outside.drawing.levels import levels_of
from engines.outside.drawing.networks import ClassNetwork
from engines.outside.drawing.states import Drawing
from engines.outside.formats.layout import Layout

_STEPS = 50


@dataclass(frozen=True)
class Pixels:
    """Pictures drawn by a pipeline's scheduler."""

    drawing: Drawing

    @torch.no_grad()
    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """x (n, C, H, W) in [-1, 1], as the pipeline leaves it: not rounded to 256 levels."""
        streams, n = Streams(request.seed, request.indices), request.count
        cost = self.drawing.cost(labels, knobs.get("guidance", 1.0))
        run = self.drawing.run(streams, self.drawing.classes(labels, request), knobs)
        calls, steps = 0, Steps(run)
        for step in steps:
            calls = cost * step.done
            done = n * step.done // (step.total + 1)
            yield Step(done, n, step.guess.clamp(-1, 1).cpu(), calls, self.drawing.note)
        x = steps.result.clamp(-1, 1).cpu()
        yield Step(n, n, x.clone(), calls)
        return x


def load(layout: Layout, card: Card, device: torch.device) -> Model:
    """The model of a folder. Raises CheckpointError."""
    # in float32 everywhere: densities and codes are differences of large numbers
    network = unet(layout, device, torch.float32)
    own = loading.scheduler(layout)()
    whole = layout.nets["unet"].config.get("time_embedding_type") == "learned"
    net = ForeignPictures(network, levels_of(own, whole=whole), shape=layout.shape, steps=24)
    drawing = Drawing(net, type(own).__name__, dict(own.config), device, guides=False)
    knobs = drawing.knobs(steps=_STEPS)
    model = diffusion.of_denoiser(card, net, device)
    assert model.latents is not None
    drawn = partial(drawing.codes, knobs=knobs)
    return replace(
        model,
        sample=in_batches(Pixels(drawing).draw, card, knobs),
        procedure=lambda given: drawing.procedure(settle(knobs, given)),
        knobs=knobs,
        latents=replace(model.latents, drawn=drawn, exact=drawing.exact),
    )


def unet(layout: Layout, device: torch.device, dtype: torch.dtype) -> ClassNetwork:
    """The UNet2DModel of a folder. Raises CheckpointError for kinds of it that are not known."""
    what = layout.nets["unet"]
    if what.config.get("time_embedding_type", "positional") == "fourier":
        raise CheckpointError(
            f"{layout.folder.path} tells its network σ by Fourier features, which this version "
            "does not know"
        )
    if what.config.get("class_embed_type") is not None:
        raise CheckpointError(
            f"{layout.folder.path} has classes of the kind {what.config['class_embed_type']!r}; "
            "only numbered ones are known"
        )
    body: Any = loading.network(layout, what, device, dtype)

    def ask(x: Tensor, t: Tensor, labels: Tensor | None) -> Tensor:
        out: Tensor = body(x.to(body.dtype), t, class_labels=labels).sample
        return out.float()

    return ClassNetwork(ask, layout.latent_shape[0], len(layout.labels), None)
