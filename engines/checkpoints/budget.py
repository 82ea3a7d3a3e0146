"""How much memory a model from outside may ask for. Imports nothing heavy."""

from __future__ import annotations

import os
from contextlib import suppress

from engines.checkpoints.catalog import CheckpointError

_UNKNOWN = 8 << 30
"""Bytes taken for granted where the system does not say what it has."""


def physical() -> int:
    """Bytes of memory this computer has."""
    with suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return _UNKNOWN


def default() -> int:
    """Bytes that models may take together: half of what the computer has."""
    return physical() // 2


def check(wanted: int, what: str, limit: int | None = None) -> None:
    """Raise CheckpointError when `what` would take more bytes than `limit`, or than the default."""
    allowed = default() if limit is None else limit
    if wanted > allowed:
        raise CheckpointError(f"{what} would take {said(wanted)}; the limit is {said(allowed)}")


def said(size: int) -> str:
    """Bytes in words: "512 B", "3.6 MB", "12 GB"."""
    if size < 1000:
        return f"{size} B"
    amount, unit = float(size), ""
    for unit in ("kB", "MB", "GB", "TB", "PB"):
        amount /= 1000
        if amount < 999.5:
            return f"{amount:.1f} {unit}" if amount < 99.5 else f"{amount:.0f} {unit}"
    return f"more than 999 {unit}"
