"""Tables for the tests: the shipped ones, and such as are made of columns."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from engines.tables.data import open_table, table_of
from engines.tables.sheet import of_columns

ASSETS = Path(__file__).resolve().parents[3] / "assets" / "tables"
QUICK = {
    "copula": {"burn": 20, "sweeps": 5},
    "mfa": {"components": 2},
    "vae": {"steps": 10, "proposals": 50, "fits": 2},
    "any-order": {"steps": 10, "fits": 2},
    "kde": {},
    "trees": {"turns": 2},
    "marginal": {},
    "flow": {"steps": 10, "fits": 1, "sweeps": 1},
    "diffusion": {"steps": 10, "fits": 2, "calls": 5},
    "gan": {"steps": 10, "fits": 2},
    "energy": {"steps": 10, "fits": 2, "sweeps": 1},
}


@cache
def shipped(name):
    return open_table(ASSETS / f"{name}.csv")


def of(**columns):
    return table_of(of_columns("made", columns))


def gaussian(n, seed, missing=0.3, rho=0.7):
    """Two related normals: y has gaps where x is large (at random, given x)."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    y = rho * x + np.sqrt(1 - rho**2) * rng.standard_normal(n)
    gone = rng.random(n) < 2 * missing / (1 + np.exp(-2 * x))
    return of(x=x.tolist(), y=np.where(gone, np.nan, y).tolist())


def shuffled(table, rng):
    """The same table with rows and columns in another order."""
    rows, columns = rng.permutation(table.rows), rng.permutation(len(table.columns))
    others = [replace(o, cells=tuple(o.cells[r] for r in rows)) for o in table.others]
    kind = replace(table.kind, columns=tuple(table.columns[c] for c in columns))
    return replace(
        table, kind=kind, x=table.x[rows][:, columns], others=tuple(others[::-1]), order=()
    ), rows
