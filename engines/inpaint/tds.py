"""Twisted diffusion sampler: sequential Monte Carlo down the noise levels (Wu et al. 2023).

Each draw is a run of its own, so draws share no ancestors and (seed, i) needs no other i.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType

import torch
from torch import Tensor

from engines.finite import rows_finite
from engines.inpaint.classes import CLASS, classed
from engines.inpaint.denoising import Scene, Turn, Walk, descending, is_diffusion, steps_knob
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.twist import Twist, moment_matched, scalar
from engines.kinds import Kind, Pictures, Points, chosen
from engines.model import Exactness, Knob, Model, Procedure, settle

_CELLS = "a known pixel counts as Gaussian, of its cell's mean and spread"
"""In the weights as in the twist: many particles lead to that posterior, not to the cells'."""
_TWISTS: Mapping[type[Kind], Callable[[Scene], Twist]] = MappingProxyType(
    {Pictures: scalar, Points: moment_matched}
)


def walk(scene: Scene) -> Walk:
    """The descent with the twist that fits the data."""
    twist = chosen(scene.hole.card.kind, _TWISTS, "twisted particles")
    return descend(scene, twist(scene))


def descend(scene: Scene, twist: Twist) -> Walk:
    """Wu et al. 2023, algorithm 1, with the transitions of the ancestral sampler.

    Proposals descend towards D + σ² ∇ log p̃; a weight is what they and the twist leave open. A
    state that is not finite has the weight 0, and a draw that has no other ends as NaN.
    """
    streams, groups = scene.streams, (len(scene.streams), scene.particles)
    sigmas = scene.levels(int(scene.hole.knobs["steps"]))
    y = sigmas[0] * scene.noise()
    seen = twist(y, sigmas[0])
    log_w = _alive(seen.log, y).view(groups)
    least = effective(log_w)
    yield Turn(_best(seen.steered(sigmas[0]), log_w), least)
    for now, then in pairwise(sigmas):
        parents, log_w = resample(log_w, streams.uniform().to(log_w))
        y, clean, slope, log = (t[parents] for t in (y, seen.clean, seen.slope, seen.log))
        fall, sd = 1 - (then / now) ** 2, then * math.sqrt(1 - (then / now) ** 2)
        push, noise = fall * now**2 * slope, scene.noise()
        y = y + fall * (clean - y) + push + sd * noise
        # log p(y' | y) − log p̃(y' | y): both Gaussian with sd, their means `push` apart
        ratio = -(noise * push / sd + push.square() / (2 * sd**2)).double().flatten(1).sum(1)
        seen = twist(y, then)
        log_w = log_w + _alive(ratio + seen.log - log, y).view(groups)
        least = torch.minimum(least, effective(log_w))
        yield Turn(_best(seen.steered(then), log_w), least)
    chosen = pick(log_w, streams.uniform().to(log_w))
    lost = log_w.isneginf().all(1).to(y.device)
    return seen.steered(sigmas[-1])[chosen].masked_fill(_wide(lost, y), torch.nan)


def resample(log_w: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """Parents of every state (n·P,) and their log-weights (n, P), group by group.

    Systematic (Kitagawa 1996) with uniforms u (n,), and only where 1 / Σ w² < P / 2. A group whose
    weights are all 0 stays as it is.
    """
    n, p = log_w.shape
    w = _shares(log_w)
    poor = effective(log_w) < p / 2
    places = (torch.arange(p).to(u) + u[:, None]) / p
    drawn = torch.searchsorted(w.cumsum(1).contiguous(), places).clamp_max(p - 1)
    own = torch.arange(p, device=w.device).expand(n, p)
    parents = torch.where(poor[:, None], drawn, own) + p * torch.arange(n, device=w.device)[:, None]
    return parents.flatten(), torch.where(poor[:, None], torch.zeros_like(log_w), log_w)


def effective(log_w: Tensor) -> Tensor:
    """1 / Σ w² of every group of log-weights (n, P), 1 … P (Kong et al. 1994): (n,)."""
    return 1 / _shares(log_w).square().sum(1)


def pick(log_w: Tensor, u: Tensor) -> Tensor:
    """One state of every group by its weight, as a row of all states: (n,)."""
    n, p = log_w.shape
    inside = torch.searchsorted(_shares(log_w).cumsum(1), u[:, None]).clamp_max(p - 1)
    return inside[:, 0] + p * torch.arange(n, device=log_w.device)


def _shares(log_w: Tensor) -> Tensor:
    """Weights (n, P) summing to 1 in every group, equal in one whose weights are all 0."""
    lost = log_w.isneginf().all(1, keepdim=True)
    return log_w.masked_fill(lost, 0.0).softmax(1)


def _alive(log: Tensor, y: Tensor) -> Tensor:
    """Log-weights (n,), −∞ where they or the states y (n, …) are not finite."""
    return log.masked_fill(~(log.isfinite() & rows_finite(y).to(log.device)), -torch.inf)


def _wide(rows: Tensor, like: Tensor) -> Tensor:
    return rows.view(-1, *[1] * (like.dim() - 1))


def _best(clean: Tensor, log_w: Tensor) -> Tensor:
    """The clean guess of the heaviest state of every group."""
    n, p = log_w.shape
    heaviest = log_w.argmax(1) + p * torch.arange(n, device=log_w.device)
    return clean[heaviest.to(clean.device)]


def _steps(hole: Hole) -> int:
    return int(hole.knobs["steps"])


def _particles(hole: Hole) -> int:
    return int(hole.knobs["particles"])


def _procedure(knobs: dict[str, float], twist: str, model: Model) -> Procedure:
    p, n = int(knobs["particles"]), int(knobs["steps"])
    standing = Exactness.ASYMPTOTIC if p > 1 else Exactness.HEURISTIC
    method = f"twisted sequential Monte Carlo, {p} particles a draw, {n} steps, {twist} twist"
    if p == 1:
        method = f"{twist} guidance, one state unweighed, {n} steps"
    if isinstance(model.card.kind, Pictures):
        method = f"{method}; {_CELLS}"
    return classed(Procedure(standing, method, "Wu et al. 2023, algorithm 1"), knobs, model)


def _method(name: str, twist: str, *, of: type[Kind], particles: int, steps: int) -> Method:
    def fits(model: Model) -> bool:
        return is_diffusion(model) and isinstance(model.card.kind, of)

    knobs = (
        Knob(
            "particles",
            "Particles",
            particles,
            1,
            256,
            1,
            (
                "Number P of particles in the run of each sample, which is picked by weight. "
                "Exact as P grows; 1 guides without weights."
            ),
        ),
        steps_knob(steps, "A sample costs P · N calls, each with a derivative."),
        *([CLASS] if of is Pictures else []),
    )
    return Method(
        name=name,
        title="Twisted SMC",
        says=(
            "Particles guided by the known part are denoised together and weighted on the way, "
            "which corrects the errors of guiding; exact as particles and steps grow."
        ),
        fits=fits,
        procedure=lambda model, given: _procedure(settle(knobs, given), twist, model),
        run=filling(descending(walk, _steps, _particles), knobs),
        knobs=knobs,
    )


TDS = _method("tds", "moment-matched", of=Points, particles=16, steps=100)
PICTURE_TDS = _method("tds-pictures", "ΠGDM", of=Pictures, particles=4, steps=20)
