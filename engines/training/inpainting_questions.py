"""What the in-painting methods are asked for their evidence: holes whose contents are known."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from engines.training import oracles
from engines.training.inpainting_evidence import Measure, Question, Trial

_EDGES = torch.arange(-8, 8.05, 0.1, dtype=torch.float64)
_FIRST = torch.tensor([True, False, False])
_MIXTURE = (
    "Four correlated Gaussian components in the plane, x1 = 0.3 known: four modes of x2, "
    "bins of 0.1"
)
_LINEAR = "Linear-Gaussian autoencoder of three values, one known, its encoder off by 0.15 sd"
_AFFINE = "Dense affine flow of three values, one known"


def trials() -> Iterator[Trial]:
    """Every question to every method that it fits, a question's trials in a row."""
    yield from _of_mixture()
    yield from _of_linear()
    yield from _of_affine()


def binned(x: Tensor, edges: Tensor, below: Tensor) -> float:
    """TV of draws (n,) over bins, against the distribution function at their edges."""
    share = torch.histogram(x.double(), edges).hist / len(x)
    inside = below.diff()
    rest = abs((1 - share.sum()) - (1 - inside.sum()))
    return float(0.5 * ((share - inside).abs().sum() + rest))


def _of_mixture() -> Iterator[Trial]:
    mixture = oracles.line_mixture()
    z = (_EDGES[:, None] - oracles.MEANS) / oracles.SPREADS
    below = (oracles.WEIGHTS * torch.special.ndtr(z)).sum(1)

    def exact(count: int) -> Tensor:
        g = torch.Generator().manual_seed(0)
        k = torch.multinomial(oracles.WEIGHTS, count, replacement=True, generator=g)
        e = torch.randn(count, generator=g, dtype=torch.float64)
        x2 = oracles.MEANS[k] + oracles.SPREADS[k] * e
        return torch.stack([torch.full_like(x2, oracles.AT), x2], 1)

    measure = Measure("TV", lambda x: binned(x[:, 1], _EDGES, below), 0.08)
    point, known = torch.tensor([oracles.AT, 0.0]), torch.tensor([True, False])

    def question(model: oracles.Model) -> Question:
        return Question(_MIXTURE, model, point, known, exact, (measure,))

    yield Trial(question(oracles.mixture_analysers(mixture)), "closed-form")
    yield Trial(question(oracles.mixture_energy(mixture)), "mala")
    diffusion = question(oracles.mixture_diffusion(mixture))
    for particles, allowed in ((16, 0.08), (4, 0.15), (1, 0.15)):
        yield Trial(diffusion, "tds", {"particles": particles}, allowed=allowed)
    for method, knobs in (
        ("repaint", {}), ("repaint", {"steps": 50, "resamplings": 20}), ("guided", {}),
        ("replacement", {}), ("replacement", {"steps": 200}), ("dps", {}),
    ):  # fmt: skip
        yield Trial(diffusion, method, knobs)


def gaussian(
    oracle: str, model: oracles.Model, known: tuple[float, ...], answer: tuple[Tensor, Tensor]
) -> Question:
    """The first values known, the rest Gaussian: `answer` is their mean and covariance."""
    (mean, cov), seen = answer, len(known)
    sd, dim = cov.diagonal().sqrt(), seen + len(mean)
    picture = torch.zeros(dim)
    picture[:seen] = torch.tensor(known)

    def exact(count: int) -> Tensor:
        e = torch.randn(count, dim - seen, generator=torch.Generator().manual_seed(0))
        x = picture.repeat(count, 1)
        x[:, seen:] = mean + e @ torch.linalg.cholesky(cov).T
        return x

    measures = (
        Measure(
            "error of the mean, sd",
            lambda x: float(((x[:, seen:].mean(0) - mean) / sd).abs().max()), 0.06,
        ),
        Measure(
            "error of the covariance, share",
            lambda x: float((torch.cov(x[:, seen:].T) - cov).norm() / cov.norm()), 0.04,
        ),
    )  # fmt: skip
    return Question(oracle, model, picture, torch.arange(dim) < seen, exact, measures)


def _of_linear() -> Iterator[Trial]:
    model = oracles.linear_vae(0.15)
    answer = model.native.net.conditional(0.5)  # type: ignore[union-attr]
    question = gaussian(_LINEAR, model, (0.5,), answer)
    yield Trial(question, "mwg", {"steps": 100}, 16_000)
    yield Trial(question, "pseudo-gibbs", {"steps": 100}, 16_000)


def _of_affine() -> Iterator[Trial]:
    model = oracles.affine_flow()
    answer = model.native.net.conditional(1.0)  # type: ignore[union-attr]
    yield Trial(gaussian(_AFFINE, model, (1.0,), answer), "mala", draws=16_000)
