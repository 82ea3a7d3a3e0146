"""Energy-based models: Langevin chains sample, the energy itself is the density up to a constant.

In the plane the constant is known by quadrature. Of pictures it is not, and their energy is that
of pictures with Gaussian noise of standard deviation σ_min, too little to be seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from engines.chains import langevin, short_run
from engines.checkpoints import weights
from engines.diagnostics import Diagnosis, by_length, moved, short
from engines.drawing import GUIDANCE, Guided, class_indices, in_batches, tempered
from engines.families.diffusion.net import SIGMA_DATA
from engines.families.diffusion.probability_flow import length
from engines.families.energy import plane
from engines.families.energy.net import SIGMA_MAX, SIGMA_MIN, PictureEnergy, PointEnergy
from engines.families.energy.plane import PLACES
from engines.kinds import Kind, Pictures, Points
from engines.model import (
    Card,
    Density,
    DensityRun,
    Knob,
    Knobs,
    Latents,
    LogDensity,
    Meaning,
    Model,
    Pace,
    Procedure,
    Run,
    SampleRequest,
    Step,
    Steps,
    finish,
    settle,
)
from engines.noise import Streams

TEMPERATURE = Knob(
    "temperature",
    "Temperature",
    1.0,
    0.25,
    4.0,
    0.05,
    "The chains end at e^(−E / T). 1 is the model's distribution; below, points keep to the "
    "deepest valleys of the energy; above, they climb out.",
    warn="not the model's distribution",
)
_NETS: Mapping[type[Kind], Callable[..., PictureEnergy | PointEnergy]] = MappingProxyType(
    {Pictures: PictureEnergy, Points: PointEnergy}
)
_LAST, _FEW, _RHO, _STRIDE = 6, 1000, 7.0, 0.3
"""Adjusted steps at the last level for each step of the others; fewer than so many are too few."""
_ROWS = 64
_SHORT, _WHOLE = 12, 1000
"""Noise levels of a short chain."""
_NATURE = "noise that a short chain starts from, its other noise shared by all; not a draw"


@dataclass(frozen=True)
class Energy:
    """−log p(x | c) up to a constant for each class, with its slope: what clamped chains need.

    `of(x, labels, sigma)` returns E (n,) in nats and ∇E (n, …) for x (n, …) in data scale under
    Gaussian noise of standard deviation `sigma` there, from `sigma_max` down to `sigma_min`, at
    which E is the model's own density; both are 0 where no noise comes into it.
    """

    of: Callable[[Tensor, Tensor | None, float], tuple[Tensor, Tensor]]
    sigma_max: float = 0.0
    sigma_min: float = 0.0


@dataclass(frozen=True)
class _Pictures:
    card: Card
    net: PictureEnergy
    device: torch.device

    @torch.no_grad()
    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """Predictor and corrector down the noise levels, Metropolis-adjusted at the last.

        Song et al. 2021, algorithm 1: a step of the probability-flow ODE from level to level, then
        Langevin steps within it. Guesses are the chain itself, brought to the contrast of the data.
        """
        noise, shape = Streams(request.seed, request.indices), self.card.shape
        sigmas, steps = levels(int(knobs["levels"])), int(knobs["steps"])
        last, seen = adjusted(steps), Diagnosis()
        n, total, calls = request.count, len(sigmas) * (steps + 1) + last, 1
        z, guidance = noise.normal(*shape), knobs.get("guidance", 1.0)
        cost = Guided.of(labels, self.net.classes, guidance).copies
        at = langevin.State.of(self.energy(labels, sigmas[0], guidance), length(sigmas[0]) * z)

        def told() -> Step:
            nonlocal calls
            calls += 1
            shown = self._shown(at.x, sigma)
            return Step(n * calls // total, n, shown, cost * calls, seen.note, seen.poor)

        yield Step(0, n, self._shown(at.x, sigmas[0]), cost)
        for i, sigma in enumerate(sigmas):
            energy = self.energy(labels, sigma, guidance)
            if i:
                # D(x) = x − σ² ∇E(x) is the mean of the clean picture (Tweedie)
                before = sigmas[i - 1]
                at = langevin.State.of(energy, at.x - before * (before - sigma) * at.slope)
                yield told()
            step = torch.full((n,), _STRIDE * sigma**2)
            for _ in range(steps):
                at = langevin.State.of(energy, langevin.langevin(at, step, noise.normal(*shape)))
                yield told()
        accepted, start = 0.0, at.x
        for i in range(1, last + 1):
            z, coin = noise.normal(*shape), noise.uniform()
            at, chance = langevin.mala(energy, at, step=step, noise=z, coin=coin)
            if i <= max(_LAST, last // 2):  # sizes that go on settling have no law
                step = langevin.adapted(step, chance, 0.5)
            accepted += chance.mean().item()
            here = moved(at.x, start)
            seen = Diagnosis(acceptance=accepted / i, moved=here, remedy="Steps per level")
            yield told()
        return self._shown(at.x, 0.0).add(1).mul(127.5).round() / 127.5 - 1

    def _shown(self, y: Tensor, sigma: float) -> Tensor:
        """Noisy coordinates as pictures of the data's contrast."""
        return self.net.leave((y * SIGMA_DATA / length(sigma)).to(self.device)).cpu()

    def energy(self, labels: Tensor, sigma: float, guidance: float = 1.0) -> langevin.Energy:
        """E(y; σ, c) and its slope in the network's coordinates y, for these classes (n,).

        Guided it is the energy any + w (class − any): Du et al. 2020, section 3.
        """
        guided = Guided.of(labels.to(self.device), self.net.classes, guidance)

        def found(y: Tensor) -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                place = y.detach().to(self.device).requires_grad_()
                every = guided.spread(place)
                answers = self.net(every, place.new_full((len(every),), sigma), guided.labels)
                energy = guided.combined(answers)
                (slope,) = torch.autograd.grad(energy.sum(), place)
            return energy.detach().cpu(), slope.cpu()

        return found

    def native(self, x: Tensor, labels: Tensor | None, sigma: float) -> tuple[Tensor, Tensor]:
        """E(x; σ, c) and its slope in the scale of pictures, for σ in that scale."""
        scale = float(self.net.scale)
        if not self.sigma(SIGMA_MIN) <= sigma <= self.sigma(SIGMA_MAX):
            low, high = self.sigma(SIGMA_MIN), self.sigma(SIGMA_MAX)
            raise ValueError(f"sigma must lie in {low:g} … {high:g}, got {sigma:g}")
        classes = class_indices(self.card, labels, len(x))
        y = self.net.enter(x.to(self.device))
        value, slope = self.energy(classes, sigma / scale)(y)
        return value, slope / scale

    def _slope(self, labels: Tensor) -> short_run.Slope:
        return lambda y, sigma: self.energy(labels, sigma)(y)[1]

    @torch.no_grad()
    def decode(self, z: Tensor, labels: Tensor | None) -> Run:
        """Ends (n, C, H, W) of short chains for their first noise (n, D)."""
        classes, sigmas, n = class_indices(self.card, labels, len(z)), levels(_SHORT), len(z)
        y = length(sigmas[0]) * z.view(n, *self.card.shape).float()
        run, total = short_run.forth(self._slope(classes), y, sigmas), 2 * (_SHORT - 1)
        for call in range(1, total + 1):
            at = next(run)
            yield Step(n * call // total, n, self._shown(at, sigmas[(call + 1) // 2]), call)
        return self._shown(finish(run), 0.0)

    @torch.no_grad()
    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """First noise (n, D) of short chains that end near x (n, C, H, W)."""
        classes, sigmas = class_indices(self.card, labels, len(x)), levels(_SHORT)
        y = self.net.enter(x.to(self.device)).cpu()
        steps = Steps(short_run.back(self._slope(classes), y, sigmas))
        for calls, share in steps:
            yield Step(round(_WHOLE * share), _WHOLE, calls=calls)
        return (steps.result / length(sigmas[0])).flatten(1)

    def sigma(self, sigma: float) -> float:
        """A noise level of the network in the scale of pictures."""
        return sigma * float(self.net.scale)

    @torch.no_grad()
    def log_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """−E(x; σ_min, c), nats."""
        settle((), knobs)
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        values = []
        for part in torch.arange(len(x)).split(_ROWS):
            y = self.net.enter(x[part].to(self.device))
            energy = self.net(y, y.new_full((len(y),), SIGMA_MIN), classes[part])
            values.append(-energy.double().cpu())
            yield Step(int(part[-1]) + 1, len(x), calls=1)
        width = f"{self.sigma(SIGMA_MIN):.3f}"
        method = f"−E(x) of pictures with noise σ = {width}, log Z of each class unknown"
        return LogDensity(torch.cat(values), Meaning.UNNORMALISED, method)


def adjusted(steps: int) -> int:
    """Metropolis-adjusted steps at the last level, with so many Langevin steps at every level."""
    return _LAST * max(1, steps)


def levels(count: int) -> list[float]:
    """σ_max > … > σ_min, evenly spaced in σ^(1/ρ): Karras et al. 2022, equation 5."""
    ends = SIGMA_MAX ** (1 / _RHO), SIGMA_MIN ** (1 / _RHO)
    return [float(at) for at in torch.linspace(*ends, count, dtype=torch.float64) ** _RHO]


def _steps(default: int) -> Knob:
    return Knob(
        "steps",
        "Steps",
        default,
        4,
        1000,
        1,
        "Length of the chains: each step is a Metropolis-adjusted Langevin step and an offer of "
        f"{PLACES} places to jump to. The first 40 % cool down from a temperature of 8.",
    )


def _level_knobs(net: PictureEnergy) -> tuple[Knob, ...]:
    return (
        Knob(
            "levels",
            "Noise levels",
            net.levels,
            2,
            100,
            1,
            "Levels between pure noise and none. More follow the energy more closely.",
        ),
        Knob(
            "steps",
            "Steps per level",
            net.steps,
            0,
            200,
            1,
            "Langevin steps at every noise level, one network call and its slope each, and "
            f"{_LAST} times as many Metropolis-adjusted ones at the last. With enough of them any "
            "start is forgotten.",
        ),
    )


def load(card: Card, device: torch.device) -> Model:
    """Open an energy-based checkpoint. Raises CheckpointError when its weights do not fit."""
    net = weights.build(weights.of_kind(_NETS, card), card)
    weights.fill(net, weights.load(card), card)
    net = net.eval().requires_grad_(False).to(device)
    if isinstance(net, PictureEnergy):
        return _of_pictures(_Pictures(card, net, device))
    return _of_points(plane.Points(card, net, device))


def _of_points(points: plane.Points) -> Model:
    knobs = (_steps(points.net.steps), TEMPERATURE)
    grid = points.log_grid if points.net.low.numel() == 2 else None
    return Model(
        card=points.card,
        sample=in_batches(points.draw, points.card, knobs),
        procedure=lambda given: _cooled(settle(knobs, given), points.net.steps),
        knobs=knobs,
        density=Density(Meaning.ESTIMATE, points.log_density, grid=grid, at_once=False),
        latents=Latents(points.card.shape, _NATURE, points.decode, points.encode, short_run.POINTS),
        energy=Energy(points.native),
    )


def _of_pictures(pictures: _Pictures) -> Model:
    knobs = (*_level_knobs(pictures.net), *([GUIDANCE] if pictures.card.labels else []))
    high, low = pictures.sigma(SIGMA_MAX), pictures.sigma(SIGMA_MIN)
    return Model(
        card=pictures.card,
        sample=in_batches(pictures.draw, pictures.card, knobs),
        procedure=lambda given: _annealed(settle(knobs, given)),
        knobs=knobs,
        density=Density(Meaning.UNNORMALISED, pictures.log_density),
        latents=Latents(
            (math.prod(pictures.card.shape),),
            _NATURE,
            pictures.decode,
            pictures.encode,
            short_run.PICTURES,
            Pace.SLOW,
        ),
        energy=Energy(pictures.native, high, low),
    )


def _cooled(knobs: Knobs, enough: int) -> Procedure:
    """`enough` steps are the checkpoint's own, at which samples were held against the density."""
    steps = int(knobs["steps"])
    method = f"annealed MALA with jumps, {steps} steps{short(steps, enough)}"
    source = "Roberts & Tweedie 1996; Samsonov et al. 2022"
    return tempered(Procedure(by_length(steps, enough), method, source), knobs)


def _annealed(knobs: Knobs) -> Procedure:
    count, steps = int(knobs["levels"]), int(knobs["steps"])
    last = adjusted(steps)
    method = (
        f"annealed Langevin, {count} noise levels × {steps} steps, then {last} steps of MALA at "
        f"the last{short(last, _FEW)}"
    )
    source = "Song & Ermon 2019; Song et al. 2021; Roberts & Tweedie 1996"
    return tempered(Procedure(by_length(last, _FEW), method, source), knobs)
