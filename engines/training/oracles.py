"""Models whose mathematics is known exactly, with the interface of the networks.

In-painting is measured on them through the code that the window runs; tests use them too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from engines import native
from engines.families.any_order.model import AnyOrderPictures
from engines.families.any_order.net import PictureAnyOrder
from engines.families.autoregressive.model import RasterPictures
from engines.families.autoregressive.net import PictureRaster
from engines.families.diffusion.model import of_denoiser
from engines.families.diffusion.net import SIGMA_DATA, Denoiser
from engines.families.energy.model import Energy
from engines.families.flow.model import Flow
from engines.families.flow.net import PointFlow
from engines.families.gan.model import GAN
from engines.families.gan.net import PointGenerator
from engines.families.kde.model import KDE
from engines.families.kde.net import PointKernels
from engines.families.latent_diffusion.model import of_parts
from engines.families.mfa.model import MFA
from engines.families.mfa.net import FactorAnalysers
from engines.families.vae.model import VAE
from engines.families.vae.net import PointVAE
from engines.kinds import of_shape
from engines.model import (
    Card,
    Density,
    DensityRun,
    Exactness,
    Knobs,
    LogDensity,
    Meaning,
    Model,
    Procedure,
    Run,
    SampleRequest,
    Step,
)
from engines.noise import Streams, log_normal

AT = 0.3
"""Where the mixture is conditioned: x1 = 0.3."""
WEIGHTS = torch.tensor([0.04, 0.10, 0.47, 0.39], dtype=torch.float64)
MEANS = torch.tensor([0.12, 2.2, 3.1, -2.5], dtype=torch.float64)
"""p(x2 | x1 = 0.3), beside SPREADS."""
SPREADS = torch.tensor([0.40, 0.35, 0.30, 0.50], dtype=torch.float64)
_CENTRES = torch.tensor([-1.5, 2.0, 0.8, -0.6], dtype=torch.float64)
_WIDTHS = torch.tensor([0.9, 0.8, 0.7, 1.1], dtype=torch.float64)
_SLOPES = torch.tensor([0.9, -1.2, 1.5, -0.8], dtype=torch.float64)


def card_of(family: str, shape: tuple[int, ...]) -> Card:
    """A card for a model that is no checkpoint."""
    return Card(
        folder=Path("."),
        name=f"oracle/{family}",
        family=family,
        data="oracle",
        kind=of_shape(shape),
        attributes=(),
        weights="",
        sha256="",
        parameters=0,
        seed=0,
        recipe="",
        licence="",
    )


def _model(card: Card, part: object, draw: Callable[[Tensor], Tensor] | None = None) -> Model:
    """A model of which only this part is asked, and samples to start chains from."""

    def sample(request: SampleRequest) -> Run:
        yield Step(0, None)
        e = Streams(request.seed, request.indices).normal(*card.shape)
        return 3 * e if draw is None else draw(e)

    exact = Procedure(Exactness.EXACT, "", "")
    return Model(card, sample=sample, procedure=lambda _: exact, **native.of_object(part))


def line_mixture() -> FactorAnalysers:
    """Four correlated components in the plane, such that p(x2 | x1 = 0.3) is the mixture above.

    Component k is x1 ~ N(centre, width²), x2 = mean + slope (x1 − 0.3) + N(0, spread²), and its
    weight is what leaves WEIGHTS after conditioning: ∝ WEIGHTS / N(0.3; centre, width²).
    """
    log_seen = -0.5 * ((AT - _CENTRES) / _WIDTHS).square() - _WIDTHS.log()
    mean = torch.stack([_CENTRES, MEANS + _SLOPES * (_CENTRES - AT)], 1)
    # the factor is x1; a hair of its variance is noise, which must be positive
    share = 1 - 1e-6
    loading = torch.stack([_WIDTHS * math.sqrt(share), _SLOPES * _WIDTHS / math.sqrt(share)], 1)
    lost = (_SLOPES * _WIDTHS).square() * (1 / share - 1)
    noise = torch.stack([_WIDTHS.square() * (1 - share), SPREADS.square() - lost], 1)
    labels = torch.zeros(4, dtype=torch.int64)
    return FactorAnalysers(mean, loading[:, :, None], noise, WEIGHTS.log() - log_seen, labels)


class MixtureDenoiser(Denoiser):
    """The exact E[y_0 | y_σ] of a mixture, in coordinates of standard deviation σ_data.

    The formula of FactorAnalysers.denoise, for few dimensions in float32: it is asked often.
    """

    def __init__(self, mixture: FactorAnalysers, steps: int = 24) -> None:
        dim = mixture.mean.shape[1]
        super().__init__(nn.Identity(), axes=dim, classes=0, steps=steps)
        weight, mean = mixture.log_weight.exp(), mixture.mean
        covariance = mixture.loading @ mixture.loading.mT + mixture.noise.diag_embed()
        centre = weight @ mean
        spread = weight @ (covariance.diagonal(dim1=1, dim2=2) + (mean - centre).square())
        scale = spread.mean().sqrt() / SIGMA_DATA
        self.mean.copy_(centre)
        self.scale.fill_(scale.item())
        self.log_weight, self.centres = mixture.log_weight, (mean - centre) / scale
        self.covariance = covariance / scale**2

    def forward(self, y: Tensor, sigma: Tensor, labels: Tensor) -> Tensor:
        s = float(sigma[0])
        noised = self.covariance + s**2 * torch.eye(y.shape[1], dtype=torch.float64)
        precision = torch.linalg.inv(noised)
        pull = torch.einsum("kij,kj->ki", precision, self.centres)
        constant = self.log_weight - 0.5 * torch.logdet(noised)
        constant = constant - 0.5 * (pull * self.centres).sum(1)
        # Σ_k⁻¹ (μ_k − y) for every part k: (n, M, D)
        slopes = pull.to(y) - torch.einsum("kij,nj->nki", precision.to(y), y)
        log_parts = constant.to(y) + 0.5 * torch.einsum("ni,nki->nk", y, slopes + pull.to(y))
        return y + s**2 * torch.einsum("nk,nki->ni", log_parts.softmax(1), slopes)

    def enter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return (x - self.mean) / self.scale, -self.scale.log().sum().expand(len(x))

    def leave(self, y: Tensor) -> Tensor:
        return y * self.scale + self.mean


def mixture_diffusion(mixture: FactorAnalysers) -> Model:
    """A diffusion model whose denoiser is exact."""
    card = card_of("diffusion", (mixture.mean.shape[1],))
    return of_denoiser(card, MixtureDenoiser(mixture), torch.device("cpu"))


def mixture_analysers(mixture: FactorAnalysers) -> Model:
    """The mixture as what it is."""
    card = card_of("mfa", (mixture.mean.shape[1],))
    return _model(card, MFA(card, (mixture,), None))


def mixture_energy(mixture: FactorAnalysers) -> Model:
    """The mixture as an energy −log p(x), known by value and slope, and so up to a constant."""

    def density(x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        yield Step(len(x), len(x), calls=1)
        return LogDensity(mixture.log_density(x), Meaning.UNNORMALISED, "minus the energy")

    def of(x: Tensor, labels: Tensor | None, sigma: float) -> tuple[Tensor, Tensor]:
        return -mixture.log_density(x), -mixture.score(x).to(x)

    model = _model(card_of("energy", (mixture.mean.shape[1],)), Energy(of))
    return replace(model, density=Density(Meaning.UNNORMALISED, density))


def line_kernels() -> tuple[Model, Tensor, Tensor, float]:
    """Kernels on 24 points of a wave in the plane, and their p(x2 | x1 = 0.3).

    It is a mixture of Gaussians: weights (24,), means (24,) and one standard deviation.
    """
    t = torch.linspace(-1.5, 1.5, 24)
    x = torch.stack([t, 3 * (4 * t).sin()], 1)
    card, kernels, h = card_of("kde", (2,)), PointKernels.of(x, torch.zeros(24).long()), 0.2
    sd = h * kernels.scale.double()
    weights = (-0.5 * ((AT - x[:, 0].double()) / sd[0]).square()).softmax(0)
    return _model(card, KDE(card, kernels, h)), weights, x[:, 1].double(), float(sd[1])


class LinearVAE(PointVAE):
    """p(x | z) = N(W z, s² I), z ~ N(0, 1), with the exact posterior, its mean off by `bias`.

    The bias is in standard deviations of the prior: 0 is an encoder without error.
    """

    def __init__(self, bias: float) -> None:
        super().__init__(dim=3, classes=0, latent=1, hidden=2)
        self.w, self.bias = torch.tensor([1.0, 0.8, 1.2]), bias
        self.log_sd.data.fill_(math.log(0.15))

    def log_prior(self, z: Tensor, labels: Tensor) -> Tensor:
        return log_normal(z)

    def from_prior(self, e: Tensor, labels: Tensor) -> Tensor:
        return e

    def decode(self, z: Tensor, labels: Tensor) -> Tensor:
        return z @ self.w[None]

    def posterior(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        precision = 1 + self.w.square().sum() / self.noise()[0] ** 2
        mean = x @ self.w[:, None] / self.noise()[0] ** 2 / precision + self.bias
        return mean, precision.rsqrt().log().expand_as(mean)

    def conditional(self, x1: float) -> tuple[Tensor, Tensor]:
        """Mean (2,) and covariance (2, 2) of (x2, x3) given x1."""
        cov = self.w[:, None] * self.w + self.noise()[0] ** 2 * torch.eye(3)
        return of_gaussian(torch.zeros(3), cov.detach(), x1)


def of_gaussian(mean: Tensor, cov: Tensor, x1: float) -> tuple[Tensor, Tensor]:
    """Mean and covariance of the other coordinates of N(mean, cov) given the first."""
    gain = cov[1:, 0] / cov[0, 0]
    return mean[1:] + gain * (x1 - mean[0]), cov[1:, 1:] - gain[:, None] * cov[:1, 1:]


def linear_vae(bias: float) -> Model:
    """The linear autoencoder, its encoder wrong by `bias`."""
    card, net = card_of("vae", (3,)), LinearVAE(bias).requires_grad_(False)
    return _model(card, VAE(card, net, torch.device("cpu")))


def linear_latent_diffusion() -> Model:
    """The linear decoder with z ~ N(0, 1) drawn by a diffusion whose denoiser is exact."""
    one = torch.ones(1, dtype=torch.float64)
    normal = FactorAnalysers(
        0 * one[:, None],
        math.sqrt(0.5) * one[:, None, None],
        0.5 * one[:, None],
        0 * one,
        torch.zeros(1, dtype=torch.int64),
    )
    card, vae = card_of("latent-diffusion", (3,)), LinearVAE(0).requires_grad_(False)
    return of_parts(card, vae, mixture_diffusion(normal), torch.device("cpu"))


class LinearGenerator(PointGenerator):
    """G(z) = W z + b from two latents to three values."""

    def __init__(self) -> None:
        super().__init__(dim=3, classes=0, latent=2, hidden=2, layers=1)
        self.w = torch.tensor([[1.0, 0.4], [0.7, -0.8], [-0.3, 1.1]])
        self.b = torch.tensor([0.2, -0.5, 0.1])

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        return z @ self.w.T + self.b

    def relaxed(self, x1: float, tau: float) -> tuple[Tensor, Tensor]:
        """Mean (2,) and covariance (2, 2) of G(z)_23 under p(z) N(x1; G(z)_1, τ²)."""
        cov = self.w @ self.w.T
        # the tolerance is noise on x1 alone
        return of_gaussian(self.b, cov + tau**2 * torch.diag(torch.tensor([1.0, 0, 0])), x1)


def linear_gan() -> Model:
    """The linear generator."""
    card, net = card_of("gan", (3,)), LinearGenerator().requires_grad_(False)
    return _model(card, GAN(card, net, torch.device("cpu")))


class AffineFlow(PointFlow):
    """x = A z + b with a dense A: all of p(x) is N(b, A Aᵀ)."""

    def __init__(self) -> None:
        super().__init__(dim=3, classes=0, transforms=1, bins=4, hidden=[4])
        self.a = torch.tensor([[1.0, 0.3, -0.2], [0.8, 0.6, 0.1], [-0.5, 0.4, 0.9]])
        self.b = torch.tensor([0.3, -0.4, 1.0])

    def encode(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        z = torch.linalg.solve(self.a, (x - self.b).T).T
        return z, -torch.linalg.slogdet(self.a).logabsdet.expand(len(x))

    def decode(self, z: Tensor, labels: Tensor) -> Tensor:
        return z @ self.a.T + self.b

    def conditional(self, x1: float) -> tuple[Tensor, Tensor]:
        """Mean (2,) and covariance (2, 2) of (x2, x3) given x1."""
        return of_gaussian(self.b, self.a @ self.a.T, x1)


def affine_flow() -> Model:
    """The dense affine flow."""
    card, net = card_of("flow", (3,)), AffineFlow().requires_grad_(False)
    return _model(card, Flow(card, net, torch.device("cpu")), lambda e: net.decode(e, e))


SIDE = 3
"""Side of the pictures of two levels whose 512 probabilities are all known."""


class Table:
    """Every picture of 3 × 3 pixels of two levels, with its probability.

    Neighbours agree or differ as a random coupling has it (an Ising model), and every picture has
    a random factor besides, so that nothing is independent of anything.
    """

    def __init__(self) -> None:
        g = torch.Generator().manual_seed(7)
        n = SIDE * SIDE
        self.states = torch.cartesian_prod(*[torch.arange(2)] * n)
        spin = 2.0 * self.states.double().view(-1, SIDE, SIDE) - 1
        across = (spin[:, :, 1:] * spin[:, :, :-1]).flatten(1)
        down = (spin[:, 1:] * spin[:, :-1]).flatten(1)
        pairs = torch.cat([across, down], 1)
        coupling = 1.2 * torch.randn(pairs.shape[1], generator=g, dtype=torch.float64)
        own = 0.5 * torch.randn(len(spin), generator=g, dtype=torch.float64)
        self.log_p = (pairs @ coupling + own).log_softmax(0)

    def logits(self, levels: Tensor, known: Tensor) -> Tensor:
        """log p(x_i = 0, 1 | x_known) of every pixel: (n, 9), (n, 9) -> (n, 9, 2)."""
        on, states = levels.double(), self.states.double()
        seen = known.double()
        clashes = (seen * on) @ (1 - states).T + (seen * (1 - on)) @ states.T
        weight = self.log_p.masked_fill(clashes > 0, -torch.inf).softmax(1)
        on = weight @ states
        return torch.stack([1 - on, on], 2).clamp_min(1e-300).log()

    def conditional(self, levels: Tensor, known: Tensor) -> Tensor:
        """P of every picture given the known pixels (9,): (512,)."""
        clash = (known & (levels != self.states)).any(1)
        return self.log_p.masked_fill(clash, -torch.inf).softmax(0)


class TableAnyOrder(PictureAnyOrder):
    """The conditionals of a table under any mask."""

    def __init__(self, table: Table) -> None:
        nn.Module.__init__(self)
        self.table, self.classes, self.levels = table, 0, 2
        self.height = self.side = SIDE

    def forward(self, levels: Tensor, known: Tensor, labels: Tensor) -> Tensor:
        found = self.table.logits(levels.flatten(1), known.flatten(1))
        return found.view(*levels.shape, 2)

    def at(self, levels: Tensor, known: Tensor, labels: Tensor, place: Tensor) -> Tensor:
        found = self(levels, known, labels).flatten(1, 2)
        asked: Tensor = found.gather(1, place[..., None].expand(-1, -1, 2))
        return asked


class TableRaster(PictureRaster):
    """The conditionals of a table in raster order."""

    def __init__(self, table: Table) -> None:
        nn.Module.__init__(self)
        self.classes, self.levels, n = 0, 2, SIDE * SIDE
        self.height = self.side = SIDE
        # the next pixel by its place and the number that the pixels before it spell
        self.following = torch.zeros(n, 2 ** (n - 1), 2)
        for k in range(n):
            mass = table.log_p.exp().view(2**k, 2, -1).sum(2)
            self.following[k, : 2**k] = (mass / mass.sum(1, keepdim=True)).log()

    def forward(
        self,
        levels: Tensor,
        labels: Tensor,
        which: Tensor,
        place: Tensor,
        count: Tensor | None = None,
    ) -> Tensor:
        back = place[:, None] - 1 - torch.arange(SIDE * SIDE)
        spelt = levels.flatten(1)[which] * (back >= 0) << back.clamp_min(0)
        return self.following[place, spelt.sum(1)]


def table_any_order(table: Table) -> Model:
    """The any-order model of a table."""
    card = card_of("any-order", (1, SIDE, SIDE))
    return _model(card, AnyOrderPictures(card, TableAnyOrder(table), torch.device("cpu")))


def table_raster(table: Table) -> Model:
    """The raster model of a table."""
    card = card_of("autoregressive", (1, SIDE, SIDE))
    return _model(card, RasterPictures(card, TableRaster(table), torch.device("cpu")))
