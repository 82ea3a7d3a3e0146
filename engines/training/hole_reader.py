"""`python -m engines.training.hole_reader --steps 19000 --resume`: trains p(class | known pixels).

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
from engines.training.classifier import SEED, fit, parser, settle_statistics, ship, sizes
from engines.training.datasets import Split, load
from engines.training.randomness import Randomness
from engines.training.reports import inpainting as inpainting_report

_COMMAND = "python -m engines.training.hole_reader"
_WIDTH = (48, 96, 192, 256)


def main(arguments: list[str]) -> int:
    """Train and export; returns the exit status."""
    options = parser(_COMMAND).parse_args(arguments)
    data = load("mnist").to(options.device)
    torch.set_default_device(options.device)
    net = sizes(data, channels=2, width=_WIDTH)
    reader, training = fit(net, _loss, data, Path("runs/hole-reader-mnist.pt"), options, _COMMAND)
    with Randomness(SEED, options.device):
        settle_statistics(reader, data.train, _behind_holes)
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


def _behind_holes(x: Tensor) -> Tensor:
    return through(x, holes(len(x), *x.shape[2:]))


def _loss(net: Classifier, x: Tensor, labels: Tensor, progress: float) -> Tensor:
    return F.cross_entropy(net(_behind_holes(x).to(memory_format=torch.channels_last)), labels)


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
