"""`python -m engines.training bound mnist/flow`: limits of a flow's dense conditioners.

Nets that see all places extrapolate without bound: on a white picture the first of mnist/flow
shifts by hundreds where a digit needs about one, the next are fed thousands, and −log p comes to
10¹² bits per dimension. Their log-scales and shifts are therefore held within MARGIN times the
range that training pictures need. That is measured when training is over, not learned with a soft
bound: the fit stays what it was, there is no size of a bound to tune, and a checkpoint that was
trained without limits is given them in the same way, without training.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from engines.checkpoints import weights
from engines.families.flow.couplings import Bend
from engines.families.flow.net import PictureFlow
from engines.kinds import Pictures
from engines.model import Card
from engines.noise import streams_of
from engines.opening import find
from engines.training.cards import write_card
from engines.training.datasets import Split, load
from engines.training.randomness import drawn_from, seeded

MARGIN = 1.5
_EXAMPLES, _ROWS = 10_000, 250


def write(arguments: list[str]) -> None:
    """Give checkpoints their limits, or measure them anew; writes weights and cards."""
    parser = argparse.ArgumentParser(prog="python -m engines.training bound")
    parser.add_argument("names", nargs="+", help="flows of pictures, such as mnist/flow")
    for name in parser.parse_args(arguments).names:
        card = find(name)
        if card.family != "flow" or not isinstance(card.kind, Pictures):
            parser.error(f"{name} is no flow of pictures; only those have dense conditioners")
        made = bound(card, load(card.data).train)
        print(f"{name}: sha256 {card.sha256[:12]}… is now {made.sha256[:12]}…", flush=True)


def bound(card: Card, examples: Split) -> Card:
    """Write the weights with limits and their card, which is returned; figures stay.

    Pictures keep their log p and samples stay where no net leaves its limits, so that the card
    names the weights it replaces.
    """
    sizes = {**card.net, "bounded": True}
    with drawn_from(seeded(0)):  # what is drawn is filled over
        net = weights.build(PictureFlow, replace(card, net=sizes))
    tensors = limited(net, weights.load(card), examples)
    sha256 = weights.save(tensors, card.folder / card.weights)
    parameters = sum(tensor.numel() for tensor in tensors.values())
    made = replace(
        card,
        sha256=sha256,
        net=sizes,
        parameters=parameters,
        figures={**card.figures, "parameters": {"value": parameters}},
        training={**card.training, "command": _command(card)},
        replaces=tuple(old for old in (*card.replaces, card.sha256) if old != sha256),
    )
    write_card(made)
    return made


def _command(card: Card) -> str:
    """What led to the weights, with this step as the last."""
    before, step = card.training.get("command", ""), f"python -m engines.training bound {card.name}"
    if before.endswith(step):
        return str(before)
    return f"{before} && {step}" if before else step


def limited(net: PictureFlow, tensors: Mapping[str, Tensor], examples: Split) -> dict[str, Tensor]:
    """The tensors of a bounded flow, with limits measured on the first training pictures.

    Earlier limits do not count, and there need be none among `tensors`. Each picture is asked
    about with its class and without one, dequantised once.
    """
    net.load_state_dict({**net.state_dict(), **tensors})
    bends = [m for m in net.eval().modules() if isinstance(m, Bend) and m.limits is not None]
    free = torch.tensor([[-math.inf] * 2, [math.inf] * 2])
    for bend in bends:
        bend.limits = free.to(bend.limits)
    with _watched(bends) as seen, torch.no_grad():
        for part in torch.arange(min(_EXAMPLES, len(examples))).split(_ROWS):
            x, labels = examples.x[part], examples.labels[part]
            u = ((x + 1) * 127.5).round() + streams_of(x).uniform(*x.shape[1:]).to(x)
            for classes in (labels, torch.full_like(labels, net.classes)):
                net.encode(u / 256, classes)
    for bend, extent in zip(bends, seen, strict=True):
        # two decimals, so that another processor's last bits make no other file
        bend.limits = ((100 * MARGIN * extent.abs()).ceil() / 100 * extent.sign()).to(bend.limits)
    return {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}


@contextmanager
def _watched(bends: Sequence[Bend]) -> Iterator[list[Tensor]]:
    """Notes the lowest and highest log-scale and shift (2, 2) of each, 0 among them."""
    seen = [next(bend.parameters()).new_zeros(2, 2) for bend in bends]
    with ExitStack() as stack:
        for bend, extent in zip(bends, seen, strict=True):
            hook = bend.net.register_forward_hook(partial(_note, bend, extent))
            stack.callback(hook.remove)
        yield seen


def _note(bend: Bend, extent: Tensor, net: nn.Module, given: object, raw: Tensor) -> None:
    for k, part in enumerate(bend.affine(raw)):
        extent[0, k] = extent[0, k].minimum(part.min())
        extent[1, k] = extent[1, k].maximum(part.max())
