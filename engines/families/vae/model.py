"""Variational autoencoders (Kingma & Welling 2014): samples, importance-weighted bound, latents."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

import torch
from torch import Tensor

from engines.checkpoints import weights
from engines.drawing import TEMPERATURE, class_indices, in_batches, tempered
from engines.families.kde.net import PointKernels
from engines.families.vae.net import PictureVAE, PointVAE, mixture_of_logistics
from engines.kinds import Kind, Pictures, Points, chosen, is_plane
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
from engines.noise import Streams, log_normal, streams_of
from engines.parts import Noise
from engines.spread import log_mean

MEAN, DRAW = 0.0, 1.0
PIXELS = Knob(
    "pixels",
    "Pixels",
    MEAN,
    0,
    1,
    1,
    (
        "What is shown for a latent z: the mean of p(x | z), or one sample of it, with its "
        "pixel noise."
    ),
    choices=("mean of p(x | z)", "sample of p(x | z)"),
    warn="not the model's distribution",
    own=DRAW,
)
IMPORTANCE = Knob(
    "importance",
    "Importance samples",
    64,
    1,
    5000,
    1,
    "Number M of samples of q(z | x) in the bound. 1 gives the ELBO; the bound rises to log p(x).",
)

_NETS: Mapping[type[Kind], Callable[..., PictureVAE | PointVAE]] = MappingProxyType(
    {Pictures: PictureVAE, Points: PointVAE}
)
_KNOBS = {Pictures: (TEMPERATURE, PIXELS), Points: (TEMPERATURE,)}
STREAMS: Mapping[type[Kind], Callable[[Tensor], Streams]] = MappingProxyType(
    {Pictures: streams_of, Points: lambda x: Streams(0, [0])}
)
"""Of the draws in a bound: pictures have their own, points share them, so that maps are smooth."""
_ROWS, _PICTURES = 4096, 128
"""Points and pictures, times their draws, that are asked at once: a step of a picture is short."""
SIDE, FEW = 296, 48
"""Points of the lattice along each latent, on average; and of one for a first look."""
_NATURE = "Gaussian noise behind the prior, amortised encoder"
_AMORTISED = Procedure(
    Exactness.HEURISTIC, "mean of q(z | x), an approximation of p(z | x)", "Kingma & Welling 2014"
)


@dataclass(frozen=True)
class VAE:
    """One loaded autoencoder and where it computes."""

    card: Card
    net: PictureVAE | PointVAE
    device: torch.device
    kept: dict[tuple[int, int], PointKernels] = field(default_factory=dict, compare=False)
    """p(x | z) on a lattice of latents, by class and side: every grid needs it again."""

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """e ~ N(0, T² I), z by the prior, then the mean of p(x | z, c) or a draw from it."""
        streams = Streams(request.seed, request.indices)
        e = self._noise(streams, knobs["temperature"])
        x = self.show(e, labels, None if knobs.get("pixels") == MEAN else streams)
        yield Step(request.count, request.count, x.clone(), calls=1)
        return x

    def _noise(self, streams: Streams, temperature: float) -> Tensor:
        return temperature * streams.normal(self.net.latent)

    def drawn_codes(self, request: SampleRequest) -> Tensor:
        """The e (n, K) of samples that are means: draws from p(x | z) are not made of e alone."""
        knobs = settle(weights.of_kind(_KNOBS, self.card), request.knobs)
        need_means(knobs)
        return self._noise(Streams(request.seed, request.indices), knobs["temperature"])

    @torch.no_grad()
    def show(self, e: Tensor, labels: Tensor, streams: Streams | None) -> Tensor:
        """Pictures or points for prior noise e; a draw from p(x | z) when there are streams."""
        labels = labels.to(self.device)
        z = self.net.from_prior(e.to(self.device), labels)
        return shown(self.net, z, labels, streams)

    # the part `posterior`

    @property
    def latent(self) -> int:
        return self.net.latent

    def view(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.net.view(z, labels)

    def log_p(self, view: Tensor, x: Tensor, where: Tensor) -> Tensor:
        return self.net.log_p(view, x, where)

    def log_pixels(self, view: Tensor, x: Tensor) -> Tensor:
        return mixture_of_logistics(view, x[:, 0])

    def expected(self, view: Tensor) -> Tensor:
        return self.net.expected(view)

    def drawn(self, view: Tensor, noise: Noise) -> Tensor:
        return self.net.drawn(view, noise)

    def encoder(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        return self.net.posterior(x, labels)

    def log_prior(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.net.log_prior(z, labels)

    def from_prior(self, e: Tensor, labels: Tensor) -> Tensor:
        return self.net.from_prior(e, labels)

    def to_prior(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.net.to_prior(z, labels)

    # what the model can do

    def log_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log (1/M) Σ p(x, z_m) / q(z_m | x), z_m ~ q: Burda et al. 2016, equation 8.

        The M standard normal draws are the same for every point, so that maps are smooth; each
        picture has its own, so that errors average out over many.
        """
        m = int(settle((IMPORTANCE,), knobs)["importance"])
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        rows = max(1, (_ROWS if is_plane(self.card.kind) else _PICTURES) // m)
        values, errors = [], []
        for start in range(0, len(x), rows):
            part = slice(start, start + rows)
            streams = chosen(self.card.kind, STREAMS, "VAEs")(x[part])
            e = streams.normal(m, self.net.latent).to(self.device)
            value, error = self._bound(x[part].to(self.device), classes[part], e)
            values.append(value)
            errors.append(error)
            yield Step(min(start + rows, len(x)), len(x), calls=m + 1)
        return LogDensity(torch.cat(values), Meaning.BOUND, bound_name(m), torch.cat(errors))

    @torch.no_grad()
    def log_grid(
        self, xs: Tensor, ys: Tensor, label: int | None, knobs: Knobs, side: int = SIDE
    ) -> DensityRun:
        """log (1/M) Σ p(x | z_m, c), z_m ~ p(z | c), on a grid of the plane.

        Importance weighting whose proposal is the prior, so that every point may share the z_m:
        p(x | z) is a product over the axes and the sum one product of matrices. The prior noise
        of z_m is a shifted lattice (Cranley & Patterson 1976), which fills it evenly.
        """
        settle((IMPORTANCE,), knobs)
        classes = class_indices(self.card, None if label is None else [label], 1)
        shares, total = Steps(lattice_grid(self, xs, ys, classes, side)), len(xs) * len(ys)
        for share in shares:
            yield Step(int(share * total), total, calls=side**2)
        method = f"importance-weighted, {side**2:,} samples of the prior on a lattice"
        return LogDensity(shares.result, Meaning.BOUND, method)

    @torch.no_grad()
    def _bound(self, x: Tensor, labels: Tensor, e: Tensor) -> tuple[Tensor, Tensor]:
        """The bound and its standard error, each (n,) float64.

        e holds the standard normal draws: (n or 1, m, K).
        """
        z, log_ratio = propose(self.net, x, labels, e)
        log_prior = self.net.log_prior(z, labels.repeat_interleave(e.shape[1]))
        return log_mean((log_ratio + log_prior).view(len(x), -1))

    def decode(self, z: Tensor, labels: Tensor | None) -> Run:
        """Mean of p(x | z, c) for prior noise (n, K) -> (n, …)."""
        x = self.show(z, class_indices(self.card, labels, len(z)), None)
        yield Step(len(z), len(z), x.clone(), calls=1)
        return x

    @torch.no_grad()
    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """Mean of q(z | x, c) as prior noise: (n, …) -> (n, K)."""
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        mean, _ = self.net.posterior(x.to(self.device), classes)
        e = self.net.to_prior(mean, classes).cpu()
        yield Step(len(x), len(x), calls=1)
        return e


def need_means(knobs: Knobs) -> None:
    """Raise ValueError where samples are draws from p(x | z), with noise beside their codes."""
    if knobs.get("pixels", DRAW) != MEAN:
        raise ValueError("samples have no exact codes: they have noise of p(x | z) besides")


def lattice(side: int) -> Tensor:
    """Standard normal points (side², 2) that fill their plane evenly, the corner left free.

    A rank-1 Fibonacci lattice (Niederreiter 1992, chapter 5) moved by a fixed random shift.
    """
    count, golden = side * side, (math.sqrt(5) - 1) / 2
    i = torch.arange(count, dtype=torch.float64)
    shift = Streams(0, [0]).uniform(2).double()
    u = torch.stack([(i + 0.5) / count + shift[0, 0], i * golden + shift[0, 1]], 1) % 1
    e: Tensor = torch.special.ndtri(u.clamp(1e-9, 1 - 1e-9)).float()
    return e


@torch.no_grad()
def lattice_means(vae: VAE, classes: Tensor, side: int = SIDE) -> tuple[Tensor, Tensor]:
    """Latents z (M, 2) from the prior of a class (1,), and the means of p(x | z) there."""
    assert isinstance(vae.net, PointVAE)
    e, labels = lattice(side).to(vae.device), classes.to(vae.device)
    z, means = [], []
    for part in e.split(_ROWS * 4):
        z.append(vae.net.from_prior(part, labels.expand(len(part))))
        means.append(vae.net.decode(z[-1], labels.expand(len(part))))
    return torch.cat(z).cpu(), torch.cat(means).cpu()


@torch.no_grad()
def lattice_grid(
    vae: VAE, xs: Tensor, ys: Tensor, classes: Tensor, side: int
) -> Generator[float, None, Tensor]:
    """log of the mean of p(x | z) over the lattice at torch.cartesian_prod(xs, ys): (a·b,)."""
    assert isinstance(vae.net, PointVAE)
    key = int(classes[0]), side
    if key not in vae.kept:
        _, means = lattice_means(vae, classes, side)
        # the means are points, p(x | z) a kernel around them
        unlabelled = torch.zeros(len(means), dtype=torch.int64)
        vae.kept[key] = PointKernels(means, unlabelled, vae.net.noise().cpu())
    yield 0.3
    shares = Steps(vae.kept[key].log_grid(xs, ys, 1.0))
    for share in shares:
        yield 0.3 + 0.7 * share
    return shares.result


def shown(net: PictureVAE | PointVAE, z: Tensor, labels: Tensor, streams: Streams | None) -> Tensor:
    """Mean of p(x | z, c), or with streams a draw from it: z (n, K) -> (n, …) on the CPU."""
    view = net.view(z, labels).cpu()
    return net.expected(view) if streams is None else net.drawn(view, streams)


def propose(
    net: PictureVAE | PointVAE, x: Tensor, labels: Tensor, e: Tensor
) -> tuple[Tensor, Tensor]:
    """z ~ q(z | x, c) (n·m, K) by standard normal e (n or 1, m, K), and log p(x | z, c) / q (n·m,).

    The m draws of an example lie together.
    """
    m = e.shape[1]
    mean, log_sd = net.posterior(x, labels)
    z = mean[:, None] + log_sd[:, None].exp() * e
    log_q = log_normal(e.flatten(0, 1)).view(-1, m) - log_sd.sum(1, keepdim=True)
    z = z.flatten(0, 1)
    log_p = net.log_likelihood(x.repeat_interleave(m, 0), z, labels.repeat_interleave(m))
    return z, log_p - log_q.flatten()


def bound_name(m: int) -> str:
    """What a bound of M samples is called."""
    return "ELBO, 1 sample" if m == 1 else f"IWAE, {m} samples"


def load(card: Card, device: torch.device) -> Model:
    """Open a VAE checkpoint. Raises CheckpointError when its weights do not fit its card."""
    net = weights.build(weights.of_kind(_NETS, card), card)
    weights.fill(net, weights.load(card), card)
    vae = VAE(card, net.eval().requires_grad_(False).to(device), device)
    knobs = weights.of_kind(_KNOBS, card)
    return Model(
        card=card,
        sample=in_batches(vae.draw, card, knobs),
        procedure=lambda given: _procedure(settle(knobs, given)),
        knobs=knobs,
        density=_density(vae),
        latents=Latents(
            (net.latent,),
            _NATURE,
            vae.decode,
            vae.encode,
            _AMORTISED,
            drawn=vae.drawn_codes,
            exact={PIXELS.name: MEAN} if isinstance(net, PictureVAE) else {},
        ),
        posterior=vae,
    )


def _density(vae: VAE) -> Density:
    """The bound; on a lattice of latents for a model of the plane with two of them."""
    if not is_plane(vae.card.kind) or vae.net.latent != 2:
        return Density(Meaning.BOUND, vae.log_density, (IMPORTANCE,))
    preview = partial(vae.log_grid, side=FEW)
    return Density(Meaning.BOUND, vae.log_density, (IMPORTANCE,), vae.log_grid, preview=preview)


def _procedure(knobs: Knobs) -> Procedure:
    source = "Kingma & Welling 2014"
    if knobs.get("pixels", DRAW) == MEAN:
        shown = Procedure(Exactness.HEURISTIC, "z ~ p(z), then the mean of p(x | z)", source)
    else:
        shown = Procedure(Exactness.EXACT, "ancestral: z ~ p(z), x ~ p(x | z)", source)
    return tempered(shown, knobs)
