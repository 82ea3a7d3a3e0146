"""The words of outliers and comparison: what models say of held-out examples. Nothing heavy."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.command.usage import Parser
from app.recipes.files import APP
from engines.checkpoints.catalog import ROOT

COMMANDS = ("outliers", "compare")
_OK, _FAILED = 0, 1
_DEVICE = "where to compute, such as cpu or cuda (default: the best at hand)"


def add(commands: argparse._SubParsersAction[Parser]) -> None:
    """Put the commands beside the others."""
    _add_outliers(
        commands.add_parser("outliers", help="how unlike its data a model finds pictures")
    )
    _add_compare(commands.add_parser("compare", help="which model explains held-out data better"))


def _add_outliers(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", help="a model of pictures with a density, such as mnist/flow")
    add("--images", type=Path, metavar="FOLDER", help="pictures; other sizes are scaled")
    add(
        "--probes",
        type=_names,
        default=(),
        metavar="NAME,…",
        help="such as black,shuffled,held-out",
    )
    add("--rate", type=float, help="false alarms in percent at the threshold (default: 5)")
    add("--count", type=int, help="pictures of each probe (default: 50)")
    add("--seed", type=int, help="of the probes (default: 7)")
    add("--reference", type=Path, metavar="FOLDER", help="held-out pictures (default: the data's)")
    add("--csv", "--out", dest="csv", type=Path, help="file, scores, p-values of each picture")
    add("--device", help=_DEVICE)
    add("--assets", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.set_defaults(act=_outliers, parser=parser)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("models", nargs="+", metavar="MODEL", help="of the same data, such as mnist/flow mnist/mfa")
    add("--count", type=int, help="held-out examples (default: 100)")
    add("--samples", type=int, help="compare so many samples of each with data, too")
    add("--seed", type=int, help="of samples and intervals (default: 7)")
    add("--csv", "--out", dest="csv", type=Path, help="log p of each example under each model")
    add("--device", help=_DEVICE)
    add("--assets", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.set_defaults(act=_compare, parser=parser)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _said(arguments: argparse.Namespace, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key in keys if (value := getattr(arguments, key)) is not None}


def _outliers(arguments: argparse.Namespace) -> int:
    from app.command.outliers import Wish, outliers
    from app.command.output import UsageError

    if arguments.images is None and not arguments.probes:
        arguments.parser.refuse("name what to judge: --images FOLDER, --probes NAME,…, or both")
    asked = _said(arguments, ("images", "probes", "rate", "count", "seed", "reference"))
    where = {"device": arguments.device, "root": arguments.assets}
    try:
        path, skipped = outliers(Wish(arguments.model, **asked), arguments.csv, **where)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    if path is not None:
        print(path)
    if skipped:
        print(f"{APP}: {skipped} of the pictures could not be read", file=sys.stderr)
    return _FAILED if skipped else _OK


def _compare(arguments: argparse.Namespace) -> int:
    from app.command.comparison import Wish, compare
    from app.command.output import UsageError

    asked = _said(arguments, ("count", "samples", "seed"))
    where = {"device": arguments.device, "root": arguments.assets}
    try:
        path = compare(Wish(tuple(arguments.models), **asked), arguments.csv, **where)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    if path is not None:
        print(path)
    return _OK
