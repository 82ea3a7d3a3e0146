"""`python -m engines.training mnist/vae --steps 5000 --resume`, `… evaluate NAME … --only quality`,
`… densities [SET …]`, `… examples SET …`, `… inpainting NAME …`, `… inpainting-evidence`,
`… bound NAME …`, `… finite [NAME …]`, `… reference NAME …`, `… solver NAME`, `… report`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch
from torch import Tensor

from engines.checkpoints import weights
from engines.checkpoints.catalog import ROOT
from engines.kinds import of_shape
from engines.model import Card, class_attributes
from engines.opening import find
from engines.training.cards import write_card
from engines.training.datasets import DataSet, load
from engines.training.loop import Progress, train
from engines.training.randomness import Randomness
from engines.training.recipe import Recipe
from engines.training.recipes.registry import RECIPES

_RUNS = Path("runs")
_SEED = 1


def main(arguments: list[str]) -> int:
    """Train or export one checkpoint, or run another command; returns the exit status."""
    if arguments[:1] and arguments[0] in _COMMANDS:
        _COMMANDS[arguments[0]](arguments[1:])
        return 0
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads or os.cpu_count() or 1)
    data_name, _, family = options.name.partition("/")
    data = load(data_name).to(options.device)
    if family not in RECIPES:
        print(f"no recipe for '{family}'; there are: {', '.join(RECIPES)}", file=sys.stderr)
        return 2
    torch.set_default_device(options.device)
    chosen = RECIPES[family](data)
    if isinstance(chosen, Recipe):
        return _train(options, data, chosen)
    with Randomness(options.seed, options.device):
        net, tensors = chosen.fit()
    _ship(
        options.name,
        data,
        tensors,
        net=net,
        text=chosen.text,
        training={"seconds": 0},
        seed=options.seed,
    )
    return 0


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
    "solver": _solver,
}


def _train(options: argparse.Namespace, data: DataSet, recipe: Recipe) -> int:
    try:
        training = recipe.begin(
            data, seed=options.seed, steps=options.steps, batch=options.batch, device=options.device
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    past, before = Progress(), ""
    checkpoint = _RUNS / f"{options.name.replace('/', '-')}.pt"
    if options.resume and not checkpoint.exists() and (card := _committed(options.name)):
        training.trainer.adopt(weights.load(card))
        past = Progress(
            past_seconds=60 * card.training.get("minutes", 0),
            past_steps=card.training.get("steps", 0),
        )
        before = card.training["command"]
        print(f"starting from the committed weights of {options.name}", flush=True)
    if not options.export:
        try:
            progress = train(
                training,
                minutes=options.minutes,
                checkpoint=checkpoint,
                resume=options.resume,
                past=past,
                report=lambda line: print(line, file=sys.stderr, flush=True),
            )
        except KeyboardInterrupt:
            print(
                f"stopped at step {training.done:,} of {training.steps:,}; the same command with "
                "--resume goes on from there",
                file=sys.stderr,
            )
            return 130
    else:
        state = torch.load(checkpoint, map_location=options.device, weights_only=True)
        training.load_state_dict(state)
        progress = Progress(**state["progress"])
    command = f"python -m engines.training {options.name}"
    command += f" --batch {options.batch}" if options.batch else ""
    command += f" --seed {training.seed}" if training.seed != _SEED else ""
    account = progress.account(command, batch=training.batch, device=options.device, before=before)
    tensors = recipe.finish(training.weights())
    _ship(
        options.name,
        data,
        tensors,
        net=dict(recipe.net),
        text=recipe.text,
        seed=training.seed,
        training={**account, **recipe.training},
        recommended=dict(recipe.recommended),
    )
    return 0


def _committed(name: str) -> Card | None:
    return find(name) if (ROOT / f"{name}.toml").exists() else None


def _ship(
    name: str,
    data: DataSet,
    tensors: dict[str, Tensor],
    *,
    net: dict[str, object],
    text: str,
    training: dict[str, object],
    seed: int,
    recommended: dict[str, float] | None = None,
) -> None:
    """Write weights and card; figures are left to the evaluate command."""
    family = name.partition("/")[2]
    path = ROOT / data.name / f"{family}.safetensors"
    sha256 = weights.save(tensors, path)
    card = Card(
        folder=path.parent,
        name=name,
        family=family,
        data=data.name,
        kind=of_shape(tuple(data.train.x.shape[1:])),
        attributes=class_attributes(data.labels),
        weights=path.name,
        sha256=sha256,
        parameters=sum(t.numel() for t in tensors.values()),
        seed=seed,
        recipe=text,
        licence=data.licence,
        net=net,
        training=training,
        recommended=recommended or {},
    )
    write_card(card)
    print(f"wrote {path} and its card", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engines.training", description=__doc__)
    parser.add_argument("name", help="data set and family, such as mnist/vae")
    parser.add_argument("--steps", type=int, help="updates (default: the recipe's)")
    parser.add_argument("--minutes", type=float, help="stop before that after so long (no limit)")
    parser.add_argument("--seed", type=int, default=_SEED, help="of all random numbers")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--export", action="store_true", help="ship the last checkpoint as it is")
    parser.add_argument("--threads", type=int, help="CPU threads (default: all)")
    parser.add_argument("--device", default="cpu", help="where to train: cpu, cuda …")
    parser.add_argument("--batch", type=int, help="examples a step (default: the recipe's)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
