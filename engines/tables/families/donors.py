"""Kernel density (hot deck): the gaps of a row are those of a similar row, moved by its kernel.

p(x) = Σ_t w_t Π_j k_j(x_j; x_tj): a normal kernel of one width for all scores, and for levels the
kernel of Aitchison & Aitken 1976. Where a donor has a gap itself, its kernel is the column's own
distribution. p(x_m | x_o) is then a mixture in closed form. The widths maximise the likelihood of
each row given the others; the weights are a Bayesian bootstrap's for each draw.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from engines.model import Exactness, Knob, Procedure
from engines.tables.data import Floats
from engines.tables.design import Design, Rng
from engines.tables.family import Ask, Drawn, Family, Outcome, Progress, Run, Weights

MOST_DONORS, _FITTED, _ROWS = 4000, 600, 256
WIDTHS = (0.1, 0.15, 0.22, 0.33, 0.5, 0.75)
MIXED = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
"""Kernel widths in scores, and shares of a level's kernel that lie on other levels."""

KNOBS = (
    Knob(
        "bootstrap",
        "Weights of donors",
        1,
        0,
        1,
        1,
        "Draw the weights of the donors for each imputation, or let all count alike.",
        choices=("fixed", "bootstrapped"),
    ),
)


@dataclass(frozen=True, eq=False)
class Kernels:
    """Donors y (T, F) of a design with their gaps, a width and a share."""

    design: Design
    y: Floats
    width: float
    mixed: float

    def log_p(self, rows: Floats, skip: int | None = None) -> Floats:
        """Σ_j log k_j of rows (r, F) under each donor, over what each row has: (r, T).

        `skip` is the place of the first row among the donors: a row is no donor of itself.
        """
        found = np.zeros((len(rows), len(self.y)))
        for f, feature in enumerate(self.design.features):
            x, y = rows[:, f, None], self.y[None, :, f]
            some = ~np.isnan(x) & ~np.isnan(y)
            if feature.levels:
                other = self.mixed / feature.levels
                log_k = np.where(x == y, math.log(1 - self.mixed + other), math.log(other))
                own = _log_shares(self.y[:, f], feature.levels)[np.nan_to_num(x).astype(int)]
            else:
                h = self.width
                log_k = -0.5 * np.square((x - y) / h) - math.log(h)
                own = -0.5 * np.square(np.nan_to_num(x)) + np.zeros_like(y)
            found += np.where(some, np.nan_to_num(log_k), np.where(np.isnan(x), 0.0, own))
        if skip is not None:
            found[np.arange(len(rows)), skip + np.arange(len(rows))] = -np.inf
        return found

    def draw(self, rows: Floats, log_w: Floats, rng: Rng) -> Floats:
        """Rows (r, F) with their gaps drawn, for log-weights (r, T) of the donors."""
        noisy = log_w + rng.gumbel(size=log_w.shape)
        donors = self.y[noisy.argmax(1)]
        z = rows.copy()
        for f, feature in enumerate(self.design.features):
            gap = np.isnan(rows[:, f])
            if not gap.any():
                continue
            seen = self.y[~np.isnan(self.y[:, f]), f]
            given = np.where(np.isnan(donors[:, f]), rng.choice(seen, len(rows)), donors[:, f])
            if feature.levels:
                any_level = rng.integers(feature.levels, size=len(rows))
                moved = np.where(rng.random(len(rows)) < self.mixed, any_level, given)
            else:
                moved = given + self.width * rng.standard_normal(len(rows))
            z[gap, f] = moved[gap]
        return z


def _log_shares(codes: Floats, levels: int) -> Floats:
    counts = np.bincount(codes[~np.isnan(codes)].astype(int), minlength=levels) + 0.5
    shares: Floats = np.log(counts / counts.sum())
    return shares


def _fitted(design: Design, donors: Floats) -> Generator[Progress, None, Kernels]:
    """The kernels whose widths make each row likeliest given the others."""
    rows, best, found = donors[:_FITTED], -math.inf, Kernels(design, donors, WIDTHS[2], MIXED[1])
    widths = WIDTHS if design.scores else WIDTHS[:1]
    shares = MIXED if design.categories else MIXED[:1]
    tries = [(width, share) for width in widths for share in shares]
    for number, (width, share) in enumerate(tries, 1):
        kernels = Kernels(design, donors, width, share)
        total = 0.0
        for start in range(0, len(rows), _ROWS):
            log_p = kernels.log_p(rows[start : start + _ROWS], start)
            total += float(np.logaddexp.reduce(log_p, 1).sum())
        if total > best:
            best, found = total, kernels
        yield Progress(0.4 * number / len(tries), "kernel widths")
    return found


def run(design: Design, ask: Ask) -> Run:
    """Fit the kernels, then draw. Yields after each pair of widths and each draw."""
    knobs = FAMILY.settled(ask.knobs)
    rng = ask.rng(3)
    seen = ~design.gaps
    donors = design.z[seen.any(1)]
    order = rng.permutation(len(donors))[:MOST_DONORS]
    kernels = yield from _fitted(design, donors[order])
    notes = () if len(donors) <= MOST_DONORS else (f"{MOST_DONORS:,} of the rows are donors",)
    incomplete = np.flatnonzero(design.gaps.any(1))
    filled = np.empty((ask.m, len(incomplete), design.z.shape[1]))
    for start in range(0, len(incomplete), _ROWS):
        rows = design.z[incomplete[start : start + _ROWS]]
        log_p = kernels.log_p(rows)
        for i in range(ask.m):
            log_w = np.log(ask.rng(3, i, 0).exponential(size=len(kernels.y)))
            given = log_p + log_w if knobs["bootstrap"] else log_p
            filled[i, start : start + len(rows)] = kernels.draw(
                rows, given, ask.rng(3, i, 1, start)
            )
        yield Progress(0.4 + 0.5 * (start + len(rows)) / len(incomplete), "donors")
    for i in range(ask.m):
        z = design.z.copy()
        z[incomplete] = filled[i]
        yield Progress(0.9 + 0.1 * (i + 1) / ask.m, "draws", Drawn(z))
    return Outcome(notes=(f"kernel width {kernels.width:g}, share {kernels.mixed:g}", *notes))


def seconds(design: Design, ask: Ask) -> float:
    """About how long it takes on two slow cores."""
    donors = min(design.n, MOST_DONORS)
    fitted = 36 * min(donors, _FITTED) * donors * len(design.features) * 4e-8
    return float(fitted + ask.m * int(design.gaps.any(1).sum()) * donors * 4e-8)


FAMILY = Family(
    name="kde",
    title="Kernel density (hot deck)",
    procedure=Procedure(
        Exactness.EXACT,
        "conditional mixture of a kernel density",
        "Aitchison & Aitken 1976; Rubin & Schenker 1986",
    ),
    weights=lambda knobs: Weights.BOOTSTRAPPED if knobs.get("bootstrap", 1) else Weights.FIXED,
    run=run,
    seconds=seconds,
    knobs=KNOBS,
    summary="gaps are filled from similar rows; slopes of regressions are drawn towards zero",
)
