"""Eight draws behind the left half of a digit, per family: the first frame, and all of them."""

from __future__ import annotations

import time

import torch

from engines.data import examples
from engines.inpaint import methods_for
from engines.opening import open_model
from engines.training.reports.inpainting import left
from tests.benchmarks.table import Row

FAMILIES = {
    "vae": 500,
    "kde": 500,
    "mfa": 500,
    "gan": 3000,
    "flow": 3000,
    "energy": 3000,
    "diffusion": 300,
    "latent-diffusion": 300,
    "any-order": 300,
}
"""Milliseconds until something can be seen: a completion, or of long runs a first look."""
WHOLE = {"kde": 500, "any-order": 15_000}
_COUNT = 8


def rows() -> list[Row]:
    """One thread, as in the window, each method at its default knobs, warm."""
    torch.set_num_threads(1)
    shown = examples.pictures("mnist")
    x = torch.from_numpy(shown.levels[0, ..., 0])[None] / 127.5 - 1
    return [row for family, goal in FAMILIES.items() for row in _rows(family, x, goal)]


def _rows(family: str, x: torch.Tensor, goal: float) -> list[Row]:
    model = open_model(f"mnist/{family}")
    method = methods_for(model)[0]
    known = left(*x.shape[1:])
    next(method.run(model, x, known, 1, 0))
    began, first = time.perf_counter(), None
    for step in method.run(model, x, known, _COUNT, 1):
        if first is None and step.guess is not None:
            first = 1000 * (time.perf_counter() - began)
    whole = 1000 * (time.perf_counter() - began)
    what = f"{_COUNT} × left half, mnist/{family}, {method.name}"
    return [
        Row(f"{what}, first frame", first or whole, "ms", "all draws", whole, goal),
        Row(what, whole, "ms", "first frame", first or whole, WHOLE.get(family)),
    ]
