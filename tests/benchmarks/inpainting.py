"""`python -m tests.benchmarks.inpainting` writes docs/inpainting.md: every method on one mixture.

The mixture's conditional is known (tests/engines/oracles.py), and its score is exact, so that what
is measured is the error of the methods alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from engines.inpaint.guided import DPS, GUIDED
from engines.inpaint.method import Method
from engines.inpaint.repaint import REPAINT
from engines.inpaint.replacement import REPLACEMENT
from engines.inpaint.tds import TDS
from engines.model import Knobs, Run

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engines"))
from oracles import AT, MEANS, SPREADS, WEIGHTS, line_mixture, mixture_diffusion

_EDGES = torch.arange(-8, 8.05, 0.1, dtype=torch.float64)
_PLAN: tuple[tuple[Method, Knobs], ...] = (
    (REPLACEMENT, {"steps": 50}),
    (REPLACEMENT, {"steps": 200}),
    (REPAINT, {"steps": 20, "resamplings": 6}),
    (REPAINT, {"steps": 50, "resamplings": 5}),
    (REPAINT, {"steps": 50, "resamplings": 20}),
    (DPS, {"steps": 100, "zeta": 0.05}),
    (DPS, {"steps": 400, "zeta": 0.3}),
    (GUIDED, {"steps": 30}),
    (GUIDED, {"steps": 100}),
    (TDS, {"steps": 100, "particles": 1}),
    (TDS, {"steps": 100, "particles": 4}),
    (TDS, {"steps": 100, "particles": 16}),
)
_HEAD = """# In-painting methods against a known answer

Written by `python -m tests.benchmarks.inpainting --draws {draws}`. Two coordinates, four correlated
Gaussian components, exact denoiser; asked is p(x2 | x1 = {at:g}), four modes of weights
{weights} at {means}. TV is the total variation distance on bins of 0.1, W1 the Wasserstein-1
distance in data units, both of {draws} draws; calls are denoiser evaluations per draw, and all but
those of replacement and RePaint need a derivative as well. The row of exact draws is the floor that
so many draws allow; calls per draw are counted by the run itself.

| method | calls per draw | TV | W1 | standing |
|---|---|---|---|---|
"""


def exact_draws(count: int, seed: int) -> torch.Tensor:
    """Independent draws of the conditional (count,)."""
    g = torch.Generator().manual_seed(seed)
    k = torch.multinomial(WEIGHTS, count, replacement=True, generator=g)
    e = torch.randn(count, generator=g, dtype=torch.float64)
    drawn: torch.Tensor = MEANS[k] + SPREADS[k] * e
    return drawn


def distances(x: torch.Tensor) -> tuple[float, float]:
    """TV on bins and W1 of draws (n,) against the exact conditional."""
    z = (_EDGES[:, None] - MEANS) / SPREADS
    below = (WEIGHTS * torch.special.ndtr(z)).sum(1)
    share = torch.histogram(x.double(), _EDGES).hist / len(x)
    found = torch.cat([torch.zeros(1, dtype=torch.float64), share.cumsum(0)])
    # W1 is the area between the distribution functions
    return 0.5 * (share - below.diff()).abs().sum().item(), 0.1 * (found - below).abs().sum().item()


def finished(run: Run) -> tuple[torch.Tensor, int]:
    """The result of a run and the calls per draw that its last step counted."""
    calls = 0
    while True:
        try:
            calls = next(run).calls
        except StopIteration as end:
            return end.value, calls


def lines(draws: int) -> Iterator[str]:
    """The rows of the table."""
    mixture = line_mixture()
    model = mixture_diffusion(mixture)
    tv, w1 = distances(exact_draws(draws, 1))
    yield f"| exact independent draws (floor) | – | {tv:.3f} | {w1:.3f} | |"
    g = torch.Generator().manual_seed(2)
    noise = [torch.randn(draws, k, generator=g) for k in (1, 2)]
    tv, w1 = distances(mixture.draw(torch.rand(draws, generator=g), *noise)[:, 1])
    yield f"| p(x2), the known part ignored (ceiling) | – | {tv:.3f} | {w1:.3f} | |"
    point, known = torch.tensor([AT, 0.0]), torch.tensor([True, False])
    for method, knobs in _PLAN:
        start = time.perf_counter()
        x, calls = finished(method.run(model, point, known, draws, 1, knobs))
        tv, w1 = distances(x[:, 1])
        procedure = method.procedure(model, knobs)
        yield (
            f"| {method.title}: {procedure.method} | {calls} | {tv:.3f} | {w1:.3f} | "
            f"{procedure.exactness.value} |"
        )
        print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20_000)
    draws = parser.parse_args().draws
    table = []
    for line in lines(draws):
        print(line, flush=True)
        table.append(line)
    head = _HEAD.format(
        draws=draws, at=AT, weights=", ".join(f"{w:g}" for w in WEIGHTS.tolist()),
        means=", ".join(f"{m:g}" for m in MEANS.tolist()),
    )  # fmt: skip
    Path("docs/inpainting.md").write_text(head + "\n".join(table) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
