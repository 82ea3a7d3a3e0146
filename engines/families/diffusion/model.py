"""Diffusion models (Karras et al. 2022, "EDM"): Heun's method samples, its ODE gives the density.

Nothing here knows a network: every computation sees a denoiser D(x; σ, c) alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

import torch
from torch import Tensor

from engines.checkpoints import weights
from engines.drawing import (
    GUIDANCE,
    Guided,
    class_indices,
    in_batches,
    need_exact,
    to_levels,
)
from engines.families.diffusion.knobs import (
    ANCESTRAL,
    HEUN,
    PLANE_STEPS,
    SAMPLER,
    procedure_of,
    sampler_steps,
    solver_steps,
)
from engines.families.diffusion.net import SIGMA_DATA, Denoiser, PictureDenoiser, PointDenoiser
from engines.families.diffusion.picture_mass import KNOBS, mass
from engines.families.diffusion.probability_flow import (
    Drift,
    Guess,
    Slopes,
    ancestral,
    by_gradients,
    climb,
    descend,
    heun,
    kutta,
    length,
    raw,
    schedule,
    unroll,
)
from engines.kinds import Kind, Pictures, Points, Value, chosen
from engines.model import (
    Card,
    Density,
    DensityRun,
    Exactness,
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
from engines.noise import Streams, log_normal

_ROWS, _PLANE_ROWS = 4096, 2048
_NATURE = "Gaussian noise at σ_max; inverse up to the solver's error (probability-flow ODE)"
_NETS: Mapping[type[Kind], Callable[..., Denoiser]] = MappingProxyType(
    {Pictures: PictureDenoiser, Points: PointDenoiser}
)
_PACES = {Pictures: Pace.SLOW, Points: Pace.FAST}
_CODE_STEPS, _CODE_RHO, _SKETCH_STEPS = {Pictures: 16, Points: 24}, 1.25, 5
"""Between data and codes steps near σ_max must be short: with 95 calls of Heun's method, spaced as
for samples, one digit in 200 came back at 25 dB that these 65 calls bring back at 58 dB."""

_Integral: TypeAlias = Generator[int, None, tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Diffusion:
    """A checkpoint's denoiser and what follows from it.

    `net` is D(y; σ, c) in its own coordinates: `net.enter` and `net.leave` lead there and back.
    """

    card: Card
    net: Denoiser
    device: torch.device

    @property
    def dims(self) -> int:
        return math.prod(self.card.shape)

    @property
    def in_cells(self) -> bool:
        """Whether data are levels, which enter as cells of (0, 1)."""
        return self.card.kind.value is Value.LEVEL

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """Those of its samples."""
        return (
            sampler_steps(self.net.steps),
            *([SAMPLER] if self.in_cells else []),
            *([GUIDANCE] if self.card.labels else []),
        )

    @property
    def exact_at(self) -> Knobs:
        """Where samples follow the ODE, which codes are of."""
        wanted = {SAMPLER.name: HEUN, GUIDANCE.name: GUIDANCE.rest}
        return {knob.name: wanted[knob.name] for knob in self.knobs if knob.name in wanted}

    # the part `denoise`

    @property
    def span(self) -> tuple[float, float]:
        return self.net.span

    def denoise(self, y: Tensor, sigma: float, labels: Tensor) -> Tensor:
        return self.net(y, y.new_full((len(y),), sigma), labels)  # type: ignore[no-any-return]

    def enter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.net.enter(x)

    def leave(self, y: Tensor) -> Tensor:
        return self.net.leave(y)

    def slopes(
        self, w: Tensor, sigma: float, label: Tensor, *, divergence: bool = True
    ) -> tuple[Tensor, Tensor]:
        """In forward mode where the network is that of points, else by gradients."""
        if isinstance(self.net, PointDenoiser):
            return self.net.slopes(w, sigma, label, divergence=divergence)
        return by_gradients(self.denoise, w, sigma, label, divergence=divergence)

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """x_T = σ_max z, z ~ N(0, I), denoised."""
        noise, steps = Streams(request.seed, request.indices), int(knobs["steps"])
        z, guidance = noise.normal(self.dims), knobs.get("guidance", 1.0)
        fresh = noise if knobs.get("sampler", HEUN) == ANCESTRAL else None
        return self._generate(z, labels, steps, guidance, fresh)

    def drawn_codes(self, request: SampleRequest) -> Tensor:
        """The z (n, D) of a request, where samples follow the ODE, as codes do."""
        need_exact(self.knobs, request, self.exact_at)
        return Streams(request.seed, request.indices).normal(self.dims)

    @torch.no_grad()
    def _generate(
        self,
        z: Tensor,
        labels: Tensor,
        steps: int,
        guidance: float = 1.0,
        fresh: Streams | None = None,
    ) -> Run:
        """From noise z (n, D) to data: along the ODE, or with `fresh` noise at every step."""
        denoise, cost = self._denoiser(labels.to(self.device), guidance)
        x = self._far(z)
        if fresh is None:
            run, total = heun(denoise, x, steps, self.net.span), 2 * steps - 1
        else:
            shape = self.card.shape
            run = ancestral(denoise, x, steps, lambda: fresh.normal(*shape).to(x), self.net.span)
            total = steps
        return (yield from self._shown(run, len(z), total, cost))

    def _far(self, z: Tensor) -> Tensor:
        """x at σ_max of codes z (n, D)."""
        return self.net.span[1] * z.view(len(z), *self.card.shape).to(self.device)

    def _shown(self, run: Generator[Tensor, None, Tensor], n: int, total: int, cost: int) -> Run:
        """What a sampler guesses call by call, as data."""
        for calls in range(1, total):
            guess = self.net.leave(next(run)).cpu()
            if self.in_cells:
                guess = 2 * guess - 1
            yield Step(n * calls // total, n, guess, cost * calls)
        x = self.net.leave(finish(run)).cpu()
        if self.in_cells:
            x = to_levels(x)
        yield Step(n, n, x.clone(), cost * total)
        return x

    def _denoiser(self, labels: Tensor, guidance: float) -> tuple[Guess, int]:
        """D, guided where a class is asked, and network calls of each."""
        guided = Guided.of(labels, self.net.classes, guidance)

        def denoise(x: Tensor, sigma: float) -> Tensor:
            every = guided.spread(x)
            found = self.net(every, x.new_full((len(every),), sigma), guided.labels)
            return guided.combined(found)

        return denoise, guided.copies

    def f(self, w: Tensor, sigma: float, labels: Tensor) -> Tensor:
        """F(c_in x; c_noise, c) of the preconditioned denoiser, from D alone."""
        d = self.net(w * length(sigma), w.new_full((len(w),), sigma), labels)
        return raw(d, w, sigma)

    def exact(self, labels: Tensor) -> Drift:
        """F and the trace of its Jacobian, one row at a time."""

        def drift(w: Tensor, sigma: float) -> tuple[Tensor, Tensor, Tensor]:
            with torch.enable_grad():
                w = w.detach().requires_grad_()
                f = self.f(w, sigma, labels)
                trace = torch.zeros(len(w), dtype=torch.float64)
                for k, row in enumerate(f.flatten(1).sum(0)):
                    (slope,) = torch.autograd.grad(row, w, retain_graph=k + 1 < self.dims)
                    trace += slope.flatten(1)[:, k].double().cpu()
            return f.detach(), trace, torch.zeros_like(trace)

        return drift

    def hutchinson(self, labels: Tensor, noise: Streams, probes: int) -> Drift:
        """F and the mean of eᵀ (∂F/∂w) e over Rademacher probes e (Hutchinson 1990).

        Every call has probes of its own, so that errors average out along the way.
        """

        def drift(w: Tensor, sigma: float) -> tuple[Tensor, Tensor, Tensor]:
            e = (noise.uniform(probes, *w.shape[1:]) - 0.5).sign().to(w).transpose(0, 1)
            with torch.enable_grad():
                w = w.detach().requires_grad_()
                f = self.f(w, sigma, labels)
                terms = []
                for k in range(probes):
                    (slope,) = torch.autograd.grad(f, w, e[k], retain_graph=k + 1 < probes)
                    terms.append((slope * e[k]).double().flatten(1).sum(1).cpu())
            found = torch.stack(terms)
            return f.detach(), found.mean(0), found.var(0, unbiased=probes > 1) / probes

        return drift

    @torch.no_grad()
    def unrolled(self, x: Tensor, drift: Drift, steps: int) -> _Integral:
        """log p and its variance: Song et al. 2021, equation 39. Yields the number of calls."""
        y, log_det = self.net.enter(x.to(self.device))
        end, total, variance = yield from unroll(drift, y, steps, self.net.span)
        return self._at_the_end(end) - total + log_det.double().cpu(), variance

    def _at_the_end(self, end: Tensor) -> Tensor:
        """log p of points at σ_max, with the stretch of the coordinates on the way."""
        low, high = self.net.span
        stretch = math.log(length(high) / length(low))
        prior = log_normal(end / high).double().cpu() - self.dims * math.log(high)
        return prior + self.dims * stretch

    def point_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log p(x) with the exact divergence."""
        steps = int(settle((solver_steps(),), knobs)["steps"])
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        values = []
        for part in torch.arange(len(x)).split(_ROWS):
            run = self.unrolled(x[part], self.exact(classes[part]), steps)
            value, _ = yield from _counted(run, part, len(x), 2 * steps)
            values.append(value)
        method = f"probability-flow ODE, Heun, {steps} steps, exact divergence"
        return LogDensity(torch.cat(values), Meaning.ESTIMATE, method)

    def plane_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log p(x) of points of the plane, with the exact divergence, to 10⁻³ nats of the ODE."""
        steps = int(settle((PLANE_STEPS,), knobs)["steps"])
        classes = class_indices(self.card, labels, len(x))
        values, done = torch.empty(len(x), dtype=torch.float64), 0
        for label in classes.unique().tolist():
            rows = (classes == label).nonzero()[:, 0]
            for part in rows.split(_PLANE_ROWS):
                run, place = self._climb_class(x[part], label, steps), torch.tensor([done])
                place = place.expand(len(part))
                values[part], _ = yield from _counted(run, place, len(x), 5 * steps + 1)
                done += len(part)
        method = f"probability-flow ODE, Runge–Kutta 4, {steps} steps, exact divergence"
        return LogDensity(values, Meaning.ESTIMATE, method)

    @torch.no_grad()
    def _climb_class(self, x: Tensor, label: int, steps: int) -> _Integral:
        """log p of points of one class, and no variance."""
        given = torch.tensor([label], device=self.device)

        def slopes(w: Tensor, phi: float, whole: bool) -> tuple[Tensor, Tensor]:
            return self.slopes(w, SIGMA_DATA * math.tan(phi), given, divergence=whole)

        return (yield from self.climbed(x, slopes, steps))

    @torch.no_grad()
    def climbed(self, x: Tensor, slopes: Slopes, steps: int) -> _Integral:
        """log p of points or of pictures in (0, 1) by a method of fourth order; no variance."""
        y, log_det = self.net.enter(x.to(self.device))
        end, total = yield from climb(slopes, y, steps, self.net.span)
        value = self._at_the_end(end) - total + log_det.double().cpu()
        return value, torch.zeros_like(value)

    @torch.no_grad()
    def decode(self, z: Tensor, labels: Tensor | None) -> Run:
        """(n, D) -> (n, …), over the noise levels that `encode` takes."""
        denoise, levels = self._between(labels, len(z))
        run = descend(denoise, self._far(z), levels)
        return (yield from self._shown(run, len(z), 4 * len(levels) - 3, 1))

    def _between(self, labels: Tensor | None, n: int) -> tuple[Guess, list[float]]:
        """D, and the noise levels between codes and data, falling."""
        denoise, _ = self._denoiser(class_indices(self.card, labels, n).to(self.device), 1.0)
        steps = _code_steps(self.card)
        return denoise, schedule(steps + 1, self.net.span, _CODE_RHO)

    def sketch(self, z: Tensor, labels: Tensor | None) -> Run:
        """The same in a seventh of the time, for a hand that moves."""
        classes = class_indices(self.card, labels, len(z))
        return self._generate(z, classes, _SKETCH_STEPS)

    @torch.no_grad()
    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """(n, …) -> (n, D); pictures enter at the centres of their pixel cells."""
        denoise, levels = self._between(labels, len(x))
        if self.in_cells:
            x = (((x + 1) * 127.5).round() + 0.5) / 256
        y, _ = self.net.enter(x.to(self.device))
        run, total = kutta(denoise, y, levels[::-1]), 4 * len(levels) - 4
        for calls in range(1, total + 1):
            next(run)
            yield Step(len(x) * calls // total, len(x), calls=calls)
        end = finish(run)
        return (end / self.net.span[1]).flatten(1).cpu()


def _counted(
    run: _Integral, part: Tensor, total: int, calls: int
) -> Generator[Step, None, tuple[Tensor, Tensor]]:
    """Pass on a batch's calls, counted in examples."""
    steps = Steps(run)
    for done in steps:
        yield Step(int(part[0]) + len(part) * done // calls, total, calls=done)
    return steps.result


def load(card: Card, device: torch.device) -> Model:
    """Open a diffusion checkpoint. Raises CheckpointError when its weights do not fit its card."""
    net = weights.build(weights.of_kind(_NETS, card), card)
    weights.fill(net, weights.load(card), card)
    return of_denoiser(card, net.eval().requires_grad_(False).to(device), device)


def of_denoiser(card: Card, net: Denoiser, device: torch.device) -> Model:
    """The model that a denoiser defines."""
    diffusion = Diffusion(card, net, device)
    knobs = diffusion.knobs
    if diffusion.in_cells:
        density = Density(Meaning.BOUND, partial(mass, diffusion), KNOBS)
    elif diffusion.dims == 2:
        density = Density(Meaning.ESTIMATE, diffusion.plane_density, (PLANE_STEPS,))
    else:
        density = Density(Meaning.ESTIMATE, diffusion.point_density, (solver_steps(),))
    return Model(
        card=card,
        sample=in_batches(diffusion.draw, card, knobs),
        procedure=lambda given: procedure_of(settle(knobs, given)),
        knobs=knobs,
        density=density,
        latents=Latents(
            (diffusion.dims,),
            _NATURE,
            diffusion.decode,
            diffusion.encode,
            _inverse(_code_steps(card)),
            chosen(card.kind, _PACES, "diffusions"),
            diffusion.sketch,
            diffusion.drawn_codes,
            diffusion.exact_at,
        ),
        denoise=diffusion,
    )


def _code_steps(card: Card) -> int:
    return chosen(card.kind, _CODE_STEPS, "diffusions")


def _inverse(steps: int) -> Procedure:
    method = f"probability-flow ODE to σ_max, Runge–Kutta 4, {steps} steps"
    return Procedure(Exactness.ASYMPTOTIC, method, "Song et al. 2021; Karras et al. 2022")
