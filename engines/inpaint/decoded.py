"""Latent diffusion: twisted sequential Monte Carlo over z, steered through the decoder.

The twist is the decoder's own p(x_o | ẑ_0) to a power that rises to 1 as the noise goes: at the
last level it is the likelihood itself, so the weights correct what the way there got wrong.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engines.diagnostics import Diagnosis, counted
from engines.families.vae.model import MEAN, PIXELS
from engines.inpaint.classes import CLASS, classed, classes
from engines.inpaint.denoising import Scene, steps_knob
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.tds import descend
from engines.inpaint.twist import Seen, Twist, held
from engines.inpaint.within_gibbs import Likelihood
from engines.kinds import Kind, Pictures, Points, chosen
from engines.model import Exactness, Knob, Knobs, Model, Procedure, Run, Step, finish, settle
from engines.noise import Streams
from engines.parts import Decoded, Decoder, Denoise

PARTICLES = Knob(
    "particles",
    "Particles",
    16,
    1,
    256,
    1,
    (
        "Number P of particles in the run of each sample, which is picked by weight. Exact as "
        "P grows; 1 guides without weights."
    ),
)
STEPS = steps_knob(
    40, ("A sample costs P · N calls of denoiser and decoder, each with a derivative.")
)
_ROWS: dict[type[Kind], int] = {Pictures: 64, Points: 4096}
_SHARP, _FARTHEST = 0.1, 1.0


def through_decoder(scene: Scene, posterior: Likelihood) -> Twist:
    """β log p(x_o | z = D(y)) with β = 1 / (1 + (σ / 0.1)²), and its slope held to a step's length.

    Of noisy z the decoder is far too sure, which β makes up for; any positive twist is allowed
    that ends as the likelihood (Wu et al. 2023, section 3.1), and any slope, as proposals are
    weighed.
    """

    def twist(y: Tensor, sigma: float) -> Seen:
        with torch.enable_grad():
            y = y.detach().requires_grad_()
            d = scene.denoise(y, sigma)
            z = scene.part.leave(d)
            log = posterior.log_known(posterior.view(z)) / (1 + (sigma / _SHARP) ** 2)
            (slope,) = torch.autograd.grad(log.sum(), y)
        return Seen(d.detach(), held(slope, sigma, _FARTHEST), log.detach().double())

    return twist


@torch.no_grad()
def fill(hole: Hole) -> Run:
    """Guesses decode the heaviest particle of every draw."""
    part = hole.model.decoded
    assert part is not None
    decoder, latents = part.decoder, part.prior.card
    prior = denoiser_of(part)
    assert prior is not None
    particles, steps = int(hole.knobs["particles"]), int(hole.knobs["steps"])
    averaged = hole.knobs.get("pixels") == MEAN
    view = torch.zeros(hole.count, *hole.card.shape)
    before: tuple[Tensor | None, ...] = ()
    now = Diagnosis()
    size = max(1, chosen(hole.card.kind, _ROWS, "latent diffusions") // particles)
    for start in range(0, hole.count, size):
        rows = range(start, min(start + size, hole.count))
        streams = Streams(hole.seed, rows)
        labels = classes(hole, rows).to(decoder.device)
        every = labels.repeat_interleave(particles, 0)
        scene = Scene(hole, prior, streams, particles, every, latents.shape)
        posterior = Likelihood(hole, decoder, scene.labels)
        run = descend(scene, through_decoder(scene, posterior))
        for turn in range(1, steps + 1):
            found = next(run)
            z, now = prior.leave(found.guess), counted((*before, found.least), particles)
            view[rows.start : rows.stop] = _shown(decoder, z, labels, None)
            done = rows.start + len(rows) * turn // (steps + 1)
            yield Step(done, hole.count, view.clone(), turn * particles, now.note, now.poor)
        before, z = (*before, found.least), prior.leave(finish(run))
        view[rows.start : rows.stop] = _shown(decoder, z, labels, None if averaged else streams)
        yield Step(rows.stop, hole.count, view.clone(), steps * particles, now.note, now.poor)
    return view.clone()


def denoiser_of(part: Decoded) -> Denoise | None:
    """The denoiser of the codes, where they are drawn by a diffusion."""
    found: Denoise | None = part.prior.denoise
    return found


def _shown(decoder: Decoder, z: Tensor, labels: Tensor, streams: Streams | None) -> Tensor:
    """E[x | z], or with streams a draw: (n, …) on the CPU, where noise is drawn."""
    view = decoder.view(z, labels).cpu()
    return decoder.expected(view) if streams is None else decoder.drawn(view, streams)


def _method(of: type[Kind]) -> Method:
    knobs = (PARTICLES, STEPS, PIXELS, CLASS) if of is Pictures else (PARTICLES, STEPS)

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
        part = model.decoded
        if part is None or not isinstance(model.card.kind, of):
            return False
        return denoiser_of(part) is not None

    return Method(
        name="latent-tds",
        title="Latent twisted SMC",
        says=(
            "Latent particles are denoised together, guided and weighted by how well the "
            "decoder explains the known values; exact as particles and steps grow."
        ),
        fits=fits,
        procedure=procedure,
        run=filling(fill, knobs),
        knobs=knobs,
    )


METHODS = tuple(map(_method, _ROWS))
