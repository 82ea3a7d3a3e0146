"""The curse of dimensionality, measured: docs/dimensions.md and engines/maps/dimensions.toml.

How far a kernel density, a flow and a mixture of factor analysers fall short on held-out data as
the dimension grows: nats per dimension, on Gaussians whose density is known and on MNIST reduced
by principal components.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import tomli_w
import torch
import zuko
from torch import Tensor

from engines.nets.bandwidth import fitted_bandwidth
from engines.nets.kde import PointKernels

DIMENSIONS = (1, 2, 4, 8, 16, 32, 64)
POINTS, HELD_OUT, SECONDS = 5_000, 2_000, 12.0
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
    """Gaussian kernels, the bandwidth of highest leave-one-out likelihood."""
    kernels = PointKernels.of(train, torch.zeros(len(train), dtype=torch.int64))
    h = fitted_bandwidth(kernels.leave_one_out, (0.02, 3.0))
    return kernels.log_density(others, h)


def factors(train: Tensor, others: Tensor) -> Tensor:
    """One factor analyser, its factors by likelihood on a tenth of the training points."""
    from sklearn.decomposition import FactorAnalysis

    dim, held = train.shape[1], len(train) // 10
    fit, check = train[held:].double().numpy(), train[:held].double().numpy()
    sizes = sorted({max(1, min(dim, k)) for k in (1, 2, 4, 8, 16, 32)})
    found = [FactorAnalysis(k, tol=1e-3, max_iter=500).fit(fit) for k in sizes]
    best = max(found, key=lambda model: model.score(check))
    return torch.from_numpy(best.score_samples(others.double().numpy()))


def flow(train: Tensor, others: Tensor) -> Tensor:
    """A masked autoregressive flow, the best of its steps on a tenth of the training points."""
    torch.manual_seed(0)
    mean, sd = train.mean(0), train.std(0)
    x, held = (train - mean) / sd, len(train) // 10
    fit, check = x[held:], x[:held]
    net = zuko.flows.MAF(x.shape[1], transforms=2, hidden_features=(64, 64))
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    best, state, began, step = math.inf, net.state_dict(), time.process_time(), 0
    while time.process_time() - began < SECONDS:
        batch = fit[torch.randint(len(fit), (256,))]
        loss = -net().log_prob(batch).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        step += 1
        if step % 50 == 0:
            with torch.no_grad():
                value = float(-net().log_prob(check).mean())
            if value < best:
                best, state = value, {k: v.clone() for k, v in net.state_dict().items()}
    net.load_state_dict(state)
    with torch.no_grad():
        found: Tensor = net().log_prob((others - mean) / sd).double() - sd.log().sum().double()
    return found


FITS: dict[str, Fit] = {"kde": kde, "flow": flow, "mfa": factors}
_TITLES = {"kde": "KDE", "flow": "flow", "mfa": "factor analyser"}


def measure(dims: tuple[int, ...] = DIMENSIONS) -> list[dict[str, float]]:
    """One row per dimension: the gap in nats of each fit to the truth, and its standard error."""
    rows = []
    for dim in dims:
        train, _ = gaussian(dim, POINTS, 1)
        others, truth = gaussian(dim, HELD_OUT, 2)
        row: dict[str, float] = {"dimension": dim}
        for name, fit in FITS.items():
            gap = truth - fit(train, others)
            row[name] = round(float(gap.mean()), 4)
            row[f"{name}_stderr"] = round(float(gap.std()) / math.sqrt(HELD_OUT), 4)
        print(row, flush=True)
        rows.append(row)
    return rows


def measure_digits(dims: tuple[int, ...] = DIMENSIONS) -> list[dict[str, float]]:
    """Cross-entropies in nats on held-out MNIST in its first principal components."""
    from engines.training.datasets import load

    data = load("mnist")
    x = data.train.x[: POINTS + HELD_OUT].flatten(1).double()
    mean = x[:POINTS].mean(0)
    _, _, axes = torch.linalg.svd(x[:POINTS] - mean, full_matrices=False)
    rows = []
    for dim in dims:
        y = ((x - mean) @ axes[:dim].T).float()
        row: dict[str, float] = {"dimension": dim}
        for name, fit in FITS.items():
            value = -fit(y[:POINTS], y[POINTS:])
            row[name] = round(float(value.mean()), 4)
            row[f"{name}_stderr"] = round(float(value.std()) / math.sqrt(HELD_OUT), 4)
        print(row, flush=True)
        rows.append(row)
    return rows


def write(result: Path = RESULT, page: Path = PAGE) -> None:
    """Measure, and write the result file that the window shows and the page."""
    table = {
        "points": POINTS, "held_out": HELD_OUT, "flow_seconds": SECONDS,
        "gaussians": measure(), "digits": measure_digits(),
    }  # fmt: skip
    result.write_text(tomli_w.dumps(table), encoding="utf-8")
    page.write_text(_page(table), encoding="utf-8")


def _page(table: dict) -> str:  # type: ignore[type-arg]
    lines = [_HEAD.format(points=table["points"], held=table["held_out"], s=table["flow_seconds"])]
    titles = (("gaussians", "Gaussians: KL gap to the truth, nats"),
              ("digits", "MNIST in its principal components: cross-entropy, nats"))  # fmt: skip
    for key, title in titles:
        lines += [f"## {title}", "", "| dimension | " + " | ".join(_TITLES.values()) + " |",
                  "|" + "---|" * (1 + len(FITS))]  # fmt: skip
        for row in table[key]:
            cells = [f"{row[name]:.3f} ± {row[f'{name}_stderr']:.3f}" for name in FITS]
            lines.append(f"| {row['dimension']} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


_HEAD = """# The curse of dimensionality

Written by `python -m engines.training.dimensions`. {points:,} training points, {held:,} held out;
the flow trains for {s:g} s of processor time at every dimension. A kernel density needs ever more
points as the dimension grows; models that find structure need fewer.
"""

if __name__ == "__main__":
    write()
