"""Flows and energies: Langevin chains in the missing values alone, the known ones held.

The joint density is known (or up to a constant), and p(x_m | x_o) ∝ p(x_m, x_o). Points get
parallel tempering. Pictures of a flow live in logit coordinates; their chains start where
projections through latent space lead: a walk from digit to digit would take for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from engines.chains import langevin
from engines.chains.langevin import State, adapted, mala
from engines.chains.tempering import tempered_chains
from engines.diagnostics import Diagnosis, by_length, moved, short
from engines.drawing import to_levels
from engines.inpaint.classes import CLASS, classed, classes, is_asked
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.pool import nearest
from engines.kinds import Pictures, Points
from engines.model import Knob, Knobs, Model, Procedure, Run, Step, settle
from engines.noise import Streams, log_normal
from engines.parts import Bijection

RUNGS = Knob(
    "rungs",
    "Temperatures",
    5,
    1,
    8,
    1,
    "Chains at rising temperatures that swap places, so that one may cross to another mode. "
    "1 is a single chain.",
)
STEPS = Knob(
    "steps",
    "Steps",
    200,
    1,
    5000,
    1,
    "Length of the chains. Step sizes settle in the first half and are then left alone.",
)
WALK = Knob(
    "steps",
    "Steps",
    12,
    1,
    20_000,
    1,
    (
        "Length of the chains in the missing pixels, one network call and its slope each. "
        "Short chains stay near the result of the search, which is a guess: on digits 200 "
        "steps moved 0.07 of the distance between two chains; this grows with the square root "
        "of the steps."
    ),
)
SEARCH = Knob(
    "search",
    "Search steps",
    8,
    0,
    500,
    1,
    (
        "Alternating projections onto the known pixels and onto the latents of likely "
        "pictures, two calls each. The chains start from their result."
    ),
)
PICTURE_KNOBS = (WALK, SEARCH, CLASS)
_POOL = {Pictures: 32, Points: 512}
_SHOWN_EVERY = 4
_FIRST_STEP = 0.02
_PIXEL_STEP, _KEPT = 0.008, 0.98
_FEW = {Pictures: 20_000, Points: 200}
"""Fewer steps are too few, in pictures and in the plane."""


def of_points(hole: Hole) -> langevin.Energy:
    """−log p(x) + const and its slope of points x (n, D), for the class of the hole."""
    energy, flow = hole.model.energy, hole.model.bijection
    if flow is not None:
        return _slope(lambda x: _flow_energy(flow, x, hole.labels(len(x))))
    assert energy is not None
    asked = is_asked(hole, hole.labels(1))

    def found(x: Tensor) -> tuple[Tensor, Tensor]:
        return energy.of(x, hole.labels(len(x)) if asked else None, 0.0)

    return found


def _flow_energy(flow: Bijection, x: Tensor, labels: Tensor) -> Tensor:
    z, log_det = flow.to_noise(x.to(flow.device), labels.to(flow.device))
    return -(log_normal(z) + log_det).cpu()


def _slope(energy: Callable[[Tensor], Tensor]) -> langevin.Energy:
    def found(x: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            place = x.detach().requires_grad_()
            value = energy(place)
            (slope,) = torch.autograd.grad(value.sum(), place)
        return value.detach(), slope

    return found


def clamped(energy: langevin.Energy, hole: Hole, scale: Tensor) -> langevin.Energy:
    """The energy as a function of the missing values in units of `scale` (D,): (n, D_m)."""
    free = ~hole.known

    def found(y: Tensor) -> tuple[Tensor, Tensor]:
        x = hole.picture.repeat(len(y), 1)
        x[:, free] = y * scale[free]
        value, slope = energy(x)
        return value, slope[:, free] * scale[free]

    return found


@torch.no_grad()
def fill_points(hole: Hole) -> Run:
    """Tempered MALA from the model's own draws that lie near the known values."""
    streams, total, free = hole.streams, int(hole.knobs["steps"]), ~hole.known
    x, pool = nearest(hole, _POOL[Points], streams.uniform())
    yield Step(0, hole.count, x.clone(), 1)
    scale = pool.std(0).clamp_min(1e-6)
    start = x[:, free] / scale[free]
    chains = tempered_chains(
        clamped(of_points(hole), hole, scale),
        start,
        rungs=int(hole.knobs["rungs"]),
        step=_FIRST_STEP,
        settling=total // 2,
        streams=streams,
    )
    for i, y in zip(range(1, total + 1), chains, strict=False):
        if i % _SHOWN_EVERY == 0 or i == total:
            x[:, free] = y * scale[free]
            seen = Diagnosis(moved=moved(y, start))
            yield Step(hole.count * i // total, hole.count, x.clone(), 1 + i, seen.note, seen.poor)
    return x


class Coordinates:
    """One hole in pictures of a flow, all pixels in coordinates y (n, D) without bounds.

    Missing ones are y = logit(u); a known one is its level and y = logit(s) of the place s within
    its cell, u = (level + s) / 256, for the flow has a belief of that place too. `noise`
    (n, *shape) in (0, 1) is where in their cells the known pixels begin, as in training.
    """

    def __init__(self, hole: Hole, noise: Tensor, labels: Tensor) -> None:
        assert hole.model.bijection is not None
        self.flow, self.hole, self.free = hole.model.bijection, hole, ~hole.known
        self.labels, self.within = labels, noise
        self.level = ((hole.picture + 1) * 127.5).round()
        self.u = (self.level + noise) / 256

    def start(self, u: Tensor) -> Tensor:
        """Coordinates (n, D) of missing pixels from u (n, *shape), the known ones as they begin."""
        return torch.where(self.free, u, self.within).flatten(1).clamp(1e-5, 1 - 1e-5).logit()

    def missing(self, y: Tensor) -> Tensor:
        """The coordinates of the hole alone: (n, D_m)."""
        return y[:, self.free.flatten()]

    def complete(self, y: Tensor) -> Tensor:
        """u (n, *shape) in (0, 1) at coordinates (n, D)."""
        s = y.sigmoid().view(len(y), *self.hole.card.shape)
        return torch.where(self.free, s, (self.level + s) / 256)

    def energy(self, y: Tensor) -> Tensor:
        """−log p(u_m, u_o) (n,) + const as a density of y: times Π s (1 − s)."""
        change = F.logsigmoid(torch.stack([y, -y])).sum((0, 2))
        return _flow_energy(self.flow, self.complete(y), self.labels) - change


@torch.no_grad()
def fill_pictures(hole: Hole) -> Run:
    """A search through latent space for a start, then MALA in all that is not known exactly."""
    streams, n = hole.streams, hole.count
    pixels = Coordinates(hole, streams.uniform(*hole.card.shape), classes(hole))
    search, total = int(hole.knobs["search"]), int(hole.knobs["steps"])
    x = _near(hole, pixels.labels, streams.uniform())
    yield Step(0, n, x.clone(), 1)
    # where the draws of the pool lie within their cells is the chain's own
    u = ((x + 1) * 127.5).round().add(streams.uniform(*hole.card.shape)) / 256
    for i, found in enumerate(_search(pixels, u, search, streams), 1):
        u = found
        yield Step(n * i // (search + total), n, to_levels(u), 2 * i + 1)
    energy = _slope(pixels.energy)
    at = State.of(energy, pixels.start(u))
    steps, accepted, start = torch.full((n,), _PIXEL_STEP), 0.0, pixels.missing(at.x)
    for i in range(1, total + 1):
        noise, coin = streams.normal(at.x.shape[1]), streams.uniform()
        at, chance = mala(energy, at, step=steps, noise=noise, coin=coin)
        accepted += chance.mean().item()
        if i <= total // 2:
            steps = adapted(steps, chance, 0.5)
        seen = Diagnosis(acceptance=accepted / i, moved=moved(pixels.missing(at.x), start))
        yield Step(
            n * (search + i) // (search + total),
            n,
            to_levels(pixels.complete(at.x)),
            2 * search + i + 2,
            seen.note,
            seen.poor,
        )
    return to_levels(pixels.complete(at.x))


def _near(hole: Hole, labels: Tensor, u: Tensor) -> Tensor:
    """Starts (n, C, H, W) of these classes from pools of the flow's own pictures of each."""
    x = torch.empty(len(labels), *hole.card.shape)
    for label in labels.unique(dim=0):
        rows = (labels == label).view(len(labels), -1).all(1)
        own = replace(hole, codes=tuple(label.view(-1).tolist()))
        x[rows] = nearest(own, _POOL[Pictures], u[rows])[0]
    return x


def _search(pixels: Coordinates, u: Tensor, count: int, streams: Streams) -> Iterator[Tensor]:
    """Pictures u (n, C, H, W) ever likelier beside the known pixels, `count` times.

    Alternating projections: put the known pixels in, encode, pull the latent to the sphere
    |z|² = D where those of the model are, with a little noise, and decode. A start, not draws.
    """
    flow, dims = pixels.flow, u[0].numel()
    label = pixels.labels.to(flow.device)
    for _ in range(count):
        z, _ = flow.to_noise(torch.where(pixels.hole.known, pixels.u, u).to(flow.device), label)
        z = z * (dims**0.5 / z.norm(dim=1, keepdim=True)).clamp_max(1)
        z = _KEPT * z + (1 - _KEPT**2) ** 0.5 * streams.normal(dims).to(z)
        u = flow.from_noise(z, label).cpu()
        yield u


def _is_points(model: Model) -> bool:
    of_points = isinstance(model.card.kind, Points)
    return of_points and (model.bijection is not None or model.energy is not None)


def _of_points(model: Model, knobs: Knobs) -> Procedure:
    settled = settle((STEPS, RUNGS), knobs)
    rungs = int(settled["rungs"])
    steps = int(settled["steps"])
    method = f"MALA in the missing values, {steps} steps"
    source = "Roberts & Tweedie 1996"
    if rungs > 1:
        method, source = f"{method}, {rungs} temperatures", f"{source}; Geyer 1991"
    return Procedure(by_length(steps, _FEW[Points]), method + short(steps, _FEW[Points]), source)


def _of_pictures(model: Model, knobs: Knobs) -> Procedure:
    settled = settle(PICTURE_KNOBS, knobs)
    steps = int(settled["steps"])
    method = (
        f"MALA in the missing pixels and within the cells of the known ones, {steps} steps from "
        f"{int(settled['search'])} alternating projections{short(steps, _FEW[Pictures])}"
    )
    source = "Roberts & Tweedie 1996; Cannella et al. 2021"
    return classed(Procedure(by_length(steps, _FEW[Pictures]), method, source), settled, model)


METHODS = (
    Method(
        name="mala",
        title="Tempered Langevin",
        says="Chains in the missing values that follow the slope of the joint density.",
        fits=_is_points,
        procedure=_of_points,
        run=filling(fill_points, (STEPS, RUNGS)),
        knobs=(STEPS, RUNGS),
    ),
    Method(
        name="mala",
        title="Langevin in pixels",
        says=(
            "Starts near pictures of the flow that agree with the known pixels, then takes "
            "Langevin steps in the missing ones."
        ),
        fits=lambda model: model.bijection is not None and isinstance(model.card.kind, Pictures),
        procedure=_of_pictures,
        run=filling(fill_pictures, PICTURE_KNOBS),
        knobs=PICTURE_KNOBS,
    ),
)
