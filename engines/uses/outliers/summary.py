"""How each score does on each group of examples: what it flags, and how well it tells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engines.uses.outliers import conformal, curves
from engines.uses.outliers.curves import Detection
from engines.uses.outliers.reference import Judged, Reference


@dataclass(frozen=True)
class Row:
    """One score on one group: `flagged` of `total` at the false-alarm rate asked, its interval."""

    group: str
    score: str
    flagged: int
    total: int
    low: float
    high: float
    detection: Detection


def summary(groups: Mapping[str, Judged], against: Reference, rate: float) -> Iterator[Row]:
    """A row for each group and score, group by group."""
    for name, judged in groups.items():
        for score, p in judged.p.items():
            flagged = int((p <= rate).sum())
            low, high = conformal.share_between(flagged, len(p))
            found = curves.detection(judged.scores[score], against.scores[score])
            yield Row(name, score, flagged, len(p), low, high, found)
