"""The examples that are asked whether they are outliers, in groups of one origin each."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engines.data import examples
from engines.data.own import DataError
from engines.kinds import Pictures
from engines.model import Card
from engines.uses.outliers import reference
from engines.uses.outliers.probes import PROBES, probed

DIGITS = "held-out"
"""The group of examples of the data itself, which a good score finds no stranger than others."""


@dataclass(frozen=True, eq=False)
class Group:
    """Examples x (n, …) of one origin, with a name for each."""

    name: str
    x: Tensor
    names: tuple[str, ...]


def numbered(name: str, x: Tensor) -> Group:
    """A group whose examples are called by it and a number from 1."""
    return Group(name, x, tuple(f"{name}-{i + 1:03d}" for i in range(len(x))))


def probe_group(name: str, x: Tensor, seed: int) -> Group:
    """The pictures of a probe made from x (n, C, H, W), or these themselves for "held-out"."""
    return numbered(name, x if name == DIGITS else probed(name, x, seed))


def fresh(card: Card, count: int) -> Tensor:
    """Held-out pictures (n, C, H, W) that are in no reference, to make probes from.

    Raises DataError where there are none.
    """
    kind = card.kind
    if not isinstance(kind, Pictures):
        raise DataError(f"probes are made from pictures, and {card.name} is of {kind.things}")
    first = reference.USUAL + reference.CALIBRATION
    levels = examples.held_out(card.data).levels[first : first + count]
    x = torch.from_numpy(levels[..., : kind.channels].copy()).permute(0, 3, 1, 2)
    return x.float() / 127.5 - 1


def choices() -> tuple[str, ...]:
    """The names of the groups that can be made of held-out pictures."""
    return (*PROBES, DIGITS)
