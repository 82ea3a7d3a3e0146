"""Held-out examples of the data sets, to show beside what models make and to fill holes in."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engines.data import own
from engines.data.own import DataError
from engines.data.toys import TOYS

ROOT = Path(__file__).resolve().parents[2] / "assets" / "examples"
_NEW = 77_000
"""Seed of toy points that are no points of training or of examples."""


def has_points(data: str) -> bool:
    """Whether points of a data set of the plane are known, shipped or the user's own."""
    return data in TOYS or (ROOT / f"{data}.csv").is_file() or data in own.names()


def points(data: str, count: int) -> Tensor:
    """At most `count` points (n, D) in data units. Raises DataError for an unknown set."""
    if data in TOYS:
        return TOYS[data].sample(count, torch.Generator().manual_seed(0))[0]
    if not (ROOT / f"{data}.csv").is_file():
        if data not in own.names():
            raise DataError(f"there are no points of the data set '{data}' here")
        return torch.from_numpy(own.load(data).x[:count])
    table = np.loadtxt(
        ROOT / f"{data}.csv", np.float32, comments=None, delimiter=",", skiprows=1, max_rows=count
    )  # its first line names the columns and their source
    return torch.from_numpy(table)


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of a test split: levels uint8 (n, H, W, 3), class and place in the split of each.

    `labels` are indices into `classes`, the names; without classes they are all 0. Pictures of a
    folder have `names`, those of their files.
    """

    levels: npt.NDArray[np.uint8]
    classes: tuple[str, ...]
    labels: tuple[int, ...]
    indices: tuple[int, ...]
    names: tuple[str, ...] = ()


def pictures(data: str) -> Pictures:
    """The examples of a data set of pictures. Raises FileNotFoundError for a set without any."""
    return _sheet(ROOT, data)


def held_out(data: str) -> Pictures:
    """Many more of the test split, drawn at random, none of them among the examples.

    What is new is held against them. Raises DataError for a set that comes without.
    """
    if not (ROOT / f"{data}-held-out.png").is_file():
        raise DataError(
            f"there are no held-out examples of the data '{data}' here to hold others against"
        )
    return _sheet(ROOT, f"{data}-held-out")


def held_out_points(data: str, count: int) -> Tensor:
    """Points (n, D) that no shipped model was trained on. Raises DataError for an unknown set."""
    if data in TOYS:
        return TOYS[data].sample(count, torch.Generator().manual_seed(_NEW))[0]
    return points(data, count)


def held_out_classes(data: str, count: int) -> tuple[Tensor, Tensor | None]:
    """The same points, and the class (n,) of each where it is known."""
    if data in TOYS and TOYS[data].labels:
        return TOYS[data].sample(count, torch.Generator().manual_seed(_NEW))
    return held_out_points(data, count), None


@lru_cache(maxsize=4)  # their tables take a quarter of a second to read
def _sheet(root: Path, name: str) -> Pictures:
    from PIL import Image

    table = tomllib.loads((root / f"{name}.toml").read_text(encoding="utf-8"))
    _, height, width = table["shape"]
    with Image.open(root / f"{name}.png") as image:
        whole = np.asarray(image.convert("RGB"))
    rows, columns = whole.shape[0] // height, table["columns"]
    cells = whole.reshape(rows, height, columns, width, 3).swapaxes(1, 2)
    levels = np.ascontiguousarray(cells.reshape(-1, height, width, 3))
    return Pictures(
        levels, tuple(table["classes"]), tuple(table["labels"]), tuple(table["indices"])
    )


def class_counts(data: str) -> tuple[int, ...]:
    """How many training examples each class has; empty where it is not known.

    Raises FileNotFoundError for a set without examples.
    """
    table = tomllib.loads((ROOT / f"{data}.toml").read_text(encoding="utf-8"))
    return tuple(table.get("train_counts", ()))
