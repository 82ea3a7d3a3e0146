"""Measured figures of cards as people read them. Torch-free.

≤ marks a bound, ≈ an estimate, ~ a stand-in that is not the model's own; ± is one standard error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

NOTHING = "–"
_SIGNS = {"bound": "≤ ", "estimate": "≈ ", "heuristic": "~ "}


def shown(figures: Mapping[str, Any], name: str, digits: int = 4) -> str:
    """A figure with its sign and standard error, or "–" where there is none."""
    figure: Mapping[str, Any] = figures.get(name, {})
    if "value" not in figure:
        return NOTHING
    sign = _SIGNS.get(figure.get("meaning", ""), "")
    value, error = f"{figure['value']:.{digits}f}", figure.get("stderr")
    if error is None or not math.isfinite(error):
        return f"{sign}{value}"
    return f"{sign}{value} ± {error:.{digits}f}"


def beside_floor(figures: Mapping[str, Any], name: str, digits: int = 3) -> str:
    """A figure and, in brackets, what real test data reach in the place of samples."""
    figure: Mapping[str, Any] = figures.get(name, {})
    if "value" not in figure:
        return NOTHING
    return f"{figure['value']:.{digits}f} ({figure['floor']:.{digits}f})"


def percent(figures: Mapping[str, Any], name: str) -> str:
    """A share in percent."""
    figure: Mapping[str, Any] = figures.get(name, {})
    return f"{100 * figure['value']:.1f} %" if "value" in figure else NOTHING


def duration(figures: Mapping[str, Any], name: str) -> str:
    """Milliseconds with three digits, seconds from ten thousand on."""
    figure: Mapping[str, Any] = figures.get(name, {})
    if "value" not in figure:
        return NOTHING
    ms = float(figure["value"])
    if ms >= 10_000:
        return f"{ms / 1000:.1f} s"
    return f"{ms:,.0f} ms" if ms >= 100 else f"{ms:.1f} ms"
