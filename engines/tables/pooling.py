"""Results of M completed tables as one result: Rubin's rules with the degrees of freedom of
Barnard & Rubin 1999.

Every number that a person sees of imputed data is pooled: no single completed table is a result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines import extras
from engines.naming import shortened

_LEAST_LAMBDA = 1e-4
"""As mice does, the share due to gaps enters the degrees of freedom as no less than this."""


@dataclass(frozen=True)
class Pooled:
    """One pooled number: estimate Q̄, within U, between B, total T variance, and what follows.

    `lam` is λ, the share of T that is due to the gaps; `fmi` the fraction of missing information;
    `r` the relative increase of variance; `df` the degrees of freedom ν.
    """

    name: str
    estimate: float
    within: float
    between: float
    total: float
    df: float
    r: float
    lam: float
    fmi: float
    m: int

    @property
    def se(self) -> float:
        """Its standard error √T."""
        return math.sqrt(self.total)

    @property
    def efficiency(self) -> float:
        """Relative to infinitely many imputations: 1 / (1 + FMI / M) (Rubin 1987, eq. 4.3)."""
        return 1 / (1 + self.fmi / self.m)

    @property
    def enough(self) -> int:
        """Imputations that the rule M ≥ 100 FMI asks for (White, Royston & Wood 2011)."""
        return max(2, math.ceil(100 * self.fmi))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """By Student's t. Raises MissingExtra without the extra `tables`."""
        t = quantile((1 + level) / 2, self.df)
        return self.estimate - t * self.se, self.estimate + t * self.se

    def p_value(self) -> float:
        """Of the number being 0, two-sided. Raises MissingExtra without the extra `tables`."""
        if self.se == 0:
            return 0.0 if self.estimate else 1.0
        special = extras.module("tables", "scipy.special")
        t = abs(self.estimate) / self.se
        tail = special.ndtr(-t) if math.isinf(self.df) else special.stdtr(self.df, -t)
        return float(2 * tail)


def quantile(p: float, df: float) -> float:
    """Of Student's t; of the normal law for infinitely many degrees of freedom."""
    special = extras.module("tables", "scipy.special")
    found = special.ndtri(p) if math.isinf(df) else special.stdtrit(df, p)
    return float(found)


def pool(
    name: str, estimates: Sequence[float], variances: Sequence[float], complete_df: float = math.inf
) -> Pooled:
    """Rubin's rules for M estimates with their squared standard errors.

    `complete_df` is ν_com, what a table without gaps would give: n − k. As `mice::pool.scalar`.
    Raises ValueError for fewer than two, and for values that are not finite.
    """
    q, u = np.asarray(estimates, float), np.asarray(variances, float)
    m = len(q)
    if m < 2 or len(u) != m:
        raise ValueError(
            f"'{shortened(name)}': {m} estimates with {len(u)} variances cannot be pooled"
        )
    if not (np.isfinite(q).all() and np.isfinite(u).all() and (u >= 0).all()):
        raise ValueError(
            f"'{shortened(name)}' has no finite estimate or standard error in each completed table"
        )
    within, between = float(u.mean()), float(q.var(ddof=1))
    total = within + (1 + 1 / m) * between
    lam = (1 + 1 / m) * between / total if total > 0 else 0.0
    df = barnard_rubin(m, lam, complete_df)
    r = lam / (1 - lam) if lam < 1 else math.inf
    fmi = (r + 2 / (df + 3)) / (1 + r) if math.isfinite(r) else 1.0
    return Pooled(name, float(q.mean()), within, between, total, df, r, lam, fmi, m)


def barnard_rubin(m: int, lam: float, complete_df: float) -> float:
    """ν = (1/ν_old + 1/ν_obs)⁻¹ with ν_old = (M − 1)/λ² and
    ν_obs = (ν_com + 1)/(ν_com + 3) ν_com (1 − λ).
    """
    lam = max(lam, _LEAST_LAMBDA)
    old = (m - 1) / lam**2
    if math.isinf(complete_df):
        return old
    observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - lam)
    return old * observed / (old + observed) if observed > 0 else 0.0
