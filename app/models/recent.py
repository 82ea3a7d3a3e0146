"""Results of models that were finished not long ago, in memory: they come back with their row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engines.model import Card

MOST = 64 << 20
"""Bytes of results that are remembered; the oldest go."""


class Recent:
    """Frames by the weights of their models. Used on the lane's thread only."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._frames: list[tuple[str, Any, int]] = []  # the oldest first

    def put(self, card: Card, frame: object, size: int) -> None:
        """Remember a frame of so many bytes."""
        self._frames.append((card.sha256, frame, size))
        while sum(size for _, _, size in self._frames) > self._most:
            del self._frames[0]

    def find(self, card: Card, same: Callable[[Any], bool]) -> Any | None:
        """The newest frame of a model for which `same` holds; None where there is none."""
        found = (f for sha256, f, _ in reversed(self._frames) if sha256 == card.sha256 and same(f))
        return next(found, None)
