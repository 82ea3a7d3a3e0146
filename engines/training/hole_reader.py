"""`python -m engines.training.hole_reader --steps 19200 --resume`: trains p(class | known pixels).

It reads MNIST through holes of every kind; in-painting draws the class from it where none is asked.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engines.readers.classifier import HOLES
from engines.readers.net import Classifier, through
from engines.training.classifier import fit, parser, settle_statistics, ship, sizes
from engines.training.datasets import Split, load
from engines.training.loop import Plan
from engines.training.randomness import integers, seeded, uniform
from engines.training.reports import inpainting as inpainting_report
from engines.training.terminal import prepare

_COMMAND = "python -m engines.training.hole_reader"
_WIDTH = (48, 96, 192, 256)
_BATCH, _STEPS, _SEED = 512, 19_200, 1
"""What the shipped card records; it took 4.8 minutes on an H100."""


def main(arguments: list[str]) -> int:
    """Train and export; returns the exit status."""
    options = parser(_COMMAND).parse_args(arguments)
    data = load("mnist")
    prepare(options)
    data = data.to(options.device)
    net, g = sizes(data, channels=2, width=_WIDTH), seeded(_SEED, options.device)
    path, own = Path("runs/hole-reader-mnist.pt"), Plan(_STEPS, _BATCH)
    made = fit(net, loss, data, path, options, _COMMAND, own=own)
    if made is None:
        return 130
    reader, training = made
    settle_statistics(reader, data.train, lambda x: _behind_holes(x, g))
    height, width = net["shape"][1:]
    asked = inpainting_report.HOLES
    found = {hole: figures(reader, data.test, of(height, width)) for hole, of in asked.items()}
    for hole, entry in found.items():
        print(f"{hole}: {entry}", flush=True)
    recipe = "cross-entropy behind holes of every kind, AdamW, cosine rate, EMA"
    ship(
        reader,
        data,
        f"{data.name}{HOLES}",
        net=net,
        recipe=recipe,
        training=training,
        figures=found,
    )
    return 0


def holes(n: int, height: int, width: int, g: torch.Generator) -> Tensor:
    """What stays known behind holes of four kinds: (n, 1, height, width) bool.

    Boxes anywhere, centred squares, half planes at any angle, and pixels here and there.
    """
    y, x = torch.meshgrid(
        torch.arange(height, device=g.device), torch.arange(width, device=g.device), indexing="ij"
    )
    kind = integers(g, 4, n, 1, 1)
    low = integers(g, max(height, width) - 4, 2, n, 1, 1, low=-4)
    high = low + integers(g, max(height, width) + 1, 2, n, 1, 1, low=6)
    box = (y >= low[0]) & (y < high[0]) & (x >= low[1]) & (x < high[1])
    half = integers(g, min(height, width) // 2, n, 1, 1, low=3)
    square = ((y - (height - 1) / 2).abs() < half) & ((x - (width - 1) / 2).abs() < half)
    angle, edge = 2 * torch.pi * uniform(g, n, 1, 1), 16 * uniform(g, n, 1, 1) - 8
    plane = (y - height / 2) * angle.sin() + (x - width / 2) * angle.cos() > edge
    strewn = uniform(g, n, height, width) < uniform(g, n, 1, 1)
    hole = torch.where(kind == 0, box, torch.where(kind == 1, square, plane))
    return ~torch.where(kind == 3, strewn, hole)[:, None]


def _behind_holes(x: Tensor, g: torch.Generator) -> Tensor:
    return through(x, holes(len(x), x.shape[2], x.shape[3], g))


def loss(net: Classifier, x: Tensor, labels: Tensor, progress: float, g: torch.Generator) -> Tensor:
    """Nats of cross-entropy behind holes."""
    return F.cross_entropy(net(_behind_holes(x, g).to(memory_format=torch.channels_last)), labels)


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
