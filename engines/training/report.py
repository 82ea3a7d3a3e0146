"""The measured figures of all cards as one page: docs/models.md."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engines.catalog import DATA_TITLES, FAMILY_TITLES, catalog
from engines.model import Card
from engines.toys import TOYS

_HEAD = """# What the bundled models reach

Written by `python -m engines.training report` from the cards in `assets/models/`, whose figures
`python -m engines.training evaluate NAME` measured on the full held-out test sets. Bits per
dimension are of the 256-level picture and of p(x), no class given; ≤ marks a bound. The KL gap is
the mean of log p_true(x) − log p(x) over test points, for a bound an upper bound on it; mass is
the integral of the density over the plane.
"""


def write(path: Path = Path("docs/models.md")) -> None:
    """Write the page."""
    cards = catalog()
    pictures = [card for card in cards if card.is_picture]
    points = [card for card in cards if not card.is_picture]
    parts = [_HEAD, "## Pictures\n", _table(_PICTURES, pictures), "## Points\n",
             _table(_POINTS, points)]  # fmt: skip
    path.write_text("\n".join(parts), encoding="utf-8")


def _figure(card: Card, name: str) -> str:
    figure: Mapping[str, Any] = card.figures.get(name, {})
    if "value" not in figure:
        return "–"
    sign = "≤ " if figure.get("meaning") == "bound" else ""
    value, error = figure["value"], figure.get("stderr")
    digits = 1 if name == "sampling_ms" else 4
    if error is None or not math.isfinite(error):
        return f"{sign}{value:.{digits}f}"
    return f"{sign}{value:.{digits}f} ± {error:.{digits}f}"


def _method(card: Card, name: str) -> str:
    return str(card.figures.get(name, {}).get("method", "–"))


def _entropy(card: Card) -> str:
    return f"{TOYS[card.data].entropy:.4f}" if card.data in TOYS else "unknown"


_PICTURES = {
    "data": lambda c: DATA_TITLES.get(c.data, c.data),
    "family": lambda c: FAMILY_TITLES[c.family],
    "parameters": lambda c: f"{c.parameters:,}",
    "trained": lambda c: (
        f"{c.training.get('minutes', 0)} min, {c.training.get('steps', 0):,} steps"
    ),
    "bits/dim": lambda c: _figure(c, "bits_per_dim"),
    "method": lambda c: _method(c, "bits_per_dim"),
    "ELBO, bits/dim": lambda c: _figure(c, "elbo_bits_per_dim"),
    "16 samples, ms": lambda c: _figure(c, "sampling_ms"),
}
_POINTS = {
    "data": lambda c: DATA_TITLES.get(c.data, c.data),
    "family": lambda c: FAMILY_TITLES[c.family],
    "parameters": lambda c: f"{c.parameters:,}",
    "entropy, nats": _entropy,
    "cross-entropy, nats": lambda c: _figure(c, "cross_entropy"),
    "KL gap, nats": lambda c: _figure(c, "kl_gap"),
    "method": lambda c: _method(c, "cross_entropy"),
    "mass": lambda c: _figure(c, "mass"),
}


def _table(columns: Mapping[str, Any], cards: Iterable[Card]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell(card) for cell in columns.values()) + " |" for card in cards]
    return "\n".join(lines) + "\n"
