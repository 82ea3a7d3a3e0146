"""The words of what a density is used for: compression and classification. No Qt, nothing heavy."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.command.usage import Parser
from app.recipes.files import APP
from engines.checkpoints.catalog import ROOT

COMMANDS = ("compress", "decompress", "info", "classify")
_OK, _FAILED = 0, 1


def add(commands: argparse._SubParsersAction[Parser]) -> None:
    """Put the commands beside the others."""
    _add_compress(commands.add_parser("compress", help="pictures to a .gsz file, without loss"))
    _add_decompress(commands.add_parser("decompress", help="a .gsz file to pictures"))
    _add_info(commands.add_parser("info", help="what a .gsz file says, and if it can be read here"))
    _add_classify(commands.add_parser("classify", help="p(class | picture) by Bayes' rule"))


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
    add("--device", help="where to compute, such as cpu or cuda (default: the best at hand)")
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
