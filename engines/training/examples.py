"""`python -m engines.training examples mnist`: held-out pictures to look at, as one small sheet.

They come from the test split, which no model is trained on, in file order and class by class.
"""

from __future__ import annotations

import argparse

import numpy as np
import tomli_w
import torch

from engines.data.examples import ROOT
from engines.training.datasets import DataSet, load

PER_CLASS = 10


def write(arguments: list[str]) -> None:
    """Write the sheets of the data sets named."""
    parser = argparse.ArgumentParser(prog="python -m engines.training examples")
    parser.add_argument("names", nargs="+", help="data sets of pictures, such as mnist")
    for name in parser.parse_args(arguments).names:
        _write(load(name))


def _write(data: DataSet) -> None:
    """A sheet with one column per class, row-major; the table beside it says what is where."""
    from PIL import Image

    indices = _first_of_each(data.test.labels, len(data.labels))
    levels = ((data.test.x[indices] + 1) * 127.5).round().to(torch.uint8)
    rows, columns = PER_CLASS, len(data.labels)
    n, channels, height, width = levels.shape
    cells = levels.permute(0, 2, 3, 1).reshape(rows, columns, height, width, channels)
    whole = cells.transpose(1, 2).reshape(rows * height, columns * width, channels).numpy()
    ROOT.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.ascontiguousarray(whole.squeeze()))
    picture.save(ROOT / f"{data.name}.png", optimize=True)
    table = {
        "data": data.name,
        "shape": [channels, height, width],
        "columns": columns,
        "classes": list(data.labels),
        "split": "test",
        "indices": indices.tolist(),
        "labels": data.test.labels[indices].tolist(),
        "licence": data.licence,
    }
    (ROOT / f"{data.name}.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    print(f"wrote {n} examples of {data.name}")


def _first_of_each(labels: torch.Tensor, classes: int) -> torch.Tensor:
    """Indices of the first PER_CLASS examples of every class, the classes in turn."""
    found = [(labels == c).nonzero()[:PER_CLASS, 0] for c in range(classes)]
    return torch.stack(found, 1).flatten()
