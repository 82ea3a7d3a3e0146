"""When a training has left its way for good: losses that explode."""

from __future__ import annotations

import math
from collections.abc import Mapping

_FAR, _OFF, _LONG = 1e3, 10.0, 20
"""Nats above the best loss: at once too far, and too far where it lasts so many steps."""
_SCORES = 1e4
"""Scores of a critic that are no longer of use to anybody."""


class Alarm:
    """Follows the losses of one training; it begins anew where that goes back."""

    def __init__(self) -> None:
        self._best, self._off = math.inf, 0

    def of(self, losses: Mapping[str, float]) -> str | None:
        """The name of the loss that has exploded with this step, if one has."""
        for name, value in losses.items():
            if not math.isfinite(value) or (name in ("gap", "generator") and abs(value) > _SCORES):
                return name
        loss = losses.get("loss")
        if loss is None:
            return None
        self._best = min(self._best, loss)
        self._off = self._off + 1 if loss > self._best + _OFF else 0
        wild = loss > self._best + _FAR or loss < -_FAR or self._off >= _LONG
        return "loss" if wild else None
