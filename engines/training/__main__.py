"""`python -m engines.training mnist/vae --steps 4600 --resume`, `… evaluate NAME … --only quality`,
`… densities [SET …]`, `… examples SET …`, `… inpainting NAME …`, `… inpainting-evidence`,
`… bound NAME …`, `… finite [NAME …]`, `… reference NAME …`, `… round-trips [NAME …]`,
`… classifiers [NAME …]`, `… solver NAME`, `… tables [FAMILY …]`, `… report`.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from engines.checkpoints.catalog import CheckpointError
from engines.training import checkpoint, terminal


def main(arguments: list[str]) -> int:
    """Train one checkpoint, or run another command; returns the exit status."""
    if arguments[:1] and arguments[0] in _COMMANDS:
        _COMMANDS[arguments[0]](arguments[1:])
        return 0
    options = _parser().parse_args(arguments)
    try:
        return checkpoint.make(options)
    except (checkpoint.UsageError, CheckpointError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, checkpoint.UsageError) else 1


def _evaluate(arguments: list[str]) -> None:
    from engines.training.evaluate import GROUPS, evaluate

    parser = argparse.ArgumentParser(prog="python -m engines.training evaluate")
    parser.add_argument("names", nargs="+", help="data set and family, such as mnist/vae")
    parser.add_argument(
        "--only", action="append", choices=GROUPS, help="these figures; the others stay as they are"
    )
    parser.add_argument("--device", default="cpu", help="where densities and samples are computed")
    options = parser.parse_args(arguments)
    evaluate(*options.names, only=options.only or GROUPS, device=options.device)


def _densities(arguments: list[str]) -> None:
    from engines.training.reports import densities

    densities.write(arguments)


def _examples(arguments: list[str]) -> None:
    from engines.training import examples

    examples.write(arguments)


def _report(arguments: list[str]) -> None:
    from engines.training.reports import models as report

    report.write()


def _inpainting(arguments: list[str]) -> None:
    from engines.training.reports.inpainting import HOLES, Extent, report, restate

    parser = argparse.ArgumentParser(prog="python -m engines.training inpainting")
    parser.add_argument("names", nargs="+", help="data set and family, such as mnist/vae")
    parser.add_argument("--count", type=int, default=500, help="test pictures")
    parser.add_argument("--few", type=int, default=2, help="draws of each of them")
    parser.add_argument("--calibrated", type=int, default=32, help="the first so many get --draws")
    parser.add_argument("--draws", type=int, default=32, help="draws that calibration is told by")
    parser.add_argument("--method", default="", help="by name (default: the model's default)")
    parser.add_argument("--hole", action="append", choices=HOLES, help="these (default: all)")
    parser.add_argument(
        "--any-class", action="store_true", help="without the reader: agreement alone"
    )
    parser.add_argument(
        "--words",
        action="store_true",
        help="measure nothing, say anew how the methods stand that were measured",
    )
    parser.add_argument("--device", default="cpu", help="where the models compute")
    options = parser.parse_args(arguments)
    if options.words:
        restate(*options.names)
        return
    extent = Extent(options.count, options.few, options.calibrated, options.draws)
    report(
        *options.names,
        extent=extent,
        method=options.method,
        holes=tuple(options.hole or ()),
        device=options.device,
        any_class=options.any_class,
    )


def _evidence(arguments: list[str]) -> None:
    from engines.training.reports import evidence_page

    parser = argparse.ArgumentParser(prog="python -m engines.training inpainting-evidence")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="WORD",
        help="measure these alone, keep all other rows: a model's name (moons/flow), a data set, a "
        "family, a method, oracle, plane, or some of them at once (diffusion:tds)",
    )
    parser.add_argument(
        "--draws", type=int, default=evidence_page.DRAWS, help="of each line of the plane"
    )
    options = parser.parse_args(arguments)
    evidence_page.write(options.only, options.draws)


def _bound(arguments: list[str]) -> None:
    from engines.training import bounds

    bounds.write(arguments)


def _solver(arguments: list[str]) -> None:
    from engines.training import solver

    solver.write(arguments)


def _finite(arguments: list[str]) -> None:
    from engines.training.reports import finite as evidence

    parser = argparse.ArgumentParser(prog="python -m engines.training finite")
    parser.add_argument("names", nargs="*", help="models of the plane (default: all)")
    parser.add_argument("--lines", type=int, default=evidence.LINES)
    parser.add_argument("--draws", type=int, default=evidence.DRAWS)
    parser.add_argument("--out", type=Path, default=evidence.DOCUMENT)
    options = parser.parse_args(arguments)
    evidence.write(options.names, options.lines, options.draws, options.out)


def _reference(arguments: list[str]) -> None:
    from engines.training.reference import write

    write(arguments)


def _round_trips(arguments: list[str]) -> None:
    from engines.training.reports import round_trips

    options = _resumed("round-trips").parse_args(arguments)
    round_trips.write(options.names, minutes=options.minutes)


def _classifiers(arguments: list[str]) -> None:
    from engines.training.reports import classifiers

    options = _resumed("classifiers").parse_args(arguments)
    classifiers.write(options.names, minutes=options.minutes)


def _tables(arguments: list[str]) -> None:
    from engines.training.reports import tables

    tables.write(arguments)


def _resumed(name: str) -> argparse.ArgumentParser:
    """The words of a report that goes on where it was stopped."""
    parser = argparse.ArgumentParser(prog=f"python -m engines.training {name}")
    parser.add_argument("names", nargs="*", help="models of digits (default: all that it is of)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long")
    return parser


_COMMANDS = {
    "evaluate": _evaluate,
    "densities": _densities,
    "examples": _examples,
    "report": _report,
    "inpainting": _inpainting,
    "inpainting-evidence": _evidence,
    "bound": _bound,
    "finite": _finite,
    "reference": _reference,
    "round-trips": _round_trips,
    "classifiers": _classifiers,
    "solver": _solver,
    "tables": _tables,
}


def _share(text: str) -> float:
    if not 0 < (share := float(text)) < 1:
        raise argparse.ArgumentTypeError(f"more than 0 and less than 1, got {text}")
    return share


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engines.training", description=__doc__)
    parser.add_argument("name", help="data set and family, such as mnist/vae")
    parser.add_argument("--export", action="store_true", help="ship the last state as it is")
    parser.add_argument(
        "--background",
        type=_share,
        metavar="SHARE",
        help="as the background of a ratio for outliers: this share of pixels made random",
    )
    return terminal.with_options(parser)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
