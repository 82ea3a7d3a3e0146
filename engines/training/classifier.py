"""`python -m engines.training.classifier --steps 2000 --resume`: trains the reader of MNIST.

Light augmentation, cross-entropy with smoothed labels. It ships only when it reads well enough.
"""

from __future__ import annotations

import argparse
import math
import os
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
from engines.training.datasets import DataSet, Split, load
from engines.training.loop import Descent, Training, train
from engines.training.randomness import Randomness

_WIDTH = (24, 48, 128, 128)
_COMMAND = "python -m engines.training.classifier"
_BATCH = 128
SEED = 1
_ENOUGH = 0.993
_TURN, _SHIFT, _STRETCH = math.radians(10), 2 / 14, 0.1


def main(arguments: list[str]) -> int:
    """Train and, when good enough, export; returns the exit status."""
    options = parser(_COMMAND).parse_args(arguments)
    data = load("mnist").to(options.device)
    torch.set_default_device(options.device)
    net = sizes(data, channels=1)
    reader, training = fit(net, _loss, data, Path("runs/classifier-mnist.pt"), options, _COMMAND)
    with Randomness(SEED, options.device):
        settle_statistics(reader, data.train)
    reached = accuracy(reader, data.test)
    print(f"test accuracy {reached:.4f}", flush=True)
    if reached < _ENOUGH:
        print(f"not exported: below {_ENOUGH}; go on with --resume", file=sys.stderr)
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
    loss: Callable[[Classifier, Tensor, Tensor, float], Tensor],
    data: DataSet,
    checkpoint: Path,
    options: argparse.Namespace,
    command: str,
) -> tuple[Classifier, dict[str, Any]]:
    """A classifier with its averaged weights, and what its card says of the training."""
    torch.set_num_threads(options.threads or os.cpu_count() or 1)
    batch = options.batch or _BATCH

    def trainer() -> Descent:
        start = Classifier(**net)
        start.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return Descent(start, loss, rate=4e-3, decay=0.02, clip=2.0, warm_up=300)

    training = Training(
        trainer,
        data,
        steps=options.steps,
        batch=batch,
        label_dropout=0.0,
        seed=SEED,
        device=options.device,
    )
    progress = train(
        training,
        minutes=options.minutes,
        checkpoint=checkpoint,
        resume=options.resume,
        report=lambda line: print(line, file=sys.stderr, flush=True),
    )
    with Randomness(SEED, options.device):
        reader = Classifier(**net)
    reader.load_state_dict(training.weights())
    command += f" --batch {options.batch}" if options.batch else ""
    return reader, progress.account(command, batch=batch, device=options.device)


def augmented(x: Tensor) -> Tensor:
    """Pictures turned by up to 10°, stretched by up to 10 % and shifted by up to 2 pixels."""
    n = len(x)
    angle, shift = _spread(n, _TURN), _spread(2 * n, _SHIFT).view(n, 2, 1)
    stretch = 1 + _spread(2 * n, _STRETCH).view(n, 2, 1)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(n, 2, 2)
    grid = F.affine_grid(torch.cat([stretch * turn, shift], 2), list(x.shape), align_corners=False)
    return F.grid_sample(x + 1, grid, align_corners=False) - 1


def _spread(n: int, width: float) -> Tensor:
    return width * (2 * torch.rand(n) - 1)


def _loss(net: Classifier, x: Tensor, labels: Tensor, progress: float) -> Tensor:
    x = augmented(x).to(memory_format=torch.channels_last)
    return F.cross_entropy(net(x), labels, label_smoothing=0.05)


@torch.no_grad()
def settle_statistics(
    net: Classifier,
    split: Split,
    seen: Callable[[Tensor], Tensor] = augmented,
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
        seed=SEED,
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
    found = argparse.ArgumentParser(prog=command)
    found.add_argument("--steps", type=int, default=2000, help="updates (default: 2000)")
    found.add_argument("--minutes", type=float, help="stop before that after so long (no limit)")
    found.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    found.add_argument("--threads", type=int, help="CPU threads (default: all)")
    found.add_argument("--device", default="cpu", help="where to train: cpu, cuda …")
    found.add_argument("--batch", type=int, help=f"pictures a step (default: {_BATCH})")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
