"""The words of `main.py impute` on the command line. Imports nothing heavy, and no Qt."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.command.options import knob, pair

FAMILIES = (
    "copula",
    "mfa",
    "vae",
    "any-order",
    "flow",
    "diffusion",
    "gan",
    "energy",
    "kde",
    "trees",
    "marginal",
)
ROLES = ("number", "integer", "ordered", "category", "id", "date", "text")


def add(parser: argparse.ArgumentParser) -> None:
    """Give a parser the words of `impute`, and what is done with them."""
    argument = parser.add_argument
    argument("table", nargs="?", type=Path, metavar="TABLE", help="a CSV, TSV or Parquet file")
    argument(
        "--family",
        metavar="FAMILY",
        help=f"{', '.join(FAMILIES)} (default: copula below 500 rows, else any-order)",
    )
    argument("--m", type=int, help="how many imputations (default: 20)")
    argument("--seed", type=int, help="of all that is drawn (default: 1)")
    argument("--knob", action="append", type=knob, metavar="NAME=VALUE", help="such as fits=8")
    argument(
        "--column",
        action="append",
        type=pair,
        metavar="NAME=TYPE",
        help=f"its type: {', '.join(ROLES)} (default: guessed); the last three take no part",
    )
    argument(
        "--gaps",
        action="append",
        type=pair,
        metavar="NAME=CODE,…",
        help="all texts that stand for a gap in a column, such as income=-9,-99 (default: guessed)",
    )
    argument(
        "--pool",
        action="append",
        metavar="ANALYSIS",
        help='to pool: "y ~ x + z", "mean(x)", "proportion(x=a)", "quantile(x, 0.9)", "cor(x, y)"',
    )
    argument("--from", dest="saved", type=Path, metavar="LONG", help="make this long table again")
    argument("--out", type=Path, required=True, help="the long table (.csv, .parquet)")
    parser.set_defaults(act=_impute, parser=parser)


def _impute(arguments: argparse.Namespace) -> int:
    from app.command.imputing import ImputeOptions, again, impute
    from app.command.output import UsageError

    keys = ("family", "m", "seed", "knob", "column", "gaps", "pool")
    asked = {key: value for key in keys if (value := getattr(arguments, key)) is not None}
    if (arguments.table is None) == (arguments.saved is None):
        arguments.parser.refuse("name a TABLE, or a long table of imputations with --from")
    if arguments.saved is not None and asked:
        arguments.parser.refuse("--from takes all but --out from the recipe")
    try:
        if arguments.saved is not None:
            lines = again(arguments.saved, arguments.out)
        else:
            lines = impute(arguments.table, ImputeOptions(**asked), arguments.out)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    print(*lines, sep="\n")
    return 0
