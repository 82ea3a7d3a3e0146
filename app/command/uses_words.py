"""The words of the uses of a density: outliers, comparison, compression, classes. Nothing heavy."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.command.options import DEVICE
from app.command.usage import Parser
from app.recipes.files import APP
from engines.checkpoints.catalog import ROOT

COMMANDS = ("outliers", "compare", "compress", "decompress", "info", "classify")
_OK, _FAILED = 0, 1


def add(commands: argparse._SubParsersAction[Parser]) -> None:
    """Put the commands beside the others."""
    _add_outliers(
        commands.add_parser("outliers", help="how unlike its data a model finds pictures")
    )
    _add_compare(commands.add_parser("compare", help="which model explains held-out data better"))
    _add_compress(commands.add_parser("compress", help="pictures to a .gsz file, without loss"))
    _add_decompress(commands.add_parser("decompress", help="a .gsz file to pictures"))
    _add_info(commands.add_parser("info", help="what a .gsz file says, and if it can be read here"))
    _add_classify(commands.add_parser("classify", help="p(class | picture) by Bayes' rule"))


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
    add("--device", help=DEVICE)
    add("--assets", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.set_defaults(act=_outliers, parser=parser)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("models", nargs="+", metavar="MODEL", help="of the same data, such as mnist/flow mnist/mfa")
    add("--count", type=int, help="held-out examples (default: 100)")
    add("--samples", type=int, help="compare so many samples of each with data, too")
    add("--seed", type=int, help="of samples and intervals (default: 7)")
    add("--csv", "--out", dest="csv", type=Path, help="log p of each example under each model")
    add("--device", help=DEVICE)
    add("--assets", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.set_defaults(act=_compare, parser=parser)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _said(arguments: argparse.Namespace, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key in keys if (value := getattr(arguments, key)) is not None}


def _outliers(arguments: argparse.Namespace) -> int:
    from app.command.outliers import OutlierOptions, outliers
    from app.command.output import UsageError

    if arguments.images is None and not arguments.probes:
        arguments.parser.refuse("name what to judge: --images FOLDER, --probes NAME,…, or both")
    asked = _said(arguments, ("images", "probes", "rate", "count", "seed", "reference"))
    where = {"device": arguments.device, "root": arguments.assets}
    try:
        path, skipped = outliers(OutlierOptions(arguments.model, **asked), arguments.csv, **where)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    if path is not None:
        print(path)
    if skipped:
        print(f"{APP}: {skipped} of the pictures could not be read", file=sys.stderr)
    return _FAILED if skipped else _OK


def _compare(arguments: argparse.Namespace) -> int:
    from app.command.comparison import CompareOptions, compare
    from app.command.output import UsageError

    asked = _said(arguments, ("count", "samples", "seed"))
    where = {"device": arguments.device, "root": arguments.assets}
    try:
        path = compare(CompareOptions(tuple(arguments.models), **asked), arguments.csv, **where)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    if path is not None:
        print(path)
    return _OK


def _add_compress(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", help="such as mnist/autoregressive, mnist/any-order, mnist/kde or mnist/vae")
    add("--images", type=Path, help="folder of pictures of the model's size and colours")
    add("--count", type=int, help="the first test pictures instead")
    add("--groups", type=int, help="for any-order models: network calls (default: their own)")
    add("--table", action="store_true", help="print what PNG, WebP, JPEG-XL, LZMA and others take")
    add("--out", type=Path, required=True, help="file; ends in .gsz")
    add("--assets", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.set_defaults(act=_compress, parser=parser)


def _add_decompress(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="ends in .gsz")
    add("--out", type=Path, required=True, metavar="FOLDER", help="for one PNG a picture")
    add("--assets", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.set_defaults(act=_decompress, parser=parser)


def _add_info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="ends in .gsz")
    parser.add_argument("--assets", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.set_defaults(act=_info, parser=parser)


def _add_classify(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", help="a model that knows p(x | class), such as mnist/vae")
    add("--images", type=Path, help="folder; other sizes are cropped and scaled")
    add("--count", type=int, help="the first test pictures instead")
    add("--csv", type=Path, help="file, then p of each class")
    add("--prior", type=_prior, metavar="P,P,…", help="uniform, training, or a number a class")
    add("--temperature", type=float, help="divides log p(x | class) (default: fitted, else 1)")
    add("--device", help=DEVICE)
    add("--assets", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.set_defaults(act=_classify, parser=parser)


def _prior(text: str) -> str | tuple[float, ...]:
    if text in ("uniform", "training"):
        return text
    try:
        return tuple(float(each) for each in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be uniform, training, or numbers such as 0.2,0.8, got '{text}'"
        ) from None


def _one_source(arguments: argparse.Namespace) -> None:
    if (arguments.images is None) == (arguments.count is None):
        arguments.parser.refuse("name the pictures: --images FOLDER, or --count N of the test set")


def _compress(arguments: argparse.Namespace) -> int:
    _one_source(arguments)
    from app.command.compression import Asked, compress
    from app.command.output import UsageError

    asked = Asked(
        arguments.model, arguments.images, arguments.count, arguments.groups, arguments.table
    )
    try:
        path, skipped = compress(asked, arguments.out, root=arguments.assets)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    print(path)
    if skipped:
        print(f"{APP}: {skipped} of the pictures were left out", file=sys.stderr)
    return _FAILED if skipped else _OK


def _decompress(arguments: argparse.Namespace) -> int:
    from app.command.compression import decompress

    folder, lost = decompress(arguments.file, arguments.out, root=arguments.assets)
    print(folder)
    return _FAILED if lost else _OK


def _info(arguments: argparse.Namespace) -> int:
    from app.command.compression import info

    text, readable = info(arguments.file, root=arguments.assets)
    print(text)
    return _OK if readable else _FAILED


def _classify(arguments: argparse.Namespace) -> int:
    _one_source(arguments)
    from app.command.classification import Asked, classify
    from app.command.output import UsageError

    asked = Asked(
        arguments.model, arguments.images, arguments.count, arguments.prior, arguments.temperature
    )
    where = {"device": arguments.device, "root": arguments.assets}
    try:
        skipped = classify(asked, arguments.csv, **where)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    return _FAILED if skipped else _OK
