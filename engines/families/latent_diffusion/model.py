"""Latent diffusion (Rombach et al. 2022; Vahdat et al. 2021): diffusion draws the z of a VAE.

The diffusion is an ordinary model of points z (K,), used through its public parts alone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

import torch
from torch import Tensor

from engines.checkpoints import weights
from engines.drawing import class_indices, in_batches
from engines.families.diffusion import model as diffusion
from engines.families.kde.net import PointKernels
from engines.families.latent_diffusion.net import LatentDiffusion
from engines.families.vae.model import (
    FEW,
    IMPORTANCE,
    MEAN,
    PIXELS,
    SIDE,
    STREAMS,
    VAE,
    bound_name,
    lattice,
    need_means,
    propose,
    shown,
)
from engines.families.vae.net import PictureVAE, PointVAE
from engines.kinds import Kind, Pictures, Points, chosen, coordinates, is_plane
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
    Procedure,
    Run,
    SampleRequest,
    Step,
    Steps,
    settle,
)
from engines.noise import Streams
from engines.spread import log_mean

_SOLVER_STEPS = 16
_PLANE_STEPS = 60
"""Of the plane's sampler: 40,000 points of a class of moons or checkerboard pass a χ² test against
the density at 40 steps (z = 1.4) and 80 (0.7 and −0.5), and fail at 18 (z = 7 and 18)."""
_WHO = "latent diffusions"
_IMPORTANCE = {Pictures: 4, Points: 64}
_ROWS = {Pictures: 128, Points: 4096}
"""Latents whose ODE is solved at once: about 100 ms a call."""
_SHOW_EVERY, _PLANE_ROWS = 8, 512
_NATURE = (
    "Gaussian noise behind the VAE's latents; inverse up to the solver's error (probability-flow "
    "ODE) and what encoder and decoder lose"
)
_INVERSE = Procedure(
    Exactness.HEURISTIC,
    "mean of q(z | x), then the probability-flow ODE",
    "Kingma & Welling 2014; Song et al. 2021",
)


@dataclass(frozen=True)
class DiffusedLatents:
    """A VAE and the diffusion that draws its z."""

    card: Card
    vae: PictureVAE | PointVAE
    prior: Model
    """p(z | c): a model of points (K,)."""
    prior_density: Density
    prior_latents: Latents
    density_knobs: tuple[Knob, ...]
    device: torch.device
    kept: dict[tuple[int, int], PointKernels] = field(default_factory=dict, compare=False)
    """p(x | z) on draws of the prior, by class and side: every grid and point needs them again."""

    @property
    def decoder(self) -> VAE:
        """p(x | z, c)."""
        return VAE(self.card, self.vae, self.device)

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """z from the diffusion, then the mean of p(x | z, c) or a draw from it."""
        own = {knob.name: knobs[knob.name] for knob in self.prior.knobs}
        streams = Streams(request.seed, request.indices)
        streams.normal(self.vae.latent)  # the draw that the diffusion starts from
        pixels = None if knobs.get("pixels") == MEAN else streams
        return self._decoded(self.prior.sample(replace(request, knobs=own)), labels, pixels)

    @property
    def exact(self) -> Knobs:
        """Those of z, and means."""
        means = {PIXELS.name: MEAN} if isinstance(self.vae, PictureVAE) else {}
        return {**self.prior_latents.exact, **means}

    def drawn_codes(self, request: SampleRequest) -> Tensor:
        """The noise (n, K) that the z of samples come from, where samples are means."""
        knobs = chosen(self.card.kind, _KNOBS, _WHO)(self.prior.knobs)
        settled = settle(knobs, request.knobs)
        need_means(settled)
        assert self.prior_latents.drawn is not None  # an ODE begins at its codes
        own = {knob.name: settled[knob.name] for knob in self.prior.knobs}
        return self.prior_latents.drawn(replace(request, knobs=own))

    @torch.no_grad()
    def _decoded(self, run: Run, labels: Tensor, pixels: Streams | None) -> Run:
        """Pass on a run over z; every so many calls its guess is decoded, and at the end z."""
        labels = labels.to(self.device)
        calls, steps = 0, Steps(run)
        for turn, step in enumerate(steps):
            calls, guess = step.calls, None
            if step.guess is not None and turn % _SHOW_EVERY == 0:
                guess = shown(self.vae, step.guess.to(self.device), labels, None)
            if step.done != step.total:  # the last step is that of the decoder
                yield Step(step.done, step.total, guess, calls)
        x = shown(self.vae, steps.result.to(self.device), labels, pixels)
        yield Step(len(x), len(x), x.clone(), calls + 1)
        return x

    @torch.no_grad()
    def log_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log (1/M) Σ p(x | z_m) p(z_m) / q(z_m | x), z_m ~ q, with log p(z) from the ODE.

        With M = 1 the ELBO of Vahdat et al. 2021, equation 1. The divergence is exact: random
        probes would make log p(z) noisy, and the mean of its exponentials too large for a bound.
        """
        settled = settle(self.density_knobs, knobs)
        m, ode = int(settled["importance"]), {"steps": settled["steps"]}
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        rows = max(1, chosen(self.card.kind, _ROWS, _WHO) // m)
        values, errors, method = [], [], ""
        for part in torch.arange(len(x)).split(rows):
            streams = chosen(self.card.kind, STREAMS, _WHO)(x[part])
            e = streams.normal(m, self.vae.latent).to(self.device)
            z, log_ratio = propose(self.vae, x[part].to(self.device), classes[part], e)
            given = None if labels is None else labels[part].repeat_interleave(m)
            found = yield from self._log_prior(z, given, ode, part, len(x))
            value, error = log_mean((log_ratio.cpu() + found.value).view(-1, m))
            values.append(value)
            errors.append(error)
            method = found.method
        method = f"{bound_name(m)}; p(z): {method}"
        return LogDensity(torch.cat(values), Meaning.BOUND, method, torch.cat(errors))

    def plane_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log (1/M) Σ p(x | z_m, c), z_m ~ p(z | c), for points of the plane.

        Importance weighting whose proposal is the prior itself, on the lattice of `VAE.log_grid`:
        the ODE takes its noise to latents once for all points, and no density of z is asked.
        """
        settle((), knobs)
        classes, value = class_indices(self.card, labels, len(x)), torch.empty(len(x)).double()
        for label in classes.unique().tolist():
            kernels = yield from self._kernels(label, len(x), SIDE)
            rows = (classes == label).nonzero()[:, 0]
            for part in rows.split(_PLANE_ROWS):
                value[part] = kernels.log_density(x[part].cpu(), 1.0)
                yield Step(int(part[-1]) + 1, len(x))
        return LogDensity(value, Meaning.BOUND, _on_lattice(SIDE))

    def log_grid(
        self, xs: Tensor, ys: Tensor, label: int | None, knobs: Knobs, *, side: int
    ) -> DensityRun:
        """The same on a grid of the plane, by products of matrices."""
        settle((), knobs)
        class_ = int(class_indices(self.card, None if label is None else [label], 1)[0])
        total = len(xs) * len(ys)
        kernels = yield from self._kernels(class_, total, side)
        shares = Steps(kernels.log_grid(xs, ys, 1.0))
        for share in shares:
            yield Step(int(share * total), total)
        return LogDensity(shares.result, Meaning.BOUND, _on_lattice(side))

    def _kernels(self, label: int, total: int, side: int) -> Generator[Step, None, PointKernels]:
        """p(x | z) on the lattice of a class, worked out once; its steps count as none done."""
        if (label, side) not in self.kept:
            e, places = lattice(side), torch.full((side**2,), label)
            steps = Steps(self.decode(e, places if label < len(self.card.labels) else None))
            for step in steps:
                yield Step(0, total, calls=step.calls * side**2)
            means = steps.result
            assert isinstance(self.vae, PointVAE)
            unlabelled = torch.zeros(len(means), dtype=torch.int64)
            self.kept[label, side] = PointKernels(means, unlabelled, self.vae.noise().cpu())
        return self.kept[label, side]

    def _log_prior(
        self, z: Tensor, labels: Tensor | None, knobs: Knobs, part: Tensor, total: int
    ) -> DensityRun:
        """log p(z | c) of a batch, its steps counted in examples."""
        steps = Steps(self.prior_density.run(z, labels, knobs))
        for step in steps:
            done = int(part[0]) + len(part) * step.done // len(z)
            yield Step(done, total, calls=step.calls * len(z) // len(part))
        return steps.result

    def decode(self, e: Tensor, labels: Tensor | None) -> Run:
        """Mean of p(x | z, c) for the noise (n, K) of the ODE that leads to z: (n, …)."""
        run = self.prior_latents.decode(e, labels)
        return self._decoded(run, class_indices(self.card, labels, len(e)), None)

    @torch.no_grad()
    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """Noise that the ODE leads to the mean of q(z | x, c): (n, …) -> (n, K)."""
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        mean, _ = self.vae.posterior(x.to(self.device), classes)
        encode = self.prior_latents.encode
        assert encode is not None  # an ODE has an inverse
        return (yield from encode(mean, labels))


def load(card: Card, device: torch.device) -> Model:
    """Open a checkpoint. Raises CheckpointError when its weights do not fit its card."""
    weights.of_kind(_ROWS, card)
    net = weights.build(LatentDiffusion, card)
    weights.fill(net, weights.load(card), card)
    net.eval().requires_grad_(False).to(device)
    latent = replace(card, kind=Points(coordinates(net.vae.latent)))
    return of_parts(card, net.vae, diffusion.of_denoiser(latent, net.denoiser, device), device)


def of_parts(card: Card, vae: PictureVAE | PointVAE, prior: Model, device: torch.device) -> Model:
    """The model of z ~ `prior`, x ~ p(x | z) of `vae`; its own prior, if any, is not used."""
    knobs = chosen(card.kind, _KNOBS, _WHO)(prior.knobs)
    if prior.density is None or prior.latents is None:
        raise ValueError(f"{prior.card.name} has no density or no latents")
    density_knobs = (
        replace(IMPORTANCE, default=chosen(card.kind, _IMPORTANCE, _WHO)),
        *(replace(knob, default=_SOLVER_STEPS) for knob in prior.density.knobs),
    )
    model = DiffusedLatents(card, vae, prior, prior.density, prior.latents, density_knobs, device)
    return Model(
        card=card,
        sample=in_batches(model.draw, card, knobs),
        procedure=lambda given: _procedure(settle(knobs, given), prior),
        knobs=knobs,
        density=_density(model),
        latents=Latents(
            (vae.latent,),
            _NATURE,
            model.decode,
            model.encode,
            _INVERSE,
            drawn=model.drawn_codes,
            exact=model.exact,
        ),
        decoded=model,
    )


def _fine(knobs: tuple[Knob, ...]) -> tuple[Knob, ...]:
    """Knobs of z's sampler with steps enough that points follow the density shown of them."""
    return tuple(
        replace(knob, default=max(knob.default, _PLANE_STEPS)) if knob.name == "steps" else knob
        for knob in knobs
    )


_KNOBS: Mapping[type[Kind], Callable[[tuple[Knob, ...]], tuple[Knob, ...]]] = MappingProxyType(
    {Pictures: lambda knobs: (*knobs, PIXELS), Points: _fine}
)


def _density(model: DiffusedLatents) -> Density:
    """The bound, by way of the lattice where latents and points are of the plane."""
    if isinstance(model.vae, PointVAE) and model.vae.latent == 2 and is_plane(model.card.kind):
        grid, preview = (partial(model.log_grid, side=side) for side in (SIDE, FEW))
        return Density(Meaning.BOUND, model.plane_density, (), grid, preview=preview)
    return Density(Meaning.BOUND, model.log_density, model.density_knobs)


def _on_lattice(side: int) -> str:
    return (
        f"importance-weighted, {side**2:,} samples of the prior on a lattice, by the "
        "probability-flow ODE"
    )


def _procedure(knobs: Knobs, prior: Model) -> Procedure:
    """That of z, and what is shown for it: a mean is no draw from p(x), as for the VAE."""
    of_z = prior.procedure({knob.name: knobs[knob.name] for knob in prior.knobs})
    mean = knobs.get("pixels") == MEAN
    shown_as = "the mean of p(x | z)" if mean else "x ~ p(x | z)"
    return Procedure(
        Exactness.HEURISTIC if mean else of_z.exactness,
        f"z by {of_z.method}; then {shown_as}",
        f"Rombach et al. 2022; {of_z.source}",
    )
