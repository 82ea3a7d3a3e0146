"""Flows and energies: Langevin chains in the missing values alone, the known ones held.

The joint density is known (or up to a constant), and p(x_m | x_o) ∝ p(x_m, x_o). Points get
parallel tempering. Pictures of a flow live in logit coordinates; their chains start from a relaxed
posterior in latent space, for a single walk between digits would take for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from engines import langevin
from engines.drawing import to_levels
from engines.energy import Energy
from engines.flow import Flow
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.pool import nearest
from engines.inpaint.tempering import tempered_chains
from engines.langevin import State, adapted, mala
from engines.model import Exactness, Knob, Knobs, Model, Procedure, Run, Step, settle
from engines.nets.flow import log_normal
from engines.noise import Streams

RUNGS = Knob(
    "rungs", "Temperatures", 5, 1, 8, 1,
    "Chains at rising temperatures that swap places, so that one may cross to another mode. "
    "1 is a single chain.",
)  # fmt: skip
STEPS = Knob(
    "steps", "Steps", 200, 1, 5000, 1,
    "Length of the chains. Step sizes settle in the first half and are then left alone.",
)  # fmt: skip
WALK = Knob(
    "steps", "Steps", 20, 1, 2000, 1,
    "Length of the chains in the missing pixels, one network call and its slope each.",
)  # fmt: skip
SEARCH = Knob(
    "search", "Search steps", 20, 0, 500, 1,
    "Steps in latent space towards pictures that agree with the known pixels, where the chains "
    "start.",
)  # fmt: skip
_POOL = {True: 32, False: 512}
_SHOWN_EVERY = 4
_FIRST_STEP = 0.02
_LOOSE, _TIGHT = 1.0, 0.15


def of_points(hole: Hole) -> langevin.Energy:
    """−log p(x) + const and its slope of points x (n, D), for the class of the hole."""
    native, label = hole.model.native, hole.label
    if isinstance(native, Flow):
        return _slope(lambda x: _flow_energy(native, x, label))
    assert isinstance(native, Energy)
    classes = None if label == len(hole.model.labels) else label

    def found(x: Tensor) -> tuple[Tensor, Tensor]:
        given = None if classes is None else torch.full((len(x),), classes)
        return native.of(x, given, 0.0)

    return found


def _flow_energy(flow: Flow, x: Tensor, label: int) -> Tensor:
    classes = torch.full((len(x),), label, device=flow.device)
    z, log_det = flow.net.encode(x.to(flow.device), classes)
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
    x, pool = nearest(hole, _POOL[False], streams.uniform())
    yield Step(0, hole.count, x.clone(), 1)
    scale = pool.std(0).clamp_min(1e-6)
    chains = tempered_chains(
        clamped(of_points(hole), hole, scale), x[:, free] / scale[free],
        rungs=int(hole.knobs["rungs"]), step=_FIRST_STEP, settling=total // 2, streams=streams,
    )  # fmt: skip
    for i, y in zip(range(1, total + 1), chains, strict=False):
        if i % _SHOWN_EVERY == 0 or i == total:
            x[:, free] = y * scale[free]
            yield Step(hole.count * i // total, hole.count, x.clone(), 1 + i)
    return x


class Pixels:
    """One hole in pictures of a flow: missing pixels in logit coordinates y = logit(u).

    Every chain has the known pixels dequantised once, uniformly in their cells, as in training.
    """

    def __init__(self, hole: Hole, noise: Tensor) -> None:
        assert isinstance(hole.model.native, Flow)
        self.flow, self.hole, self.free = hole.model.native, hole, ~hole.known
        self.u = (((hole.picture + 1) * 127.5).round() + noise) / 256

    def complete(self, y: Tensor) -> Tensor:
        """u (n, C, H, W) in (0, 1) with these missing pixels (n, D_m)."""
        return self.u.masked_scatter(self.free.expand_as(self.u), y.sigmoid())

    def energy(self, y: Tensor) -> Tensor:
        """−log p(y_m, u_o) (n,): the flow's density times Π u (1 − u)."""
        change = F.logsigmoid(torch.stack([y, -y])).sum((0, 2))
        return _flow_energy(self.flow, self.complete(y), self.hole.label) - change

    def relaxed(self, tau: float) -> Callable[[Tensor], Tensor]:
        """|z|²/2 + |x(z)_o − x_o|²/2τ² (n,) of latents (n, D), x in [-1, 1]."""
        label = torch.full((len(self.u),), self.hole.label, device=self.flow.device)

        def energy(z: Tensor) -> Tensor:
            x = 2 * self.flow.net.decode(z.to(self.flow.device), label).cpu() - 1
            gap = (x - self.hole.picture)[:, self.hole.known]
            return (z.square().sum(1) + gap.square().sum(1) / tau**2) / 2

        return energy


@torch.no_grad()
def fill_pictures(hole: Hole) -> Run:
    """A search in latent space for a start, then MALA in the missing pixels."""
    streams, n = hole.streams, hole.count
    pixels = Pixels(hole, streams.uniform(*hole.card.shape))
    search, total = int(hole.knobs["search"]), int(hole.knobs["steps"])
    x, _ = nearest(hole, _POOL[True], streams.uniform())
    yield Step(0, n, x.clone(), 1)
    # where the draws of the pool lie within their cells is the chain's own
    u = ((x + 1) * 127.5).round().add(streams.uniform(*hole.card.shape)) / 256
    for i, found in enumerate(_search(pixels, u, search, streams), 1):
        u = found
        yield Step(n * i // (search + total), n, to_levels(u), 3 * i + 2)
    energy = _slope(pixels.energy)
    at = State.of(energy, u[:, ~hole.known].clamp(1e-5, 1 - 1e-5).logit())
    steps = torch.full((n,), _FIRST_STEP)
    for i in range(1, total + 1):
        noise, coin = streams.normal(at.x.shape[1]), streams.uniform()
        at, chance = mala(energy, at, step=steps, noise=noise, coin=coin)
        if i <= total // 2:
            steps = adapted(steps, chance, 1.0)
        shown = to_levels(pixels.complete(at.x))
        yield Step(n * (search + i) // (search + total), n, shown, 3 * search + i + 3)
    return to_levels(pixels.complete(at.x))


def _search(pixels: Pixels, u: Tensor, count: int, streams: Streams) -> Iterator[Tensor]:
    """Pictures u (n, C, H, W) of latents ever closer to the known pixels, `count` times.

    The steps adapt throughout and the target narrows: a start, not draws.
    """
    n, flow = len(u), pixels.flow
    label = torch.full((n,), pixels.hole.label, device=flow.device)
    z, _ = flow.net.encode(u.to(flow.device), label)
    z, steps = z.cpu(), torch.full((n,), _FIRST_STEP)
    for i in range(count):
        tau = _LOOSE * (_TIGHT / _LOOSE) ** (i / max(1, count - 1))
        energy = _slope(pixels.relaxed(tau))
        at = State.of(energy, z)
        noise, coin = streams.normal(z.shape[1]), streams.uniform()
        at, chance = mala(energy, at, step=steps, noise=noise, coin=coin)
        steps, z = adapted(steps, chance, 1.0), at.x
        yield flow.net.decode(z.to(flow.device), label).cpu()


def _is_points(model: Model) -> bool:
    return isinstance(model.native, Flow | Energy) and not model.card.is_picture


def _of_points(model: Model, knobs: Knobs) -> Procedure:
    settled = settle((STEPS, RUNGS), knobs)
    rungs = int(settled["rungs"])
    method = f"MALA in the missing values, {int(settled['steps'])} steps"
    source = "Roberts & Tweedie 1996"
    if rungs > 1:
        method, source = f"{method}, {rungs} temperatures", f"{source}; Geyer 1991"
    return Procedure(Exactness.ASYMPTOTIC, method, source)


def _of_pictures(model: Model, knobs: Knobs) -> Procedure:
    settled = settle((WALK, SEARCH), knobs)
    method = (
        f"MALA in the missing pixels, {int(settled['steps'])} steps from a latent search of "
        f"{int(settled['search'])}; known pixels dequantised uniformly"
    )
    return Procedure(Exactness.ASYMPTOTIC, method, "Roberts & Tweedie 1996; Cannella et al. 2021")


METHODS = (
    Method(
        name="mala",
        title="Langevin with several temperatures",
        says="Chains in the missing values that follow the slope of the joint density.",
        fits=_is_points,
        procedure=_of_points,
        run=filling(fill_points, (STEPS, RUNGS)),
        knobs=(STEPS, RUNGS),
    ),
    Method(
        name="mala",
        title="Langevin in the missing pixels",
        says="Starts where the flow's own pictures agree, then walks in the missing pixels.",
        fits=lambda model: isinstance(model.native, Flow) and model.card.is_picture,
        procedure=_of_pictures,
        run=filling(fill_pictures, (WALK, SEARCH)),
        knobs=(WALK, SEARCH),
    ),
)
