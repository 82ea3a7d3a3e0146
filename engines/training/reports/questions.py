"""What the in-painting methods are asked for their evidence: holes whose contents are known."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from engines.model import Model
from engines.training import oracles
from engines.training.reports.evidence import Measure, Question, Trial

_EDGES = torch.arange(-8, 8.05, 0.1, dtype=torch.float64)
_FIRST = torch.tensor([True, False, False])
_MIXTURE = (
    "Four correlated Gaussian components in the plane, x1 = 0.3 known: four modes of x2, "
    "bins of 0.1"
)
_KERNELS = "Kernels on 24 points of a wave in the plane, x1 = 0.3 known, bins of 0.1"
_LATENTS = "The linear decoder with its latent drawn by an exact diffusion, one value known"
_GENERATOR = "Linear generator from two latents to three values, one known up to τ = 0.3"
_SCATTERED = "All 512 pictures of 3 × 3 pixels of two levels, five pixels missing here and there"
_TAIL = "The same with the last five pixels missing"
_LINEAR = "Linear-Gaussian autoencoder of three values, one known, its encoder off by 0.15 sd"
_AFFINE = "Dense affine flow of three values, one known"

_TV_ALLOWED = 0.08
"""Of the mixture: what twisted SMC with 16 particles of 100 steps must reach, and MALA with it."""
_MEAN_ALLOWED, _COVARIANCE_ALLOWED = 0.06, 0.04
"""Of Gaussians: in sd, and as a share by the Frobenius norm. Both bars are older than the runs."""


def trials() -> Iterator[Trial]:
    """Every question to every method that it fits, a question's trials in a row."""
    yield from _of_mixture()
    yield from _of_kernels()
    yield from _of_table()
    yield from _of_linear()
    yield from _of_latents()
    yield from _of_affine()
    yield from _of_generator()


def binned(x: Tensor, edges: Tensor, below: Tensor) -> float:
    """TV of draws (n,) over bins, against the distribution function at their edges."""
    share = torch.histogram(x.double(), edges).hist / len(x)
    inside = below.diff()
    rest = abs((1 - share.sum()) - (1 - inside.sum()))
    return float(0.5 * ((share - inside).abs().sum() + rest))


def on_a_line(
    oracle: str, model: Model, weights: Tensor, means: Tensor, spreads: Tensor
) -> Question:
    """A point with x1 = 0.3 known, its x2 a mixture of Gaussians: all three (k,) float64."""
    z = (_EDGES[:, None] - means) / spreads
    below = (weights * torch.special.ndtr(z)).sum(1)

    def exact(count: int, g: torch.Generator) -> Tensor:
        k = torch.multinomial(weights, count, replacement=True, generator=g)
        e = torch.randn(count, generator=g, dtype=torch.float64)
        x2 = means[k] + spreads[k] * e
        return torch.stack([torch.full_like(x2, oracles.AT), x2], 1)

    measure = Measure("TV", lambda x: binned(x[:, 1], _EDGES, below), _TV_ALLOWED)
    point, known = torch.tensor([oracles.AT, 0.0]), torch.tensor([True, False])
    return Question(oracle, model, point, known, exact, (measure,))


def _of_kernels() -> Iterator[Trial]:
    model, weights, means, sd = oracles.line_kernels()
    question = on_a_line(_KERNELS, model, weights, means, torch.full_like(means, sd))
    yield Trial(question, "closed-form")


def _of_mixture() -> Iterator[Trial]:
    mixture = oracles.line_mixture()

    def question(model: Model) -> Question:
        return on_a_line(_MIXTURE, model, oracles.WEIGHTS, oracles.MEANS, oracles.SPREADS)

    yield Trial(question(oracles.mixture_analysers(mixture)), "closed-form")
    energy = question(oracles.mixture_energy(mixture))
    yield Trial(energy, "mala")
    yield Trial(energy, "along-line")
    diffusion = question(oracles.mixture_diffusion(mixture))
    for particles in (16, 4, 1):
        yield Trial(diffusion, "tds", {"particles": particles}, held=particles == 16)
    for method, knobs in (
        ("repaint", {}),
        ("repaint", {"steps": 50, "resamplings": 20}),
        ("guided", {}),
        ("replacement", {}),
        ("replacement", {"steps": 200}),
        ("dps", {}),
    ):
        yield Trial(diffusion, method, knobs)


def gaussian(
    oracle: str, model: Model, known: tuple[float, ...], answer: tuple[Tensor, Tensor]
) -> Question:
    """The first values known, the rest Gaussian: `answer` is their mean and covariance."""
    (mean, cov), seen = answer, len(known)
    sd, dim = cov.diagonal().sqrt(), seen + len(mean)
    picture = torch.zeros(dim)
    picture[:seen] = torch.tensor(known)

    def exact(count: int, g: torch.Generator) -> Tensor:
        e = torch.randn(count, dim - seen, generator=g)
        x = picture.repeat(count, 1)
        x[:, seen:] = mean + e @ torch.linalg.cholesky(cov).T
        return x

    measures = (
        Measure(
            "error of the mean, sd",
            lambda x: float(((x[:, seen:].mean(0) - mean) / sd).abs().max()),
            _MEAN_ALLOWED,
        ),
        Measure(
            "error of the covariance, share",
            lambda x: float((torch.cov(x[:, seen:].T) - cov).norm() / cov.norm()),
            _COVARIANCE_ALLOWED,
        ),
    )
    return Question(oracle, model, picture, torch.arange(dim) < seen, exact, measures)


def _of_linear() -> Iterator[Trial]:
    model = oracles.linear_vae(0.15)
    answer = oracles.LinearVAE(0.15).conditional(0.5)
    question = gaussian(_LINEAR, model, (0.5,), answer)
    yield Trial(question, "mwg", {"steps": 100}, 16_000)
    yield Trial(question, "pseudo-gibbs", {"steps": 100}, 16_000)


def _of_affine() -> Iterator[Trial]:
    model = oracles.affine_flow()
    answer = oracles.AffineFlow().conditional(1.0)
    yield Trial(gaussian(_AFFINE, model, (1.0,), answer), "mala", draws=16_000)


def pictures_of_table(table: oracles.Table, x: Tensor) -> Tensor:
    """Index of each picture (n, 1, 3, 3) in the table: (n,)."""
    bits = ((x.flatten(1) + 1) / 2).round().long()
    places: Tensor = 2 ** torch.arange(bits.shape[1] - 1, -1, -1)
    return (bits * places).sum(1)


def of_table(oracle: str, table: oracles.Table, model: Model, known: Tensor) -> Question:
    """A picture of the table with these pixels known: (3, 3) bool."""
    levels = torch.tensor([0, 1, 1, 0, 1, 0, 1, 1, 0])
    answer = table.conditional(levels, known.flatten())

    def exact(count: int, g: torch.Generator) -> Tensor:
        pick = torch.multinomial(answer, count, replacement=True, generator=g)
        return 2.0 * table.states[pick].view(-1, 1, oracles.SIDE, oracles.SIDE) - 1

    def distance(x: Tensor) -> float:
        found = torch.bincount(pictures_of_table(table, x), minlength=len(answer)) / len(x)
        return float(0.5 * (found - answer).abs().sum())

    picture = 2.0 * levels.view(1, oracles.SIDE, oracles.SIDE) - 1
    return Question(oracle, model, picture, known, exact, (Measure("TV", distance),))


def _of_table() -> Iterator[Trial]:
    table, draws = oracles.Table(), 16_000
    few = 4_000  # where every draw is a run of many particles
    scattered = torch.tensor([[1, 0, 0], [0, 0, 1], [1, 0, 1]], dtype=torch.bool)
    tail = torch.tensor([[1, 1, 1], [1, 0, 0], [0, 0, 0]], dtype=torch.bool)
    any_order, raster = oracles.table_any_order(table), oracles.table_raster(table)
    for oracle, known in ((_SCATTERED, scattered), (_TAIL, tail)):
        asked = [of_table(oracle, table, model, known) for model in (any_order, raster)]
        yield Trial(asked[0], "any-order", {"together": 1}, draws)
        yield Trial(asked[0], "any-order", {"together": 3}, draws)
        if oracle == _SCATTERED:
            yield Trial(asked[1], "smc", {}, few)
            yield Trial(asked[1], "smc", {"particles": 128}, few)
        else:
            yield Trial(asked[1], "smc", {}, draws)
        yield Trial(asked[1], "clamping", {}, draws)


def _of_generator() -> Iterator[Trial]:
    model = oracles.linear_gan()
    answer = oracles.LinearGenerator().relaxed(0.9, 0.3)
    question = gaussian(_GENERATOR, model, (0.9,), answer)
    yield Trial(question, "latent-langevin", {"tau": 0.3}, 16_000)
    yield Trial(question, "latent-descent", {"tau": 0.3}, 16_000)


def _of_latents() -> Iterator[Trial]:
    model = oracles.linear_latent_diffusion()
    answer = oracles.LinearVAE(0).conditional(0.5)
    question = gaussian(_LATENTS, model, (0.5,), answer)
    yield Trial(question, "latent-tds", {}, 8_000)
    yield Trial(question, "latent-tds", {"particles": 1}, 8_000)
