"""Energies of noisy pictures: Langevin down the noise levels with the known pixels held.

Song & Ermon 2019, section 5 and appendix B, clamp the known pixels with noise of the level. That
is only how the chains arrive: those that count are Metropolis-adjusted at the last level.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engines.chains import langevin
from engines.chains.langevin import State, adapted, mala
from engines.diagnostics import Diagnosis, by_length, moved, short
from engines.inpaint.classes import CLASS, classed, classes, is_asked
from engines.inpaint.method import Hole, Method, filling
from engines.kinds import Pictures
from engines.model import Knob, Knobs, Model, Procedure, Run, Step, settle
from engines.parts import Energy

LEVELS = Knob(
    "levels",
    "Noise levels",
    16,
    2,
    100,
    1,
    "Levels on the way down from pure noise. More follow the energy more closely.",
)
LAST = Knob(
    "steps",
    "Steps at the last level",
    12,
    1,
    5000,
    1,
    (
        "Metropolis-adjusted steps at the last level. In the long run the result follows its "
        "distribution; under 1,000 steps it still depends on where the annealing ended."
    ),
)
KNOBS = (LEVELS, LAST, CLASS)
_RHO, _STRIDE, _FEW = 7.0, 0.3, 1000


def descent(high: float, low: float, count: int) -> list[float]:
    """σ from high to low, evenly spaced in σ^(1/ρ): Karras et al. 2022, equation 5."""
    share = torch.linspace(0, 1, count, dtype=torch.float64)
    first, last = high ** (1 / _RHO), low ** (1 / _RHO)
    # the ends exactly: an energy knows no level beyond them
    between = [float(s) for s in (first + share * (last - first)) ** _RHO]
    return [high, *between[1:-1], low]


def energy_of(model: Model) -> Energy:
    """The part of a model that `fits` has asked for."""
    assert model.energy is not None
    return model.energy


def _fits(model: Model) -> bool:
    part = model.energy
    return part is not None and part.sigma_max > 0 and isinstance(model.card.kind, Pictures)


def of_hole(hole: Hole, sigma: float, seen: Tensor, drawn: Tensor) -> langevin.Energy:
    """E(x; σ, c) of classes (n,), the known pixels at `seen` (n, C, H, W), its slope 0 there."""
    part = energy_of(hole.model)
    free = ~hole.known
    labels = drawn if is_asked(hole, drawn) else None

    def found(x: Tensor) -> tuple[Tensor, Tensor]:
        value, slope = part.of(torch.where(free, x, seen), labels, sigma)
        return value, slope * free

    return found


@torch.no_grad()
def fill(hole: Hole) -> Run:
    """Guesses are the mean of the clean picture, x − σ² ∇E (Tweedie)."""
    part, streams, shape = energy_of(hole.model), hole.streams, hole.card.shape
    sigmas = descent(part.sigma_max, part.sigma_min, int(hole.knobs["levels"]))
    last, n = int(hole.knobs["steps"]), hole.count
    total, calls = 2 * len(sigmas) + last, 0
    x, drawn = sigmas[0] * streams.normal(*shape), classes(hole)
    for i, sigma in enumerate(sigmas):
        seen = hole.picture + sigma * streams.normal(*shape)
        energy = of_hole(hole, sigma, seen, drawn)
        at = State.of(energy, torch.where(hole.known, seen, x))
        step = torch.full((n,), _STRIDE * sigma**2)
        at = State.of(energy, _held(hole, langevin.langevin(at, step, streams.normal(*shape)), at))
        calls += 2
        yield Step(n * calls // total, n, _clean(at, sigma), calls)
        if sigma != sigmas[-1]:
            x = at.x - sigma * (sigma - sigmas[i + 1]) * at.slope
    start, accepted = at.x[:, hole.known.logical_not()], 0.0
    for i in range(1, last + 1):
        noise = streams.normal(*shape) * ~hole.known
        at, chance = mala(energy, at, step=step, noise=noise, coin=streams.uniform())
        if i <= last // 2:
            step = adapted(step, chance, 0.5)
        calls, accepted = calls + 1, accepted + chance.mean().item()
        here = moved(at.x[:, hole.known.logical_not()], start)
        told = Diagnosis(acceptance=accepted / i, moved=here, remedy=LAST.title)
        yield Step(n * calls // total, n, _clean(at, sigmas[-1]), calls, told.note, told.poor)
    return ((at.x.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1


def _held(hole: Hole, x: Tensor, at: State) -> Tensor:
    return torch.where(hole.known, at.x, x)


def _clean(at: State, sigma: float) -> Tensor:
    return (at.x - sigma**2 * at.slope).clamp(-1, 1)


def _procedure(model: Model, knobs: Knobs) -> Procedure:
    settled = settle(KNOBS, knobs)
    levels, last = int(settled["levels"]), int(settled["steps"])
    width = energy_of(model).sigma_min
    method = (
        f"annealed Langevin over {levels} noise levels, then MALA, {last} steps, known pixels held "
        f"with noise σ = {width:.3f}{short(last, _FEW)}"
    )
    source = "Song & Ermon 2019; Roberts & Tweedie 1996"
    return classed(Procedure(by_length(last, _FEW), method, source), settled, model)


METHODS = (
    Method(
        name="annealed",
        title="Annealed Langevin",
        says="Langevin steps at falling noise levels, with the known pixels held at each.",
        fits=_fits,
        procedure=_procedure,
        run=filling(fill, KNOBS),
        knobs=KNOBS,
    ),
)
