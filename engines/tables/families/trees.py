"""Chained trees: each column in turn is predicted from all others by a tree, and its gaps get an
observed value out of their leaf (MICE with CART: Burgette & Reiter 2010). The strongest of the
classical ways; no joint density stands behind it. Needs scikit-learn, of the extra `tables`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engines import extras
from engines.model import Exactness, Knob, Procedure
from engines.tables.data import Floats
from engines.tables.design import Codes, Design, Rng
from engines.tables.family import Ask, Drawn, Family, Outcome, Progress, Run, Trace, Weights, always

LEAF = 5
KNOBS = (Knob("turns", "Turns", 8, 2, 100, 1, "Times that each column is predicted in a chain."),)


def run(design: Design, ask: Ask) -> Run:
    """A chain for each imputation, from observed values. Yields after each tree."""
    trees = extras.module("tables", "sklearn.tree")
    turns = int(FAMILY.settled(ask.knobs)["turns"])
    gaps = design.gaps
    places = np.flatnonzero(gaps.any(0))
    order = places[np.argsort(gaps[:, places].sum(0), kind="stable")]  # fewest gaps first
    traces = np.full((turns, ask.m, len(design.features)), np.nan)
    steps = ask.m * turns * len(order)
    done = 0
    for i in range(ask.m):
        rng, z = ask.rng(7, i), design.z.copy()
        for f in order:
            z[gaps[:, f], f] = rng.choice(design.z[~gaps[:, f], f], int(gaps[:, f].sum()))
        for turn in range(turns):
            for f in order.tolist():
                _predict(trees, design, z, f, rng)
                some = z[gaps[:, f], f]
                levels = design.features[f].levels
                traces[turn, i, f] = (some == 0).mean() if levels else some.mean()
                done += 1
                yield Progress(done / steps, "trees")
        yield Progress(done / steps, "trees", Drawn(z))
    return Outcome(Trace(traces, turns // 2))


def _predict(trees: Any, design: Design, z: Floats, f: int, rng: Rng) -> None:
    """Draw the gaps of one column in place, by a tree on a bootstrap of the rows that have it."""
    gap = design.gaps[:, f]
    x = _inputs(design, z, f)
    rows = rng.choice(np.flatnonzero(~gap), int((~gap).sum()))
    kind = (
        trees.DecisionTreeClassifier if design.features[f].levels else trees.DecisionTreeRegressor
    )
    tree = kind(min_samples_leaf=LEAF, random_state=int(rng.integers(2**31)))
    y = z[rows, f]
    tree.fit(x[rows], y.astype(int) if design.features[f].levels else y)
    z[gap, f] = _donated(tree.apply(x[rows]), y, tree.apply(x[gap]), rng)


def _inputs(design: Design, z: Floats, f: int) -> Floats:
    """All other columns, levels of categories one by one."""
    parts = []
    for g, feature in enumerate(design.features):
        if g == f:
            continue
        if feature.levels > 2 and not feature.ordered:
            parts.append(z[:, g, None] == np.arange(feature.levels))
        else:
            parts.append(z[:, g, None])
    return np.concatenate(parts, 1).astype(np.float64) if parts else np.zeros((len(z), 1))


def _donated(leaves: Codes, y: Floats, asked: Codes, rng: Rng) -> Floats:
    """For each asked leaf one of the values in it."""
    order = np.argsort(leaves, kind="stable")
    found, starts, counts = np.unique(leaves[order], return_index=True, return_counts=True)
    at = np.searchsorted(found, asked)
    pick = starts[at] + (rng.random(len(asked)) * counts[at]).astype(int)
    found_values: Floats = y[order][pick]
    return found_values


def seconds(design: Design, ask: Ask) -> float:
    """About how long it takes on two slow cores."""
    turns = FAMILY.settled(ask.knobs)["turns"]
    columns = int(design.gaps.any(0).sum())
    tree = 1.2e-3 + 2e-7 * design.n * design.width * max(1.0, np.log2(design.n) / 8)
    return float(ask.m * turns * columns * tree)


FAMILY = Family(
    name="trees",
    title="Chained trees",
    procedure=Procedure(
        Exactness.HEURISTIC,
        "each column in turn from all others, a donor out of its leaf",
        "Burgette & Reiter 2010",
    ),
    weights=always(Weights.BOOTSTRAPPED),
    run=run,
    seconds=seconds,
    chain=True,
    knobs=KNOBS,
    summary="a classical way without a joint density; values are those of other rows",
)
