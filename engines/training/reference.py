"""`python -m engines.training reference mnist/flow …`: held-out examples as a model measures them.

They come with the program, because outliers are held against them and some models take minutes.
What is there of the model's earlier weights is removed.
"""

from __future__ import annotations

import argparse
import sys

import torch

from engines.opening import open_model
from engines.steps import Steps
from engines.uses.outliers import measuring, reference


def write(arguments: list[str]) -> None:
    """Measure for the models named and write what was measured."""
    parser = argparse.ArgumentParser(prog="python -m engines.training reference")
    parser.add_argument("names", nargs="+", help="models with a density, such as mnist/flow")
    parser.add_argument("--device", default="cpu", help="where to compute: cpu, cuda …")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    for name in options.names:
        _write(name, options.device)


def _write(name: str, device: str) -> None:
    model = open_model(name, device)
    x = reference.examples_of(model.card)
    steps = Steps(measuring.measure(model, x))
    said = 0
    for part in steps:
        done = 0 if part.so_far is None else len(part.so_far)
        if done >= said + 100:
            said = done
            print(f"{name}: {done} of {part.total}", file=sys.stderr, flush=True)
    place = reference.place_shipped(model, x)
    for old in place.parent.glob(f"{place.name.rpartition('-')[0]}-*.npz"):
        # any-order must not remove what a longer name begins with
        if old.name.rpartition("-")[0] == place.name.rpartition("-")[0]:
            old.unlink()
    reference.write(steps.result, place)
    print(f"wrote {place}", flush=True)
