"""`python -m engines.training.hole_reader --minutes 25 --resume`: trains p(class | known pixels).

It reads MNIST through holes of every kind; in-painting draws the class from it where none is asked.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import tomli_w
import torch
from torch import Tensor
from torch.nn import functional as F

from engines import disk, weights
from engines.catalog import table_of
from engines.classifier import HOLES, ROOT
from engines.model import Card
from engines.nets.classifier import Classifier, through
from engines.training.datasets import DataSet, Split, load
from engines.training.loop import Descent, Progress, train

_WIDTH = [24, 48, 128, 128]
_BATCH = 128
_SEED = 1
_COMMAND = "python -m engines.training.hole_reader"


def main(arguments: list[str]) -> int:
    """Train and export; returns the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads or os.cpu_count() or 1)
    data = load("mnist")
    _, height, width = data.train.x.shape[1:]
    net: dict[str, Any] = {
        "shape": [2, height, width], "classes": len(data.labels), "width": _WIDTH,
    }  # fmt: skip
    torch.manual_seed(_SEED)
    start = Classifier(**net)
    start.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    trainer = Descent(start, _loss, rate=4e-3, decay=0.02, clip=2.0, warm_up=300)
    progress = train(
        trainer, data, minutes=options.minutes, batch=_BATCH, label_dropout=0.0,
        checkpoint=Path("runs/hole-reader-mnist.pt"), resume=options.resume, seed=_SEED,
        report=lambda line: print(line, flush=True),
    )  # fmt: skip
    reader = Classifier(**net)
    reader.load_state_dict(trainer.weights())
    _settle(reader, data.train)
    _ship(reader, data, net, progress)
    return 0


def holes(n: int, height: int, width: int) -> Tensor:
    """What stays known behind holes of four kinds: (n, 1, height, width) bool.

    Boxes anywhere, centred squares, half planes at any angle, and pixels here and there.
    """
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    kind = torch.randint(4, (n, 1, 1))
    low = torch.randint(-4, max(height, width) - 4, (2, n, 1, 1))
    high = low + torch.randint(6, max(height, width) + 1, (2, n, 1, 1))
    box = (y >= low[0]) & (y < high[0]) & (x >= low[1]) & (x < high[1])
    half = torch.randint(3, min(height, width) // 2, (n, 1, 1))
    square = ((y - (height - 1) / 2).abs() < half) & ((x - (width - 1) / 2).abs() < half)
    angle, edge = 2 * torch.pi * torch.rand(n, 1, 1), 16 * torch.rand(n, 1, 1) - 8
    plane = (y - height / 2) * angle.sin() + (x - width / 2) * angle.cos() > edge
    strewn = torch.rand(n, height, width) < torch.rand(n, 1, 1)
    hole = torch.where(kind == 0, box, torch.where(kind == 1, square, plane))
    return ~torch.where(kind == 3, strewn, hole)[:, None]


def _loss(net: Classifier, x: Tensor, labels: Tensor, progress: float) -> Tensor:
    seen = through(x, holes(len(x), *x.shape[2:])).to(memory_format=torch.channels_last)
    return F.cross_entropy(net(seen), labels)


@torch.no_grad()
def _settle(net: Classifier, split: Split, pictures: int = 10_000) -> None:
    """Batch statistics of the averaged weights, over training pictures as they are seen."""
    norms = [part for part in net.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
    net.train()
    for x in split.x[:pictures].split(500):
        net(through(x, holes(len(x), *x.shape[2:])))
    net.eval()


@torch.no_grad()
def figures(net: Classifier, split: Split, known: Tensor) -> dict[str, Any]:
    """How well it reads test pictures of which `known` (H, W) bool is left.

    `value` is the share whose likeliest class is true, `true_class` the mean chance it gives to the
    true one, which is how often draws of the class hit it; nats of cross-entropy.
    """
    log_p = torch.cat([net(through(x, known)).log_softmax(1) for x in split.x.split(500)])
    true = log_p.gather(1, split.labels[:, None])[:, 0].double()
    return {
        "value": round((log_p.argmax(1) == split.labels).double().mean().item(), 5),
        "true_class": round(true.exp().mean().item(), 5),
        "cross_entropy": round(-true.mean().item(), 5),
        "examples": len(true),
    }


def _ship(reader: Classifier, data: DataSet, net: dict[str, Any], progress: Progress) -> None:
    """Write weights and card into assets/classifiers/."""
    from engines.training.inpainting_report import HOLES as ASKED

    name = f"{data.name}{HOLES}"
    path = ROOT / f"{name}.safetensors"
    height, width = net["shape"][1:]
    found = {hole: figures(reader, data.test, of(height, width)) for hole, of in ASKED.items()}
    for hole, entry in found.items():
        print(f"{hole}: {entry}", flush=True)
    card = Card(
        folder=ROOT, name=f"{data.name}/hole-reader", family="classifier", data=data.name,
        shape=tuple(net["shape"]), labels=data.labels, weights=path.name,
        sha256=weights.save(reader.state_dict(), path), seed=_SEED, licence=data.licence, net=net,
        parameters=sum(p.numel() for p in reader.parameters()),
        recipe="cross-entropy behind holes of every kind, AdamW, cosine rate, EMA",
        training={
            "minutes": round((progress.seconds + progress.past_seconds) / 60, 1),
            "steps": progress.steps + progress.past_steps, "batch": _BATCH, "command": _COMMAND,
        },
        figures=found,
    )  # fmt: skip
    disk.write_atomically(ROOT / f"{name}.toml", tomli_w.dumps(table_of(card)).encode())
    print(f"wrote {path} and its card", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=_COMMAND)
    parser.add_argument("--minutes", type=float, default=25, help="time budget")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--threads", type=int, help="CPU threads (default: all)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
