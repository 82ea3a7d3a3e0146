"""Paired differences of log-density between models, on the same held-out examples.

A difference is shown only where it is one of log p: within one kind of density, and for pictures
with the same dequantisation. Across kinds there is one statement that holds: where a lower bound
of one model already exceeds the exact value of another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from engines.model import Card, Meaning

Floats: TypeAlias = npt.NDArray[np.float64]
CONFIDENCE = 0.95
_RESAMPLES = 2000
_ONE_SIDED = 1.6449
"""Standard errors of a statement to one side at 95 %."""
_UNIFORM = re.compile(r"uniform dequantisation.*?, (?:mean of )?(\d+) draw")


@dataclass(frozen=True, eq=False)
class Law:
    """log p of the same n examples under one model, in nats: (n,), and how it was found."""

    card: Card
    log_p: Floats
    meaning: Meaning
    method: str

    @property
    def dequantisation(self) -> str:
        """How levels became numbers, in words; "" where they never did."""
        found = _UNIFORM.search(self.method)
        return f"uniform, {found[1]} in each cell" if found else ""


@dataclass(frozen=True)
class Difference:
    """Mean of log p_a(x) − log p_b(x) in nats an example, with its standard error.

    `low` and `high` are the ends of an interval; over several pairs all of them hold at once with
    95 %. `kind` is that of both densities.
    """

    a: str
    b: str
    mean: float
    stderr: float
    low: float
    high: float
    kind: Meaning
    examples: int

    @property
    def decided(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def refusal(a: Law, b: Law) -> str:
    """Why a difference of these is no difference of log p, in a sentence; "" where it is."""
    if a.card.data != b.card.data or a.card.kind != b.card.kind:
        return f"{a.card.name} and {b.card.name} are of different data: no example is one of both."
    for each in (a, b):
        if each.meaning is Meaning.UNNORMALISED:
            return (
                f"{each.card.name} gives log p up to a constant that nobody knows: it cannot be "
                "ranked against other models."
            )
    if a.meaning is not b.meaning:
        return (
            f"{a.card.name} gives {_kind(a)} and {b.card.name} {_kind(b)}: a difference would be "
            "one of methods as much as of models."
        )
    if a.dequantisation != b.dequantisation:
        said = (each.dequantisation or "none" for each in (a, b))
        return (
            f"{a.card.name} and {b.card.name} make numbers of grey levels in different ways "
            f"({'; '.join(said)}): what that costs would count as a difference of models."
        )
    return ""


def one_sided(a: Law, b: Law) -> str:
    """The statement that a lower bound of one allows about the exact value of another, or ""."""
    if {a.meaning, b.meaning} != {Meaning.BOUND, Meaning.EXACT}:
        return ""
    if a.card.data != b.card.data or a.card.kind != b.card.kind:
        return ""
    bound, exact = (a, b) if a.meaning is Meaning.BOUND else (b, a)
    mean, error = mean_and_error(bound.log_p - exact.log_p)
    if mean - _ONE_SIDED * error > 0:
        return (
            f"{bound.card.name} explains these examples better than {exact.card.name}: its lower "
            f"bound alone exceeds the exact value, by {mean:.1f} ± {error:.1f} nats."
        )
    return ""


def mean_and_error(d: Floats) -> tuple[float, float]:
    """Mean of paired differences (n,) and its standard error; ValueError for fewer than 2."""
    if len(d) < 2:
        raise ValueError(f"a standard error needs at least 2 examples, got {len(d)}")
    return float(d.mean()), float(d.std(ddof=1) / math.sqrt(len(d)))


def differences(laws: Sequence[Law], seed: int = 0) -> tuple[Difference, ...]:
    """All differences that are ones of log p; with several, intervals that hold at once.

    They are mean ± c · s.e. with c the 95 % quantile of max |t| over the pairs, of a bootstrap over
    examples (Romano & Wolf 2005, "Exact and approximate stepdown methods", section 4.2): shorter
    than Bonferroni's, because the pairs share models.
    """
    pairs = [(a, b) for a, b in combinations(laws, 2) if not refusal(a, b)]
    if not pairs:
        return ()
    d = np.stack([a.log_p - b.log_p for a, b in pairs], 1)
    of = [mean_and_error(column) for column in d.T]
    c = critical(d, seed)
    return tuple(
        Difference(
            a.card.name,
            b.card.name,
            mean,
            error,
            mean - c * error,
            mean + c * error,
            a.meaning,
            len(d),
        )
        for (a, b), (mean, error) in zip(pairs, of, strict=True)
    )


def critical(d: Floats, seed: int) -> float:
    """The 95 % quantile of max |t| over the columns of d (n, K), by resampling its rows."""
    n = len(d)
    spread = np.maximum(d.std(0, ddof=1), 1e-300)
    centred = (d - d.mean(0)) / spread
    counts = np.random.default_rng(seed).multinomial(n, [1 / n] * n, _RESAMPLES)
    mean = counts @ centred / n
    variance = np.maximum(counts @ centred**2 / n - mean**2, 1e-12) * n / (n - 1)
    t = np.abs(mean) / np.sqrt(variance / n)
    return float(np.quantile(t.max(1), CONFIDENCE))


def refusals(laws: Sequence[Law]) -> tuple[str, ...]:
    """Of each pair without a difference, the one statement or why there is none."""
    said = []
    for a, b in combinations(laws, 2):
        if why := refusal(a, b):
            said.append(one_sided(a, b) or why)
    return tuple(said)


def _kind(law: Law) -> str:
    return {
        Meaning.EXACT: "an exact value",
        Meaning.BOUND: "a lower bound",
        Meaning.ESTIMATE: "an estimate",
        Meaning.UNNORMALISED: "an unnormalised value",
    }[law.meaning]
