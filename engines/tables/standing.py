"""How the families stood where the truth is known: on hidden cells of penguins, and in simulations.

Read from assets/tables/evidence.toml, which `python -m engines.training tables` writes.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engines.tables.bundled import ROOT

PATH = ROOT / "evidence.toml"
BASELINE = "marginal"
LOW, HIGH = 0.915, 0.985
"""Between them 95 % intervals are taken to hold, in 200 tables."""


@dataclass(frozen=True)
class Standing:
    """Of one family: means over hidden cells of penguins, and coverage of pooled 95 % intervals.

    `crps`, `energy` and `rmse` are in standard deviations, `log_loss` in nats; `simulated` tables
    gave `mean95` and `slope95`, 0 where none were.
    """

    family: str
    seeds: int
    m: int
    crps: float
    energy: float
    rmse: float
    cover50: float
    cover90: float
    cover95: float
    log_loss: float
    accuracy: float
    simulated: int = 0
    mean95: float = 0.0
    slope95: float = 0.0

    @property
    def worst95(self) -> float:
        """The lower of the two coverages in simulated tables."""
        return min(self.mean95, self.slope95)


@cache
def standings(path: Path = PATH) -> dict[str, Standing]:
    """Of every family that was measured, by name; empty without the file."""
    if not path.is_file():
        return {}
    found = tomllib.loads(path.read_text("utf-8"))["family"]
    return {each["family"]: Standing(**each) for each in found}


def words(family: str) -> str:
    """What was found of a family, in a sentence for its badge; "" where nothing was measured."""
    found = standings()
    mine, base = found.get(family), found.get(BASELINE)
    if mine is None:
        return ""
    parts = []
    if family == BASELINE:
        parts.append("the baseline")
    elif base is not None and (mine.crps >= base.crps or mine.log_loss >= base.log_loss):
        parts.append("loses to marginal draws on penguins")
    else:
        parts.append(f"CRPS {mine.crps:.2f} on hidden cells of penguins")
    parts.append(f"90 % intervals covered {100 * mine.cover90:.0f} %")
    if mine.simulated:
        parts.append(_simulated(mine))
    return "; ".join(parts)


def loses(family: str) -> bool:
    """Whether a family was no better than marginal draws."""
    return "loses to marginal draws" in words(family)


def _simulated(mine: Standing) -> str:
    worst = mine.worst95
    if worst < LOW:
        return f"pooled 95 % intervals are too narrow by {100 * (0.95 - worst):.0f} %"
    if max(mine.mean95, mine.slope95) > HIGH:
        most = max(mine.mean95, mine.slope95)
        return f"pooled 95 % intervals are wider than need be: they covered {100 * most:.0f} %"
    return f"pooled 95 % intervals hold ({100 * worst:.0f} % in {mine.simulated} simulated tables)"
