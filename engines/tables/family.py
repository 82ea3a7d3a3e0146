"""What a family of imputations is: its badge, its knobs, what it costs, and its run."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from engines.model import Knob, Procedure, settle
from engines.tables.data import Floats
from engines.tables.design import Design

FEWEST_DRAWS, MOST_DRAWS = 2, 1000


class Weights(Enum):
    """Whether the imputations know that the fitted parameters are uncertain.

    With fixed ones the spread between imputations is too small: intervals are too narrow.
    """

    FIXED = "fixed"
    BOOTSTRAPPED = "bootstrapped"
    DRAWN = "drawn"
    """From their posterior: the imputations are proper (Rubin 1987)."""


@dataclass(frozen=True)
class Ask:
    """How many imputations, from which seed, with which knobs.

    Raises ValueError for what cannot be.
    """

    m: int = 20
    seed: int = 1
    knobs: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not FEWEST_DRAWS <= self.m <= MOST_DRAWS:
            raise ValueError(
                f"imputations are {FEWEST_DRAWS} to {MOST_DRAWS:,}, got {self.m}: one says nothing "
                "of what is uncertain"
            )
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"a seed lies in 0 … 2^64 − 1, got {self.seed}")

    def rng(self, *of: int) -> np.random.Generator:
        """A stream of its own for each purpose, by the seed."""
        return np.random.default_rng([self.seed, *of])


@dataclass(frozen=True, eq=False)
class Drawn:
    """One finished imputation: z (n, F) of a design without gaps."""

    z: Floats


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a run is: `share` 0 … 1, what it does, and the imputation just drawn, if any."""

    share: float
    phase: str
    drawn: Drawn | None = None


@dataclass(frozen=True, eq=False)
class Trace:
    """Of a chain, a figure of the imputed cells of each feature: (sweeps, chains, features).

    Means of scores, or the share of the first level; NaN for features without gaps. The first
    `burn` sweeps are thrown away.
    """

    values: Floats
    burn: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run says at its end: the trace of a chain, and notes in words."""

    trace: Trace | None = None
    notes: tuple[str, ...] = ()


Run = Generator[Progress, None, Outcome]


@dataclass(frozen=True)
class Family:
    """One way to impute. `run` fits a design and draws; `seconds` says before about how long.

    `chain` marks draws that follow one another, which R-hat judges; others are independent.
    `weights` are as the knobs say. `refusal` is why it cannot take a design, or None.
    """

    name: str
    title: str
    procedure: Procedure
    weights: Callable[[Mapping[str, float]], Weights]
    run: Callable[[Design, Ask], Run]
    seconds: Callable[[Design, Ask], float]
    chain: bool = False
    knobs: tuple[Knob, ...] = ()
    refusal: Callable[[Design], str | None] = lambda _: None
    summary: str = ""

    def settled(self, knobs: Mapping[str, float]) -> dict[str, float]:
        """Every knob with its value. Raises ValueError for one that there is not."""
        return settle(self.knobs, knobs)


def always(weights: Weights) -> Callable[[Mapping[str, float]], Weights]:
    """The same whatever the knobs say."""
    return lambda _: weights
