"""`python -m engines.training examples mnist`: held-out pictures to look at, as one small sheet,
and many more that others are held against.

Both come from the test split, which no model is trained on: the examples in file order and class
by class, the others at random, for the parts of a split may differ.
"""

from __future__ import annotations

import argparse

import numpy as np
import tomli_w
import torch

from engines.data.examples import ROOT
from engines.training.datasets import DataSet, load

PER_CLASS = 10
HELD_OUT, HELD_OUT_COLUMNS, SEED = 2_000, 50, 20_000


def write(arguments: list[str]) -> None:
    """Write the sheets of the data sets named."""
    parser = argparse.ArgumentParser(prog="python -m engines.training examples")
    parser.add_argument("names", nargs="+", help="data sets of pictures, such as mnist")
    for name in parser.parse_args(arguments).names:
        _write(load(name))


def _write(data: DataSet) -> None:
    """A sheet with one column per class, row-major; the table beside it says what is where."""
    examples = _first_of_each(data.test.labels, len(data.labels))
    _write_sheet(data, data.name, examples, len(data.labels))
    order = torch.randperm(len(data.test), generator=torch.Generator().manual_seed(SEED))
    others = order[~torch.isin(order, examples)][:HELD_OUT]
    _write_sheet(data, f"{data.name}-held-out", others, HELD_OUT_COLUMNS)


def _write_sheet(data: DataSet, name: str, indices: torch.Tensor, columns: int) -> None:
    from PIL import Image

    levels = ((data.test.x[indices] + 1) * 127.5).round().to(torch.uint8)
    n, channels, height, width = levels.shape
    rows = n // columns
    cells = levels.permute(0, 2, 3, 1).reshape(rows, columns, height, width, channels)
    whole = cells.transpose(1, 2).reshape(rows * height, columns * width, channels).numpy()
    ROOT.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.ascontiguousarray(whole.squeeze()))
    picture.save(ROOT / f"{name}.png", optimize=True)
    table = {
        "data": data.name,
        "shape": [channels, height, width],
        "columns": columns,
        "classes": list(data.labels),
        "split": "test",
        "train_counts": torch.bincount(data.train.labels).tolist(),
        "indices": indices.tolist(),
        "labels": data.test.labels[indices].tolist(),
        "licence": data.licence,
    }
    (ROOT / f"{name}.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    print(f"wrote {n} examples: {name}")


def _first_of_each(labels: torch.Tensor, classes: int) -> torch.Tensor:
    """Indices of the first PER_CLASS examples of every class, the classes in turn."""
    found = [(labels == c).nonzero()[:PER_CLASS, 0] for c in range(classes)]
    return torch.stack(found, 1).flatten()
