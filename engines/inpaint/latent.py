"""Generators without a density: latents z whose G(z) agrees with what is known.

G's pictures fill no more than a surface of dim z, which a given x_o almost never meets, so that
the strict p(x_m | x_o) is degenerate. Asked is the relaxed p(z) N(x_o; G(z)_o, τ² I) instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.chains import langevin
from engines.chains.langevin import State, adapted, mala
from engines.diagnostics import Diagnosis, by_length, moved, short
from engines.inpaint import classes as reader
from engines.inpaint.classes import CLASS, classed
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.pool import SHARED, flattened
from engines.kinds import Kind, Pictures, Points
from engines.model import Exactness, Knob, Knobs, Model, Procedure, Run, Step, settle
from engines.noise import Streams, choose
from engines.parts import Generator

TAU = Knob(
    "tau",
    "Tolerance τ",
    0.1,
    0.02,
    1.0,
    0.01,
    "How far G(z) may be from what is known: the standard deviation of each known pixel in a scale "
    "of −1 … 1, or of each coordinate in units of the data's spread.",
)
STEPS = Knob(
    "steps",
    "Steps",
    120,
    3,
    5000,
    1,
    (
        "Length of the chains in z. τ falls from 1 in the first half; step sizes settle "
        "until three quarters and are then left alone. Chains start where the model's own "
        "samples fit loosely, and stay in that mode unless they are very long: 1,500 steps "
        "correct the weights of the modes on moons, not on spirals."
    ),
)
DESCENT = Knob(
    "steps",
    "Steps",
    100,
    1,
    5000,
    1,
    "Steps of gradient descent in z, one call and its slope each.",
)
_POOL = 512
_ROWS = 128
_TOGETHER = 4
"""Steps at one τ, before a jump and a guess: 20–100 ms."""
_FEW = 5_000
_LOOSE, _FIRST_STEP, _RATE = 1.0, 0.02, 0.05


@dataclass(frozen=True)
class Relaxed:
    """Latents of one hole: z (n, K) with classes (n,), and how well G(z, c) agrees."""

    hole: Hole
    gan: Generator
    known: Tensor
    picture: Tensor
    unit: Tensor
    """What τ is measured in, of the data's shape."""
    given: Tensor | None
    """The class of every draw (count,), None where the chains find it."""

    @staticmethod
    def of(hole: Hole) -> Relaxed:
        """The relaxed posterior of a hole."""
        gan = hole.model.generator
        assert gan is not None
        device, unit = gan.device, gan.unit
        picture, given = hole.picture.to(device), reader.classes(hole).to(device)
        return Relaxed(
            hole,
            gan,
            hole.known.to(device),
            picture,
            unit.to(device),
            given if reader.is_asked(hole, given.cpu()) else None,
        )

    def gap(self, z: Tensor, classes: Tensor) -> Tensor:
        """|x_o − G(z, c)_o|² in squared units (n,)."""
        off = (self.gan.generate(z, classes) - self.picture) / self.unit
        return off[:, self.known].square().sum(1)

    def energy(self, classes: Tensor, tau: float) -> langevin.Energy:
        """|z|² / 2 + |x_o − G(z, c)_o|² / 2τ² with its slope, for chains of these classes."""

        def found(z: Tensor) -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                place = z.detach().requires_grad_()
                value = place.square().sum(1) / 2 + self.gap(place, classes) / (2 * tau**2)
                (slope,) = torch.autograd.grad(value.sum(), place)
            return value.detach(), slope

        return found

    def shown(self, z: Tensor, classes: Tensor) -> Tensor:
        """G(z, c) on the CPU."""
        return self.gan.generate(z, classes).cpu()

    def pick(self, u: Tensor) -> Tensor:
        """Classes drawn from p(c) by uniforms (n,)."""
        return self.gan.pick(u.to(self.gan.device))

    def starts(self, streams: Streams) -> tuple[Tensor, Tensor]:
        """Latents and classes of the best of 512 that all draws of a seed choose from.

        Where the classes are given, those of a class choose among 256 of their own.
        """
        noise, u = Streams(self.hole.seed, [SHARED]), streams.uniform()
        z = noise.normal(_POOL, self.gan.latent)[0].to(self.gan.device)
        if self.given is None:
            return self._best(z, self.pick(noise.uniform(_POOL)[0]), u)
        found = z.new_empty(len(u), z.shape[1])
        for label in self.given.unique():
            rows = (self.given == label).nonzero()[:, 0]
            few = z[: _POOL // 2]
            found[rows], _ = self._best(few, label.expand(len(few)), u[rows.cpu()])
        return found, self.given

    def _best(self, z: Tensor, classes: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        """As many of these as there are uniforms (n,), by how well they agree."""
        gaps = [self.gap(z[i], classes[i]) for i in torch.arange(len(z)).split(_ROWS)]
        # as if every known value had an error of its own size: chains start apart
        log_w = -torch.cat(gaps).cpu() / (2 * _LOOSE**2)
        rows = choose(flattened(log_w), u).to(z.device)
        return z[rows], classes[rows]


@torch.no_grad()
def fill_by_chains(hole: Hole) -> Run:
    """Metropolis-adjusted Langevin in z while τ falls, with jumps between the classes."""
    relaxed, streams = Relaxed.of(hole), hole.streams
    total, n, last = int(hole.knobs["steps"]), hole.count, hole.knobs["tau"]
    z, classes = relaxed.starts(streams)
    yield Step(0, n, relaxed.shown(z, classes), 1)
    step, accepted, counted = torch.full((n,), _FIRST_STEP, device=z.device), 0.0, 0
    cooling, settling, calls = total // 2, 3 * total // 4, 1
    cooled: Tensor | None = None
    at = State.of(relaxed.energy(classes, _LOOSE), z)
    for start in range(0, total, _TOGETHER):
        tau = _LOOSE * (last / _LOOSE) ** min(1.0, (start + _TOGETHER) / max(1, cooling))
        energy, stop = relaxed.energy(classes, tau), min(start + _TOGETHER, total)
        at = State.of(energy, at.x)
        for i in range(start + 1, stop + 1):
            noise, coin = streams.normal(at.x.shape[1]).to(z), streams.uniform().to(z.device)
            at, chance = mala(energy, at, step=step, noise=noise, coin=coin)
            if i <= settling:
                step = adapted(step, chance, 0.5)
            else:
                accepted, counted = accepted + chance.mean().item(), counted + 1
        at, classes = _jump(relaxed, at, classes, tau, streams)
        calls += stop - start + 3
        share = accepted / counted if counted else None
        shown = relaxed.shown(at.x, classes)
        # latents may wander about while what they show stays in its mode
        filled = shown[:, ~hole.known]
        seen = Diagnosis(acceptance=share, moved=None if cooled is None else moved(filled, cooled))
        cooled = filled if cooled is None and stop >= cooling else cooled
        yield Step(n * stop // total, n, shown, calls, seen.note, seen.poor)
    return relaxed.shown(at.x, classes)


def _jump(
    relaxed: Relaxed, at: State, classes: Tensor, tau: float, streams: Streams
) -> tuple[State, Tensor]:
    """Another class c ~ p(c) at the same z, if Metropolis lets it."""
    if relaxed.given is not None or not relaxed.hole.model.labels:
        return at, classes
    new = relaxed.pick(streams.uniform())
    to = State.of(relaxed.energy(new, tau), at.x)
    chance = (at.value - to.value).clamp_max(0).exp()
    taken = streams.uniform().to(chance) < chance
    return to.chosen(at, taken), torch.where(taken, new, classes)


@torch.no_grad()
def fill_by_descent(hole: Hole) -> Run:
    """Adam (Kingma & Ba 2015) to the nearest best z of each start, not a draw from anything."""
    relaxed, streams = Relaxed.of(hole), hole.streams
    total, n, tau = int(hole.knobs["steps"]), hole.count, hole.knobs["tau"]
    z, classes = relaxed.starts(streams)
    yield Step(0, n, relaxed.shown(z, classes), 1)
    energy = relaxed.energy(classes, tau)
    mean, square = torch.zeros_like(z), torch.zeros_like(z)
    for i in range(1, total + 1):
        _, slope = energy(z)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope.square()
        length = (square / (1 - 0.999**i)).sqrt() + 1e-8
        z = z - _RATE * mean / (1 - 0.9**i) / length
        yield Step(n * i // total, n, relaxed.shown(z, classes), 1 + 2 * i)
    return relaxed.shown(z, classes)


def _langevin(of: type[Kind]) -> Method:
    knobs = (STEPS, TAU, *([CLASS] if of is Pictures else []))

    def procedure(model: Model, given: Knobs) -> Procedure:
        settled = settle(knobs, given)
        steps = int(settled["steps"])
        method = (
            f"relaxed posterior p(z) N(x_o; G(z)_o, τ² I), τ = {settled['tau']:g}, by {steps} "
            "steps of MALA in z (the strict conditional is degenerate) from starts picked by a "
            f"loose weight that nothing corrects{short(steps, _FEW)}"
        )
        standing = by_length(steps, _FEW)
        source = "Roberts & Tweedie 1996; Bora et al. 2017"
        return classed(Procedure(standing, method, source), settled, model)

    return Method(
        name="latent-langevin",
        title="Latent Langevin",
        says=(
            "Langevin steps among the latents whose pictures agree with the known part up to "
            "τ; then the known values are restored."
        ),
        fits=_fits(of),
        procedure=procedure,
        run=filling(fill_by_chains, knobs),
        knobs=knobs,
    )


def _descent(of: type[Kind]) -> Method:
    knobs = (DESCENT, TAU, *([CLASS] if of is Pictures else []))

    def procedure(model: Model, given: Knobs) -> Procedure:
        settled = settle(knobs, given)
        method = (
            f"the most probable z near each start, {int(settled['steps'])} steps of Adam, "
            f"τ = {settled['tau']:g}"
        )
        source = "Bora et al. 2017, section 2; Yeh et al. 2017"
        return classed(Procedure(Exactness.HEURISTIC, method, source), settled, model)

    return Method(
        name="latent-descent",
        title="Nearest latent",
        says=(
            "Gradient descent from several starts to a latent that agrees best. The results "
            "are no samples of a distribution and show little of the uncertainty."
        ),
        fits=_fits(of),
        procedure=procedure,
        run=filling(fill_by_descent, knobs),
        knobs=knobs,
    )


def _fits(of: type[Kind]) -> Callable[[Model], bool]:
    return lambda model: model.generator is not None and isinstance(model.card.kind, of)


METHODS = tuple(make(of) for of in (Pictures, Points) for make in (_langevin, _descent))
