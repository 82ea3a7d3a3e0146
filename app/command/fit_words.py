"""The words of `main.py fit` on the command line. Imports nothing heavy, and no Qt."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from engines.checkpoints.catalog import ROOT


def add(parser: argparse.ArgumentParser) -> None:
    """Give a parser the words of `fit`, and what is done with them."""
    argument = parser.add_argument
    argument(
        "csv", type=Path, metavar="CSV", help="two columns of numbers, and perhaps one of classes"
    )
    argument("--families", required=True, help="such as flow,diffusion; each makes one model")
    argument("--steps", type=_at_least_one, help="how long each trains (default: by family)")
    argument("--minutes", type=_more_than_zero, help="end each there, if that comes first")
    argument("--seed", type=int, default=1, help="of weights, batches and noise (default: 1)")
    argument(
        "--notebook",
        type=Path,
        metavar="FILE.ipynb",
        help="of one family: the training as a notebook that makes the same weights again",
    )
    argument("--assets", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.set_defaults(act=_fit, parser=parser)


def _fit(arguments: argparse.Namespace) -> int:
    from app.command.fit import Budget, act
    from app.command.output import UsageError

    budget = Budget(arguments.steps, arguments.minutes, arguments.seed)
    try:
        whole = act(arguments.csv, arguments.families, budget, arguments.assets, arguments.notebook)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    return int(not whole)


def _at_least_one(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got '{text}'")
    return int(text)


def _more_than_zero(text: str) -> float:
    try:
        if 0 < (found := float(text)) < math.inf:
            return found
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"must be a number above 0, got '{text}'")
