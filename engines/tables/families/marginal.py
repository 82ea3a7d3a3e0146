"""The baseline: each gap gets an observed value of its column, whatever else the row says."""

from __future__ import annotations

import numpy as np

from engines.model import Exactness, Procedure
from engines.tables.design import Design
from engines.tables.family import Ask, Drawn, Family, Outcome, Progress, Run, Weights, always


def run(design: Design, ask: Ask) -> Run:
    """Draws from observed values weighed by a Bayesian bootstrap (Rubin 1981)."""
    gaps = design.gaps
    for i in range(ask.m):
        rng, z = ask.rng(2, i), design.z.copy()
        for f in range(len(design.features)):
            seen = design.z[~gaps[:, f], f]
            if missing := int(gaps[:, f].sum()):
                weight = rng.exponential(size=len(seen))
                z[gaps[:, f], f] = rng.choice(seen, missing, p=weight / weight.sum())
        yield Progress((i + 1) / ask.m, "draws", Drawn(z))
    return Outcome()


def seconds(design: Design, ask: Ask) -> float:
    """About how long it takes."""
    return float(1e-4 + ask.m * np.size(design.z) * 4e-8)


FAMILY = Family(
    name="marginal",
    title="Marginal draws",
    procedure=Procedure(
        Exactness.HEURISTIC,
        "draws from each column alone, whatever else is known of the row",
        "Rubin 1987",
    ),
    weights=always(Weights.DRAWN),
    run=run,
    seconds=seconds,
    summary="the baseline that every other family must beat: relations between columns are lost",
)
