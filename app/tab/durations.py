"""How long something took and what it cost, in words."""

from __future__ import annotations


def took(seconds: float) -> str:
    """ "3.1 ms", "312 ms", "4.2 s" or "1,234 s"."""
    if seconds < 0.01:
        return f"{1000 * seconds:.2g} ms"
    if seconds < 1:
        return f"{1000 * seconds:,.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:,.0f} s"


def calls(count: int) -> str:
    """Network evaluations: "1 network call", "40 network calls"."""
    return f"{count:,} network call" + "s" * (count != 1)
