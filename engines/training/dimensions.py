"""The curse of dimensionality, measured: docs/dimensions.md and engines/maps/dimensions.toml.

How far kernel densities, a flow, a factor analyser and a plain Gaussian fall short on held-out
data as the dimension grows and the number of training points stays the same: in nats, on Gaussians
whose density is known and on MNIST reduced by principal components. Every budget is counted in
steps, so that the figures are the same on a faster machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w
import torch
import zuko
from torch import Tensor

from engines import extras
from engines.families.kde.bandwidth import fitted_bandwidth
from engines.families.kde.net import PointKernels
from engines.training.randomness import drawn_from, integers, seeded

DIMENSIONS = (1, 2, 4, 8, 16, 32, 64)
POINTS, HELD_OUT, STEPS = 5_000, 2_000, 2_000
_CHECK_EVERY = 50
RESULT = Path("engines/maps/dimensions.toml")
PAGE = Path("docs/dimensions.md")
Fit = Callable[[Tensor, Tensor], Tensor]
"""Training points (n, D) and others (m, D) -> log p of the others (m,), nats."""


def gaussian(dim: int, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Points of N(0, Σ), Σ_ij = 0.7^|i−j|, and their log-densities."""
    g = torch.Generator().manual_seed(seed)
    i = torch.arange(dim, dtype=torch.float64)
    sigma = 0.7 ** (i[:, None] - i).abs()
    lower = torch.linalg.cholesky(sigma)
    e = torch.randn(count, dim, generator=g, dtype=torch.float64)
    log_p = -0.5 * e.square().sum(1) - lower.diagonal().log().sum()
    return (e @ lower.T).float(), log_p - dim / 2 * math.log(2 * math.pi)


def kde(train: Tensor, others: Tensor) -> Tensor:
    """Gaussian kernels along the axes, the bandwidth of highest leave-one-out likelihood."""
    kernels = PointKernels.of(train, torch.zeros(len(train), dtype=torch.int64))
    h = fitted_bandwidth(kernels.leave_one_out, (0.02, 3.0))
    return kernels.log_density(others, h)


def whitened_kde(train: Tensor, others: Tensor) -> Tensor:
    """The same with kernels N(0, h² S), S the covariance of the training points.

    Fukunaga 1972: kernels along the axes on L⁻¹ x, S = L Lᵀ, and log p(x) = log p(L⁻¹ x) − log |L|.
    """
    mean, lower = _moments(train)

    def white(x: Tensor) -> Tensor:
        found: Tensor = torch.linalg.solve_triangular(lower, (x.double() - mean).T, upper=False)
        return found.T

    found: Tensor = kde(white(train), white(others)) - lower.diagonal().log().sum()
    return found


def plain_gaussian(train: Tensor, others: Tensor) -> Tensor:
    """N(m, S) by maximum likelihood: D + D (D + 1) / 2 numbers."""
    mean, lower = _moments(train)
    e = torch.linalg.solve_triangular(lower, (others.double() - mean).T, upper=False)
    constant = lower.diagonal().log().sum() + len(lower) / 2 * math.log(2 * math.pi)
    found: Tensor = -0.5 * e.square().sum(0) - constant
    return found


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of points (n, D) and L (D, D) of their covariance L Lᵀ, in float64."""
    x = x.double()
    mean = x.mean(0)
    return mean, torch.linalg.cholesky((x - mean).T @ (x - mean) / len(x))


def factors(train: Tensor, others: Tensor) -> Tensor:
    """One factor analyser, its factors by likelihood on a tenth of the training points."""
    analysis = extras.module("train", "sklearn.decomposition").FactorAnalysis
    dim, held = train.shape[1], len(train) // 10
    fit, check = train[held:].double().numpy(), train[:held].double().numpy()
    sizes = sorted({max(1, min(dim, k)) for k in (1, 2, 4, 8, 16, 32)})
    found = [analysis(k, tol=1e-3, max_iter=500).fit(fit) for k in sizes]
    best = max(found, key=lambda model: model.score(check))
    return torch.from_numpy(best.score_samples(others.double().numpy()))


def flow(train: Tensor, others: Tensor) -> Tensor:
    """A masked autoregressive flow, the best of STEPS on a tenth of the training points."""
    g = seeded(0)
    mean, sd = train.mean(0), train.std(0)
    x, held = (train - mean) / sd, len(train) // 10
    fit, check = x[held:], x[:held]
    with drawn_from(g):
        net = zuko.flows.MAF(x.shape[1], transforms=2, hidden_features=(64, 64))
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    best, state = math.inf, net.state_dict()
    for step in range(1, STEPS + 1):
        batch = fit[integers(g, len(fit), 256)]
        loss = -net().log_prob(batch).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        if step % _CHECK_EVERY == 0:
            with torch.no_grad():
                value = float(-net().log_prob(check).mean())
            if value < best:
                best, state = value, {k: v.clone() for k, v in net.state_dict().items()}
    net.load_state_dict(state)
    with torch.no_grad():
        found: Tensor = net().log_prob((others - mean) / sd).double() - sd.log().sum().double()
    return found


FITS: Mapping[str, Fit] = {
    "kde": kde,
    "kde_whitened": whitened_kde,
    "flow": flow,
    "mfa": factors,
    "gaussian": plain_gaussian,
}
TITLES = {
    "kde": "KDE, kernel along the axes",
    "kde_whitened": "KDE, whitened kernel",
    "flow": "flow",
    "mfa": "factor analyser",
    "gaussian": "plain Gaussian",
}
GAP = "_gap"
"""Ends the keys of what a fit is behind the best of its row."""


def measure(dims: Sequence[int] = DIMENSIONS) -> list[dict[str, float]]:
    """One row per dimension: the gap in nats of each fit to the truth, and its standard error."""
    rows = []
    for dim in dims:
        train, _ = gaussian(dim, POINTS, 1)
        others, truth = gaussian(dim, HELD_OUT, 2)
        row: dict[str, float] = {"dimension": dim}
        for name, fit in FITS.items():
            row |= _entry(name, truth - fit(train, others))
        print(row, flush=True)
        rows.append(row)
    return rows


def measure_digits(dims: Sequence[int] = DIMENSIONS) -> list[dict[str, float]]:
    """Cross-entropies in nats on held-out MNIST in its first principal components, and gaps."""
    from engines.training.datasets import load

    data = load("mnist")
    x = data.train.x[: POINTS + HELD_OUT].flatten(1).double()
    mean = x[:POINTS].mean(0)
    _, _, axes = torch.linalg.svd(x[:POINTS] - mean, full_matrices=False)
    rows = []
    for dim in dims:
        y = ((x - mean) @ axes[:dim].T).float()
        found = {name: -fit(y[:POINTS], y[POINTS:]) for name, fit in FITS.items()}
        row = {"dimension": dim, **compared(found)}
        print(row, flush=True)
        rows.append(row)
    return rows


def compared(found: Mapping[str, Tensor]) -> dict[str, float]:
    """Means of −log q(x) (n,) of each fit with standard errors, and the gap of each to the best.

    All fits see the same points, so the error of a gap is that of the differences, point by point:
    what makes a point hard for both cancels. The best is 0 behind itself, without error.
    """
    best = found[min(found, key=lambda name: float(found[name].mean()))]
    row: dict[str, float] = {}
    for name, value in found.items():
        row |= _entry(name, value) | _entry(f"{name}{GAP}", value - best)
    return row


def _entry(name: str, values: Tensor) -> dict[str, float]:
    """The mean of values (n,) and its standard error."""
    return {
        name: round(float(values.mean()), 4),
        f"{name}_stderr": round(float(values.std()) / math.sqrt(len(values)), 4),
    }


def write(result: Path = RESULT, page: Path = PAGE) -> None:
    """Measure, and write the result file that the window shows and the page."""
    table = {
        "points": POINTS,
        "held_out": HELD_OUT,
        "flow_steps": STEPS,
        "gaussians": measure(),
        "digits": measure_digits(),
    }
    result.write_text(tomli_w.dumps(table), encoding="utf-8")
    page.write_text(page_of(table), encoding="utf-8")


def page_of(table: Mapping[str, Any]) -> str:
    """The page of a result file."""
    head = _HEAD.format(points=table["points"], held=table["held_out"], steps=table["flow_steps"])
    parts = [head]
    for title, key, ending in _SECTIONS:
        rows = [
            [f"{row[name + ending]:.3f} ± {row[f'{name}{ending}_stderr']:.3f}" for name in FITS]
            for row in table[key]
        ]
        parts += [
            f"## {title}\n",
            "| dimension | " + " | ".join(TITLES[name] for name in FITS) + " |",
            "|" + "---|" * (1 + len(FITS)),
            *(
                f"| {row['dimension']} | " + " | ".join(cells) + " |"
                for row, cells in zip(table[key], rows, strict=True)
            ),
            "",
        ]
    return "\n".join(parts)


_SECTIONS = (
    ("Gaussians: KL gap to the truth, nats", "gaussians", ""),
    ("MNIST in its principal components: cross-entropy, nats", "digits", ""),
    ("MNIST in its principal components: gap to the best of the row, nats", "digits", GAP),
)
_HEAD = """# The curse of dimensionality

See here how density estimates get worse as the number of dimensions grows, and which family
gets worse first.

Written by `python -m engines.training.dimensions`. {points:,} training points at every dimension
and {held:,} held out; ± is one standard error over these. The Gaussians are N(0, Σ) with
Σ_ij = 0.7^|i−j|: neighbouring coordinates are strongly correlated. The KDE has Gaussian kernels,
either along the axes, with a width for each in proportion to its spread, or whitened, of the shape
of the training points' covariance; in both cases the one bandwidth has the highest leave-one-out
likelihood. The flow is masked autoregressive and takes {steps:,} steps of 256 points at every
dimension, of which the best on a tenth of the training points is kept. The plain Gaussian is the
maximum-likelihood fit: it knows the form of the truth in the first table, and is what the others
can be compared with.

With a fixed number of points the gap of a kernel density grows fast with the dimension. A part of
it is the shape of the kernel and not the dimension: compare both kernels in the first table. In the
others they are the same, since principal components are uncorrelated. The gap of the flow grows as
well. That the factor analyser and the plain Gaussian need few points in the first table says
that they are of the right form there, and not that they are better in general: on the digits they
are not. Gaps to the best are taken point by point, and so are their errors.
"""

if __name__ == "__main__":
    if absent := extras.missing("train"):
        raise SystemExit(absent)
    write()
