"""Latent diffusion: twisted sequential Monte Carlo over z, steered through the decoder.

The twist is the decoder's own p(x_o | ẑ_0) to a power that rises to 1 as the noise goes: at the
last level it is the likelihood itself, so the weights correct what the way there got wrong.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engines.families.diffusion.model import Diffusion
from engines.families.latent_diffusion.model import DiffusedLatents
from engines.families.vae.model import MEAN, PIXELS, shown
from engines.inpaint.classes import CLASS, classed, classes
from engines.inpaint.denoising import Scene, steps_knob
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.tds import descend
from engines.inpaint.twist import Seen, Twist, held
from engines.inpaint.within_gibbs import Posterior
from engines.model import Exactness, Knob, Knobs, Model, Procedure, Run, Step, finish, settle
from engines.noise import Streams

PARTICLES = Knob(
    "particles", "Particles", 16, 1, 256, 1,
    "States P of each draw's own run, from which it is picked by weight. Exact as P grows; 1 "
    "steers without weighing.",
)  # fmt: skip
STEPS = steps_knob(40, "A draw costs P · N calls of denoiser and decoder, each with a derivative.")
_ROWS = {True: 64, False: 4096}
_SHARP, _FARTHEST = 0.1, 1.0


def through_decoder(scene: Scene, posterior: Posterior) -> Twist:
    """β log p(x_o | z = D(y)) with β = 1 / (1 + (σ / 0.1)²), and its slope held to a step's length.

    Of noisy z the decoder is far too sure, which β makes up for; any positive twist is allowed
    that ends as the likelihood (Wu et al. 2023, section 3.1), and any slope, as proposals are
    weighed.
    """

    def twist(y: Tensor, sigma: float) -> Seen:
        with torch.enable_grad():
            y = y.detach().requires_grad_()
            d = scene.denoise(y, sigma)
            z = scene.native.net.leave(d)
            log = posterior.log_known(posterior.view(z)) / (1 + (sigma / _SHARP) ** 2)
            (slope,) = torch.autograd.grad(log.sum(), y)
        return Seen(d.detach(), held(slope, sigma, _FARTHEST), log.detach().double())

    return twist


@torch.no_grad()
def fill(hole: Hole) -> Run:
    """Guesses decode the heaviest particle of every draw."""
    model, picture = hole.model.native, hole.card.is_picture
    assert isinstance(model, DiffusedLatents)
    prior = model.prior.native
    assert isinstance(prior, Diffusion)
    particles, steps = int(hole.knobs["particles"]), int(hole.knobs["steps"])
    averaged = hole.knobs.get("pixels") == MEAN
    view = torch.zeros(hole.count, *hole.card.shape)
    size = max(1, _ROWS[picture] // particles)
    for start in range(0, hole.count, size):
        part = range(start, min(start + size, hole.count))
        streams = Streams(hole.seed, part)
        labels = classes(hole, part).to(model.device)
        scene = Scene(hole, prior, streams, particles, labels.repeat_interleave(particles))
        posterior = Posterior(hole, model.vae, model.device, scene.labels)
        run = descend(scene, through_decoder(scene, posterior))
        for turn in range(1, steps + 1):
            z = prior.net.leave(next(run))
            view[part.start : part.stop] = shown(model.vae, z, labels, None)
            done = part.start + len(part) * turn // (steps + 1)
            yield Step(done, hole.count, view.clone(), turn * particles)
        z = prior.net.leave(finish(run))
        view[part.start : part.stop] = shown(model.vae, z, labels, None if averaged else streams)
        yield Step(part.stop, hole.count, view.clone(), steps * particles)
    return view.clone()


def _knobs(picture: bool) -> tuple[Knob, ...]:
    return (PARTICLES, STEPS, PIXELS, CLASS) if picture else (PARTICLES, STEPS)


def _method(picture: bool) -> Method:
    knobs = _knobs(picture)

    def procedure(model: Model, given: Knobs) -> Procedure:
        settled = settle(knobs, given)
        p, n = int(settled["particles"]), int(settled["steps"])
        exactness = Exactness.ASYMPTOTIC if p > 1 else Exactness.HEURISTIC
        method = f"twisted sequential Monte Carlo in z, {p} particles a draw, {n} steps"
        if p == 1:
            method = f"guidance of z through the decoder, one state unweighed, {n} steps"
        if settled.get("pixels") == MEAN:
            exactness, method = Exactness.HEURISTIC, method + ", then the mean of p(x | z)"
        source = "Wu et al. 2023; Rombach et al. 2022"
        return classed(Procedure(exactness, method, source), settled, model)

    def fits(model: Model) -> bool:
        return isinstance(model.native, DiffusedLatents) and model.card.is_picture == picture

    return Method(
        name="latent-tds",
        title="Latent twisted SMC",
        says="Latents descend together, steered and weighed by what the decoder says of the known "
        "values; exact as particles and steps grow.",
        fits=fits,
        procedure=procedure,
        run=filling(fill, knobs),
        knobs=knobs,
    )


METHODS = (_method(True), _method(False))
