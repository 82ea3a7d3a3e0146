"""A card's table, read key by key: every value has a kind and a range, no key goes unread."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engines import naming
from engines.checkpoints.catalog import CheckpointError

_MISSING = object()


class Table:
    """One table of a card. Every reader raises CheckpointError naming file, key and fault."""

    def __init__(self, values: Mapping[str, Any], path: Path, within: str = "") -> None:
        self._values, self._path, self._within = values, path, within
        self._read: set[str] = set()

    def _get(self, key: str, default: Any) -> Any:
        self._read.add(key)
        value = self._values.get(key, default)
        if value is _MISSING:
            raise CheckpointError(f"the card {self._path} lacks '{self._within}{key}'")
        return value

    def fault(self, key: str, expected: str) -> CheckpointError:
        """What to raise where a value is not what was expected."""
        shown = repr(self._values.get(key))
        shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
        return CheckpointError(
            f"the card {self._path}: '{self._within}{key}' must be {expected}, not {shown}"
        )

    def text(self, key: str, default: str | None = None, most: int = 200) -> str:
        """One line of at most `most` printable characters."""
        value = self._get(key, _MISSING if default is None else default)
        if not isinstance(value, str) or len(value) > most or not (value + "x").isprintable():
            raise self.fault(key, f"one line of at most {most} characters")
        return value

    def choice(self, key: str, allowed: Mapping[str, Any] | tuple[str, ...], default: str) -> str:
        """One of a few words."""
        value = self._get(key, default)
        if not isinstance(value, str) or value not in allowed:
            raise self.fault(key, f"one of {naming.listed(allowed)}")
        return value

    def truth(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self._get(key, default)
        if type(value) is not bool:
            raise self.fault(key, "true or false")
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number in low … high."""
        value = self._get(key, _MISSING if default is None else default)
        if type(value) is not int or not low <= value <= high:
            raise self.fault(key, f"a whole number in {low} … {high}")
        return value

    def wholes(
        self, key: str, low: int, high: int, *, most: int, default: list[int] | None = None
    ) -> list[int]:
        """One to `most` whole numbers in low … high."""
        value = self._get(key, _MISSING if default is None else default)
        good = isinstance(value, list) and 1 <= len(value) <= most
        if not good or not all(type(v) is int and low <= v <= high for v in value):
            raise self.fault(key, f"1 to {most} whole numbers in {low} … {high}")
        return list(value)

    def numbers(self, key: str, count: int, default: list[float]) -> list[float]:
        """`count` finite numbers of sane size."""
        value = self._get(key, default)
        good = isinstance(value, list) and len(value) == count
        if not good or not all(type(v) in (int, float) and abs(v) < 1e30 for v in value):
            raise self.fault(key, f"{count} numbers")
        return [float(v) for v in value]

    def texts(self, key: str, most: int) -> list[str]:
        """Up to `most` short lines."""
        value = self._get(key, [])
        good = isinstance(value, list) and len(value) <= most
        if not good or not all(isinstance(v, str) and len(v) <= 200 for v in value):
            raise self.fault(key, f"at most {most} short texts")
        return list(value)

    def given(self, *keys: str) -> dict[str, Any]:
        """These keys as they stand, where they do, for a reader that checks them itself."""
        self._read.update(keys)
        return {key: self._values[key] for key in keys if key in self._values}

    def table(self, key: str) -> Table:
        """A table within this one, empty where it is missing."""
        value = self._get(key, {})
        if not isinstance(value, dict):
            raise self.fault(key, "a table")
        return Table(value, self._path, f"{self._within}{key}.")

    def rest(self) -> dict[str, Any]:
        """Everything, unchecked: for families that know their own sizes."""
        self._read.update(self._values)
        return dict(self._values)

    def close(self) -> None:
        """Raise CheckpointError for a key that nothing has asked for: it is likely a slip."""
        if unread := sorted(set(self._values) - self._read):
            offer = naming.offered(unread[0], sorted(self._read), "it has")
            raise CheckpointError(
                f"the card {self._path} does not know '{self._within}{unread[0][:60]}'; {offer}"
            )


def positive(values: list[float]) -> bool:
    """Whether all are finite and above zero."""
    return all(math.isfinite(v) and v > 0 for v in values)
