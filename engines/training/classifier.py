"""`python -m engines.training.classifier mnist --steps 1900 --resume`: trains the reader of a set
of pictures.

Light augmentation, cross-entropy with smoothed labels. It ships only when it reads well enough.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w
import torch
from torch import Tensor
from torch.nn import functional as F

from engines.checkpoints import disk, weights
from engines.checkpoints.catalog import table_of
from engines.kinds import of_shape
from engines.model import Card, class_attributes
from engines.readers.classifier import ROOT
from engines.readers.net import Classifier
from engines.training import keeping
from engines.training.checkpoint import UsageError, agreed, resume, say_end
from engines.training.datasets import DataSet, Split, load
from engines.training.descent import Descent, Loss
from engines.training.keeping import Past
from engines.training.loop import Plan, Training
from engines.training.randomness import drawn_from, seeded, uniform
from engines.training.terminal import End, drive, prepare, with_options

_WIDTH = (24, 48, 128, 128)
_COMMAND = "python -m engines.training.classifier"
_BATCH, _STEPS = 128, 1_900
"""What the shipped card records; it took 23 minutes."""
_SEED = 1
_ENOUGH = {"mnist": 0.993, "fashion": 0.92}
_TURN, _SHIFT, _STRETCH = math.radians(10), 2 / 14, 0.1


def main(arguments: list[str]) -> int:
    """Train and, when good enough, export; returns the exit status."""
    asked = parser(_COMMAND)
    asked.add_argument("data", nargs="?", default="mnist", choices=_ENOUGH, help="the data set")
    options = asked.parse_args(arguments)
    data, command = load(options.data), f"{_COMMAND} {options.data}"
    prepare(options)
    data = data.to(options.device)
    net, g = sizes(data, channels=1), seeded(_SEED, options.device)
    path = Path(f"runs/classifier-{data.name}.pt")
    found = fit(net, loss, data, path, options, command, own=Plan(_STEPS, _BATCH))
    if found is None:
        return 130
    reader, training = found
    settle_statistics(reader, data.train, lambda x: augmented(x, g))
    reached = accuracy(reader, data.test)
    print(f"test accuracy {reached:.4f}", flush=True)
    enough = _ENOUGH[data.name]
    if reached < enough:
        print(f"not exported: below {enough}; go on with --resume", file=sys.stderr)
        return 1
    figures = {"accuracy": {"value": round(reached, 5), "examples": len(data.test)}}
    recipe = "cross-entropy, turns, stretches and shifts, AdamW, cosine rate, EMA"
    ship(reader, data, data.name, net=net, recipe=recipe, training=training, figures=figures)
    return 0


def sizes(data: DataSet, *, channels: int, width: Sequence[int] = _WIDTH) -> dict[str, Any]:
    """The network's sizes for pictures seen in so many channels."""
    shape = [channels, *data.train.x.shape[2:]]
    return {"shape": shape, "classes": len(data.labels), "width": list(width)}


def fit(
    net: Mapping[str, Any],
    loss: Loss,
    data: DataSet,
    path: Path,
    options: argparse.Namespace,
    command: str,
    *,
    own: Plan,
) -> tuple[Classifier, dict[str, Any]] | None:
    """A classifier with its averaged weights, and what its card says of the training.

    None: it was interrupted; its state is kept at `path`. Raises SystemExit where the options do
    not suit that state.
    """
    found = keeping.read(path, options.device) if options.resume and path.exists() else None
    try:
        terms = agreed(options, own, found, path)
    except UsageError as error:
        raise SystemExit(str(error)) from None
    course = course_of(net, loss, data, terms.plan, seeded(terms.seed, options.device))
    past = resume(course, found, command) if found else Past()
    end = drive(keeping.kept(course, path, terms, past), course, minutes=options.minutes)
    say_end(end, course, f"{command} {terms.flags}")
    if end is End.INTERRUPTED:
        return None
    reader = Classifier(**net)
    reader.load_state_dict(course.weights())
    return reader, keeping.account(course, terms, command, past=past)


def course_of(
    net: Mapping[str, Any], loss: Loss, data: DataSet, plan: Plan, generator: torch.Generator
) -> Training:
    """The training of a classifier of these sizes."""
    with drawn_from(generator):
        start = Classifier(**net)
    start.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    trainer = Descent(
        start, loss, generator=generator, rate=4e-3, decay=0.02, clip=2.0, warm_up=300
    )
    return Training(
        trainer, data.train, plan, generator=generator, classes=len(data.labels), net=net
    )


def augmented(x: Tensor, g: torch.Generator) -> Tensor:
    """Pictures turned by up to 10°, stretched by up to 10 % and shifted by up to 2 pixels."""
    n = len(x)
    angle, shift = _spread(n, _TURN, g), _spread(2 * n, _SHIFT, g).view(n, 2, 1)
    stretch = 1 + _spread(2 * n, _STRETCH, g).view(n, 2, 1)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(n, 2, 2)
    grid = F.affine_grid(torch.cat([stretch * turn, shift], 2), list(x.shape), align_corners=False)
    return F.grid_sample(x + 1, grid, align_corners=False) - 1


def _spread(n: int, width: float, g: torch.Generator) -> Tensor:
    return width * (2 * uniform(g, n) - 1)


def loss(net: Classifier, x: Tensor, labels: Tensor, progress: float, g: torch.Generator) -> Tensor:
    x = augmented(x, g).to(memory_format=torch.channels_last)
    return F.cross_entropy(net(x), labels, label_smoothing=0.05)


@torch.no_grad()
def settle_statistics(
    net: Classifier,
    split: Split,
    seen: Callable[[Tensor], Tensor],
    pictures: int = 10_000,
) -> None:
    """Batch statistics of the averaged weights, over training pictures as they are `seen`."""
    norms = [part for part in net.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
    net.train()
    for x in split.x[:pictures].split(500):
        net(seen(x))
    net.eval()


@torch.no_grad()
def accuracy(net: Classifier, split: Split) -> float:
    """Share of pictures read as their label."""
    read = torch.cat([net(x).argmax(1) for x in split.x.split(500)])
    return (read == split.labels).double().mean().item()


def ship(
    reader: Classifier,
    data: DataSet,
    name: str,
    *,
    net: Mapping[str, Any],
    recipe: str,
    training: Mapping[str, Any],
    figures: Mapping[str, Any],
) -> None:
    """Write weights and card of this name into assets/classifiers/."""
    path = ROOT / f"{name}.safetensors"
    card = Card(
        folder=ROOT,
        name=f"{name}/classifier",
        family="classifier",
        data=data.name,
        kind=of_shape(tuple(net["shape"])),
        attributes=class_attributes(data.labels),
        weights=path.name,
        sha256=weights.save(reader.state_dict(), path),
        seed=_SEED,
        licence=data.licence,
        net=net,
        parameters=sum(p.numel() for p in reader.parameters()),
        recipe=recipe,
        training=training,
        figures=figures,
    )
    disk.write_atomically(ROOT / f"{name}.toml", tomli_w.dumps(table_of(card)).encode())
    print(f"wrote {path} and its card", flush=True)


def parser(command: str) -> argparse.ArgumentParser:
    """The options of a training of classifiers."""
    return with_options(argparse.ArgumentParser(prog=command))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
