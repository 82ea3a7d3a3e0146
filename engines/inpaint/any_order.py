"""Any-order models: what is known counts as already drawn, the rest follows in a random order.

These are the network's own conditionals (Hoogeboom et al. 2022). Points are drawn under the mean
over both orders, which is their density: one order alone has another conditional distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.families.any_order.model import reveals
from engines.families.autoregressive.model import draw_levels
from engines.inpaint.along_line import Cells
from engines.inpaint.classes import OWN_CLASS, Evidence, classed, classes
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.pool import SHARED
from engines.inpaint.raster import conditionals_of, known_places
from engines.model import Exactness, Knob, Knobs, Model, Procedure, Run, Step, settle
from engines.noise import Streams
from engines.parts import Axes, Line

TOGETHER = Knob(
    "together",
    "Pixels a call",
    1,
    1,
    784,
    1,
    "Unknown pixels drawn in one network call, as if independent of each other. 1 is the model's "
    "own conditional distribution; 3 take a third of the time and are hard to tell from it.",
)
_ROWS = 16
"""Pictures that the network sees at once: about 100 ms a call."""
_UNKNOWN = 0.0
_GROUPS = 14
"""Network calls that find the classes' own evidence: of four digits with holes TV ≤ 0.003 from
56 calls, where two orders differ by up to 0.06."""
_CELLS, _REACH = 2048, 6.5
"""Cells of a line, and how far its first cut goes, in normal scores of the free axis."""


@torch.no_grad()
def fill_pictures(hole: Hole) -> Run:
    """Every draw in an order of its own; unknown pixels are grey until their turn comes."""
    together = int(hole.knobs["together"])
    missing = int((~known_places(hole)).sum())
    calls, labels = math.ceil(missing / together), classes(hole, own=evidence(hole))
    shown = torch.full((hole.count, *hole.card.shape), _UNKNOWN)
    for start in range(0, hole.count, _ROWS):
        part = range(start, min(start + _ROWS, hole.count))
        draws = Draws(hole, part, labels[part.start : part.stop])
        for call in range(1, calls + 1):
            draws.reveal((call - 1) * together, min(call * together, missing))
            shown[part.start : part.stop] = draws.guess()
            done = part.stop if call == calls else part.start + len(part) * call // (calls + 1)
            yield Step(done, hole.count, shown.clone(), call)
    return shown.clone()


def evidence(hole: Hole) -> Evidence:
    """log p(x_o | c) in one order of the known pixels, several a call taken as independent."""

    @torch.no_grad()
    def found() -> Tensor:
        asked, known_now = conditionals_of(hole.model), known_places(hole)
        c, order = len(hole.model.labels), Streams(hole.seed, [SHARED]).uniform(len(known_now))
        place = order[0].add(2 * ~known_now).argsort()[: int(known_now.sum())]
        symbols = asked.indices(hole.picture[None]).repeat(c, 1)
        known, total = torch.zeros_like(symbols, dtype=torch.bool), torch.zeros(c).double()
        labels, before = torch.arange(c).to(asked.device), 0
        for after in reveals(len(place), min(_GROUPS, len(place))):
            here = place[before:after].expand(c, -1)
            log_p = asked.logits(symbols, known, here, labels).double().log_softmax(2)
            total += log_p.gather(2, symbols.gather(1, here)[..., None])[..., 0].sum(1)
            known.scatter_(1, here, True)
            before = after
        return total

    return found


class Draws:
    """Some draws of one hole, with the pixels that are known of each by now."""

    def __init__(self, hole: Hole, part: range, labels: Tensor) -> None:
        n, streams, self.part = len(part), Streams(hole.seed, part), conditionals_of(hole.model)
        self.labels, self.mask_shape = labels.to(self.part.device), hole.card.kind.mask_shape
        self.symbols = self.part.indices(hole.picture[None]).repeat(n, 1)
        self.known = known_places(hole).repeat(n, 1)
        # unknown places first, in an order as random as these numbers
        places = self.known.shape[1]
        self.order = streams.uniform(places).add(2 * self.known).argsort(1)
        self.u = streams.uniform(places).double()

    def reveal(self, before: int, after: int) -> None:
        """One network call draws the unknown places of these turns, given all that is known."""
        place = self.order[:, before:after]
        logits = self.part.logits(self.symbols, self.known, place, self.labels)
        self.symbols.scatter_(1, place, draw_levels(logits, self.u.gather(1, place)))
        self.known.scatter_(1, place, True)

    def guess(self) -> Tensor:
        """Examples (n, …) with what is known by now."""
        x = self.part.examples(self.symbols)
        beside = [1] * (x.dim() - 1 - len(self.mask_shape))
        return x.masked_fill(~self.known.view(len(x), *beside, *self.mask_shape), _UNKNOWN)


@torch.no_grad()
def fill_points(hole: Hole) -> Run:
    """Points of the mean over both orders: one order where nothing or all but one axis is free.

    p(x_m | x_o) ∝ ½ p₁₂ + ½ p₂₁ is a mixture of two laws: of the order that has the known axis
    first, and of the one that has it last. Each draw picks one of them by its density at the known
    value. Beyond the plane a draw has the known axes first, which is one order's law only.
    """
    part = hole.model.axes
    assert part is not None
    if part.dims == 2 and int(hole.known.sum()) == 1:
        return (yield from _fill_line(part, hole))
    return (yield from _fill_known_first(part, hole))


def _fill_line(part: Axes, hole: Hole) -> Run:
    """One axis given the other, under the density of the mean over both orders."""
    n, streams = hole.count, hole.streams
    free, given = int((~hole.known).nonzero()), int(hole.known.nonzero())
    one = hole.labels(1).to(part.device)
    y = part.enter(hole.picture.to(part.device, torch.float64))[None]
    none, seen = torch.zeros_like(hole.known)[None].to(y.device), hole.known[None].to(y.device)
    pick, z, u, within = streams.uniform(), streams.normal(), streams.uniform(), streams.uniform()
    last = Backward(part, one, free, float(y[0, given]))
    # both log-densities of the known value, in units of y: of the order that begins with it …
    begins = float(part.along(y, none, one, given).log_density(y[:, given]))
    ends, cells = last.marginal()  # … and of the one that ends with it
    odds = torch.tensor([begins, ends], dtype=torch.float64).softmax(0)
    backward = pick.double() >= odds[0]
    x = y.repeat(n, 1)
    x[:, free] = part.along(y, seen, one, free).quantile(z.to(y))
    x[backward.to(y.device), free] = cells.draw(u, within)[backward].to(y)
    found = part.leave(x).float().cpu()
    yield Step(n, n, found.clone(), last.calls + 2)
    return found


@dataclass
class Backward:
    """p(y_free) p(y_given | y_free) as a function of y_free, the known axis being drawn last."""

    part: Axes
    label: Tensor
    free: int
    value: float
    calls: int = 0

    def marginal(self) -> tuple[float, Cells]:
        """log of its integral, the density of the known value, and the cells that it is drawn by.

        Cut twice: as far as p(y_free) reaches, then where the mass is.
        """
        device = self.part.device
        nothing = torch.zeros(1, 2, dtype=torch.bool, device=device)
        blank = torch.zeros(1, 2, dtype=torch.float64, device=device)
        start = self.part.along(blank, nothing, self.label, self.free)
        self.calls += 1
        ends = start.quantile(torch.tensor([-_REACH, _REACH], dtype=torch.float64, device=device))
        coarse = self._cut(start, float(ends[0]), float(ends[1]))
        cells = self._cut(start, *coarse.massive())
        return float(cells.log_p.logsumexp(0)) + math.log(cells.width), cells

    def _cut(self, start: Line, low: float, high: float) -> Cells:
        width = (high - low) / _CELLS
        mids = low + width * (torch.arange(_CELLS, dtype=torch.float64) + 0.5)
        y = torch.zeros(_CELLS, 2, dtype=torch.float64, device=self.part.device)
        y[:, self.free] = mids.to(y)
        seen = torch.zeros(1, 2, dtype=torch.bool, device=y.device)
        seen[:, self.free] = True
        labels = self.label.expand(_CELLS, *self.label.shape[1:])
        given = self.part.along(y, seen, labels, 1 - self.free)
        log_p = start.log_density(y[:, self.free]) + given.log_density(
            y.new_full((_CELLS,), self.value)
        )
        self.calls += 1
        return Cells(low, width, log_p.cpu())


def _fill_known_first(part: Axes, hole: Hole) -> Run:
    """Unknown axes in a random order, each draw's own, by inverse distribution functions."""
    n, streams, labels = hole.count, hole.streams, hole.labels(hole.count).to(part.device)
    y = part.enter(hole.picture.to(part.device, torch.float64)).repeat(n, 1)
    known = hole.known.to(part.device).repeat(n, 1)
    order = streams.uniform(part.dims).add(2 * hole.known).argsort(1)
    z, missing = streams.normal(part.dims).to(y), int((~hole.known).sum())
    for turn in range(missing):
        for axis in range(part.dims):
            rows = (order[:, turn] == axis).nonzero()[:, 0].to(y.device)
            if len(rows):
                line = part.along(y[rows], known[rows], labels[rows], axis)
                y[rows, axis] = line.quantile(z[rows, turn])
                known[rows, axis] = True
        done = n * (turn + 1) // missing
        yield Step(done, n, part.leave(y.masked_fill(~known, 0)).float().cpu(), turn + 1)
    return part.leave(y).float().cpu()


def _of_pictures(model: Model, knobs: Knobs) -> Procedure:
    settled = settle(_PICTURE_KNOBS, knobs)
    together = int(settled["together"])
    method = "what is known, then the rest in random order"
    if together == 1:
        procedure = Procedure(Exactness.EXACT, f"{method}, one pixel a call", _SOURCE)
    else:
        method = f"{method}, {together} pixels a call taken as independent"
        procedure = Procedure(Exactness.HEURISTIC, method, _SOURCE)
    rough = f"in one order, in {_GROUPS} groups of pixels taken as independent"
    return classed(procedure, settled, model, cheap=True, rough=rough)


def _of_points(model: Model, knobs: Knobs) -> Procedure:
    settle((), knobs)
    if model.axes is None or model.axes.dims != 2:
        method = "what is known first, then the other axes in random order; one order's law"
        return Procedure(Exactness.HEURISTIC, method, _SOURCE)
    method = (
        "one of both orders by its density of the known value; that which ends with it by "
        f"{_CELLS:,} cells along the line"
    )
    return Procedure(Exactness.ASYMPTOTIC, method, f"{_SOURCE}; Devroye 1986, section II.2")


_PICTURE_KNOBS = (TOGETHER, OWN_CLASS)
_SOURCE = "Hoogeboom et al. 2022, algorithm 1"
METHODS = (
    Method(
        name="any-order",
        title="Reveal in random order",
        says=(
            "Takes the known pixels as already sampled and samples the others one after "
            "another from the network's own conditionals."
        ),
        fits=lambda model: model.conditionals is not None and model.conditionals.any_order,
        procedure=_of_pictures,
        run=filling(fill_pictures, _PICTURE_KNOBS),
        knobs=_PICTURE_KNOBS,
    ),
    Method(
        name="any-order",
        title="Given what is known",
        says="Samples the unknown coordinate from the mean over both orders, like the density.",
        fits=lambda model: model.axes is not None and model.axes.any_order,
        procedure=_of_points,
        run=filling(fill_points),
        live=True,
    ),
)
