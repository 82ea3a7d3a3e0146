"""Any-order models: what is known counts as already drawn, the rest follows in a random order.

These are the model's own conditionals, so that nothing has to be corrected (Hoogeboom et al. 2022).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engines.any_order import AnyOrderPictures, AnyOrderPoints
from engines.autoregressive import draw_levels, to_indices, to_pictures
from engines.inpaint.classes import CLASS, classes, first
from engines.inpaint.method import Hole, Method, filling
from engines.model import Exactness, Knob, Knobs, Model, Procedure, Run, Step, settle
from engines.noise import Streams

TOGETHER = Knob(
    "together", "Pixels a call", 1, 1, 784, 1,
    "Unknown pixels drawn in one network call, as if independent of each other. 1 is the model's "
    "own conditional distribution; 3 take a third of the time and are hard to tell from it.",
)  # fmt: skip
_ROWS = 16
"""Pictures that the network sees at once: about 100 ms a call."""
_UNKNOWN = 0.0


@torch.no_grad()
def fill_pictures(hole: Hole) -> Run:
    """Every draw in an order of its own; unknown pixels are grey until their turn comes."""
    native, together = hole.model.native, int(hole.knobs["together"])
    assert isinstance(native, AnyOrderPictures)
    missing = int((~hole.known).sum())
    calls = math.ceil(missing / together)
    shown = torch.full((hole.count, *hole.card.shape), _UNKNOWN)
    for start in range(0, hole.count, _ROWS):
        part = range(start, min(start + _ROWS, hole.count))
        draws = Draws(native, hole, part)
        for call in range(1, calls + 1):
            draws.reveal((call - 1) * together, min(call * together, missing))
            shown[part.start : part.stop] = draws.guess()
            done = part.stop if call == calls else part.start + len(part) * call // (calls + 1)
            yield Step(done, hole.count, shown.clone(), call)
    return shown.clone()


class Draws:
    """Some draws of one hole, with the pixels that are known of each by now."""

    def __init__(self, native: AnyOrderPictures, hole: Hole, part: range) -> None:
        n, streams, self.native = len(part), Streams(hole.seed, part), native
        self.labels = classes(hole, part).to(native.device)
        self.levels = to_indices(hole.picture[None], native.net.levels).flatten(1).repeat(n, 1)
        self.known = hole.known.flatten().repeat(n, 1)
        # unknown pixels first, in an order as random as these numbers
        self.order = streams.uniform(native.pixels).add(2 * self.known).argsort(1)
        self.u = streams.uniform(native.pixels).double()

    def reveal(self, before: int, after: int) -> None:
        """One network call draws the unknown pixels of these turns, given all that is known."""
        place = self.order[:, before:after]
        asked = self.native.logits(self.levels, self.known, place, self.labels)
        self.levels.scatter_(1, place, draw_levels(asked, self.u.gather(1, place)))
        self.known.scatter_(1, place, True)

    def guess(self) -> Tensor:
        """Pictures (n, 1, H, W) with what is known by now."""
        levels = self.levels.view(-1, *self.native.card.shape[1:])
        x = to_pictures(levels, self.native.net.levels)
        return x.masked_fill(~self.known.view(x.shape), _UNKNOWN)


@torch.no_grad()
def fill_points(hole: Hole) -> Run:
    """Unknown axes in a random order, each draw's own, by inverse distribution functions."""
    native, streams = hole.model.native, hole.streams
    assert isinstance(native, AnyOrderPoints)
    net, n = native.net, hole.count
    labels = torch.full((n,), hole.label, device=native.device)
    y = net.enter(hole.picture.to(native.device, torch.float64)).repeat(n, 1)
    known = hole.known.to(native.device).repeat(n, 1)
    order = streams.uniform(net.dim).add(2 * hole.known).argsort(1)
    z, missing = streams.normal(net.dim).to(y), int((~hole.known).sum())
    for turn in range(missing):
        for axis in range(net.dim):
            rows = (order[:, turn] == axis).nonzero()[:, 0].to(y.device)
            if len(rows):
                mixture = net(y[rows], known[rows], labels[rows], axis)
                y[rows, axis] = mixture.quantile(z[rows, turn])
                known[rows, axis] = True
        done = n * (turn + 1) // missing
        yield Step(done, n, net.leave(y.masked_fill(~known, 0)).float().cpu(), turn + 1)
    return net.leave(y).float().cpu()


def _of_pictures(model: Model, knobs: Knobs) -> Procedure:
    settled = settle(_PICTURE_KNOBS, knobs)
    together = int(settled["together"])
    method = first("what is known, then the rest in random order", settled, model)
    if together == 1:
        return Procedure(Exactness.EXACT, f"{method}, one pixel a call", _SOURCE)
    method = f"{method}, {together} pixels a call taken as independent"
    return Procedure(Exactness.HEURISTIC, method, _SOURCE)


def _of_points(model: Model, knobs: Knobs) -> Procedure:
    settle((), knobs)
    method = "what is known first, then the other axes in random order"
    return Procedure(Exactness.EXACT, method, _SOURCE)


_PICTURE_KNOBS = (TOGETHER, CLASS)
_SOURCE = "Hoogeboom et al. 2022, algorithm 1"
METHODS = (
    Method(
        name="any-order",
        title="Reveal in random order",
        says="Takes the known pixels as already drawn and draws the others one after another from "
        "the network's own conditionals.",
        fits=lambda model: isinstance(model.native, AnyOrderPictures),
        procedure=_of_pictures,
        run=filling(fill_pictures, _PICTURE_KNOBS),
        knobs=_PICTURE_KNOBS,
    ),
    Method(
        name="any-order",
        title="Given what is known",
        says="Draws the unknown coordinates from the network's own conditionals.",
        fits=lambda model: isinstance(model.native, AnyOrderPoints),
        procedure=_of_points,
        run=filling(fill_points),
        live=True,
    ),
)
