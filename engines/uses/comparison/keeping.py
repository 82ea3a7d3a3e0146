"""What was found of a model's samples, kept on disk by its recipe: drawing them may take minutes.

The recipe is the weights, the data, the network that reads them, the number of samples, the seed
and the device, whose numbers may differ. What cannot be read again, or is of another recipe, is
measured anew.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import math
from pathlib import Path
from typing import Any

from engines.checkpoints import disk
from engines.kinds import Pictures
from engines.model import Card
from engines.readers import classifier
from engines.uses.comparison.samples import Quality, TwoSample, Unbiased

_EDITION = 1
"""Raised when a figure changes without a change of weights: what was kept before is not read."""


def kept(
    card: Card, count: int, seed: int, device: str, folder: Path | None = None
) -> Quality | None:
    """The figures of so many samples of this seed, if they are on disk."""
    recipe = _recipe(card, count, seed, device)
    try:
        found = json.loads(_place(card, recipe, folder).read_text("utf-8"))
        if found["recipe"] != recipe:
            return None
        quality = _quality(found["quality"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return quality if quality.samples == count else None


def keep(
    found: Quality, card: Card, count: int, seed: int, device: str, folder: Path | None = None
) -> None:
    """Keep the figures; where they cannot be kept, they will be measured again."""
    recipe = _recipe(card, count, seed, device)
    said = {"recipe": recipe, "quality": dataclasses.asdict(found)}
    if not card.sha256 or not _is_finite(said["quality"]):
        return
    with contextlib.suppress(OSError):
        disk.write_atomically(_place(card, recipe, folder), json.dumps(said).encode())


def cache_folder() -> Path:
    """Where figures of samples are kept."""
    import platformdirs

    return platformdirs.user_cache_path("genscope", appauthor=False) / "samples"


def _recipe(card: Card, count: int, seed: int, device: str) -> dict[str, Any]:
    reads = isinstance(card.kind, Pictures) and classifier.exists(card.data)
    return {
        "edition": _EDITION,
        "weights": card.sha256,
        "data": card.data,
        "reader": classifier.read(card.data).sha256 if reads else "",
        "samples": count,
        "seed": seed,
        "device": device,
    }


def _place(card: Card, recipe: dict[str, Any], folder: Path | None) -> Path:
    said = json.dumps(recipe, sort_keys=True)
    name = f"{card.family}-{hashlib.sha256(said.encode()).hexdigest()[:24]}.json"
    return (folder or cache_folder()) / name


def _quality(found: dict[str, Any]) -> Quality:
    """The inverse of `dataclasses.asdict`. Raises KeyError, TypeError or ValueError."""
    if not _is_finite(found):
        raise ValueError("figures that are no finite numbers")
    shares, floor = (dict(found[name]) for name in ("shares", "shares_floor"))
    if not set(shares) == set(floor) == _SHARES:
        raise KeyError("shares")
    return Quality(
        Unbiased(**found["frechet"]),
        Unbiased(**found["frechet_floor"]),
        shares,
        floor,
        TwoSample(**found["mmd"]),
        TwoSample(**found["told_apart"]),
        int(found["samples"]),
    )


_SHARES = {"precision", "recall", "density", "coverage"}


def _is_finite(value: Any) -> bool:
    """Whether all that stands in a nest of dicts is finite numbers."""
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    return isinstance(value, int | float) and math.isfinite(value)
