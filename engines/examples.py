"""Held-out examples of the data sets in the plane, to show beside what models make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engines.toys import TOYS

ROOT = Path(__file__).resolve().parent.parent / "assets" / "examples"


def points(data: str, count: int) -> Tensor:
    """At most `count` points (n, 2) in data units. Raises FileNotFoundError for an unknown set."""
    if data in TOYS:
        return TOYS[data].sample(count, torch.Generator().manual_seed(0))[0]
    table = np.loadtxt(ROOT / f"{data}.csv", np.float32, delimiter=",", max_rows=count)
    return torch.from_numpy(table)
