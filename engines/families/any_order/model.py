"""Any-order models (Hoogeboom et al. 2022): pixels drawn in random orders, many in one call."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import torch
from torch import Tensor

from engines.checkpoints import weights
from engines.drawing import GUIDANCE, TEMPERATURE, Guided, class_indices, in_batches, tempered
from engines.families.any_order.knobs import SOURCE, TERMS, calls_knob, groups_knob, procedure_of
from engines.families.any_order.net import PictureAnyOrder
from engines.families.autoregressive.lines import grid_of, scores, solve
from engines.families.autoregressive.model import (
    LOGITS,
    ROSENBLATT,
    Coordinates,
    Levels,
    draw_levels,
    noise_of_levels,
    to_indices,
    to_pictures,
)
from engines.families.autoregressive.net import PointConditionals
from engines.kinds import Kind, Pictures, Points
from engines.model import (
    Card,
    Density,
    DensityRun,
    Exactness,
    Knobs,
    Latents,
    LogDensity,
    Meaning,
    Model,
    Pace,
    Procedure,
    Run,
    SampleRequest,
    Step,
    settle,
)
from engines.noise import Streams, streams_of
from engines.spread import mean_in_order

_NETS: Mapping[type[Kind], Callable[..., PictureAnyOrder | PointConditionals]] = MappingProxyType(
    {Pictures: PictureAnyOrder, Points: PointConditionals}
)
_ROWS = 16
_POINTS = 4096
_UNKNOWN = 0.0
_PIXELS_A_CALL = 14
_ROUGHER = 4
"""With so many times fewer groups log P of a digit is 11 nats below that of one order."""
_POINT_NATURE = "noise of p(x1), p(x2 | x1), exact inverse; one order; not a learned space"


def reveals(dims: int, calls: int) -> list[int]:
    """How many of `dims` pixels are known after each call: few more at first, many at the end.

    Quadratic, since the first pixels decide the picture and the last follow from it; with
    calls = dims one pixel a call.
    """
    return [max(k, dims * k * k // (calls * calls)) for k in range(1, calls + 1)]


@dataclass(frozen=True)
class AnyOrderPictures(Levels):
    """The any-order model of pictures; `net` gives the conditionals under any mask."""

    card: Card
    net: PictureAnyOrder
    device: torch.device

    # the part `conditionals`

    any_order = True

    @property
    def _levels(self) -> int:
        return self.net.levels

    def logits(self, symbols: Tensor, known: Tensor, place: Tensor, labels: Tensor) -> Tensor:
        size, home = (len(symbols), *self.card.shape[1:]), symbols.device
        levels, known = symbols.view(size).to(self.device), known.view(size).to(self.device)
        return self.net.at(levels, known, labels, place.to(self.device)).to(home)

    # what the model can do

    @property
    def pixels(self) -> int:
        return math.prod(self.card.shape)

    @property
    def calls(self) -> int:
        """Network calls of a picture where nothing else is asked."""
        return max(1, self.pixels // _PIXELS_A_CALL)

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """Each picture in its own random order: algorithm 1, several pixels a call."""
        streams = Streams(request.seed, request.indices)
        order = streams.uniform(self.pixels).argsort(1)
        u = streams.uniform(self.pixels).double()
        calls, guidance = int(knobs["calls"]), knobs.get("guidance", 1.0)
        return self._fill(u, order, labels, calls, knobs["temperature"], guidance)

    @torch.no_grad()
    def _fill(
        self,
        u: Tensor,
        order: Tensor,
        labels: Tensor,
        calls: int,
        temperature: float = 1.0,
        guidance: float = 1.0,
    ) -> Run:
        """Pictures for the uniform numbers of their places (n, D), in this order (n, D)."""
        n, size = len(u), self.card.shape[1:]
        guided = Guided.of(labels.to(self.device), self.net.classes, guidance)
        levels = torch.zeros(n, self.pixels, dtype=torch.int64)
        known = torch.zeros(n, self.pixels, dtype=torch.bool)
        before = 0
        for call, after in enumerate(reveals(self.pixels, calls), 1):
            place = order[:, before:after]
            few, seen, asked = (guided.spread(t) for t in (levels, known, place))
            logits = guided.combined(self.logits(few, seen, asked, guided.labels))
            levels.scatter_(1, place, draw_levels(logits / temperature, u.gather(1, place)))
            known.scatter_(1, place, True)
            before = after
            guess = to_pictures(levels.view(n, *size), self.net.levels)
            guess.view(n, -1)[~known] = _UNKNOWN
            yield Step(n * after // self.pixels, n, guess, calls=guided.copies * call)
        return to_pictures(levels.view(n, *size), self.net.levels)

    def density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log P along one order, or the bound over all orders where `groups` is 0.

        Who asks for a number of masks and no groups means the bound, as before there were groups.
        """
        settled = settle((groups_knob(self.pixels, self.calls), TERMS), knobs)
        masks = "terms" in knobs and "groups" not in knobs
        if masks or settled["groups"] == 0:
            return self.bound(x, labels, int(settled["terms"]))
        order = self.order(1)[0]
        return self.log_mass_in(x, labels, order, int(settled["groups"]))

    @torch.no_grad()
    def bound(self, x: Tensor, labels: Tensor | None, terms: int) -> DensityRun:
        """E over orders and t of D · mean of log p(x_i | x_known) over the unknown: equation 4.

        A lower bound on log P(x) of the model that picks its order at random (equation 3).
        """
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        levels = to_indices(x, self.net.levels).flatten(1)
        values, errors = [], []
        for part in torch.arange(len(x)).split(_ROWS):
            streams = streams_of(x[part])
            start = streams.uniform(1)
            found = []
            for term in range(terms):
                share = (start + term) / terms
                found.append(self._term(levels[part], classes[part], streams, share))
                done = int(part[0]) + len(part) * (term + 1) // terms
                yield Step(done, len(x), calls=term + 1)
            # the sizes of the masks rise, and log p a pixel with them
            value, error = mean_in_order(torch.stack(found, 1))
            values.append(value)
            errors.append(error)
        method = f"order-agnostic bound, {terms} random masks"
        return LogDensity(torch.cat(values), Meaning.BOUND, method, torch.cat(errors))

    def _term(self, levels: Tensor, labels: Tensor, streams: Streams, share: Tensor) -> Tensor:
        """D times the mean of log p over unknown pixels, a share (n, 1) of them known: (n,)."""
        count = (share * self.pixels).floor().clamp_max(self.pixels - 1)
        known = streams.uniform(self.pixels).argsort(1).argsort(1) < count
        every = torch.arange(self.pixels).expand(len(levels), -1)
        log_p = self.logits(levels, known, every, labels).log_softmax(2)
        log_p = log_p.gather(2, levels[..., None])[..., 0].double()
        return self.pixels * (log_p * ~known).sum(1) / (~known).sum(1)

    @torch.no_grad()
    def log_mass_in(
        self, x: Tensor, labels: Tensor | None, order: Tensor, groups: int | None = None
    ) -> DensityRun:
        """Exact log P(x | c) of the model in one fixed order (D,) of the pixels, D calls.

        In fewer `groups` the pixels of each are taken as independent given those before: the exact
        log P of that sampler, whose masses sum to one as well. Over orders at random either is a
        lower bound on average on the log P of the mixture of all orders (Jensen).
        """
        after = reveals(self.pixels, self.pixels if groups is None else groups)
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        levels = to_indices(x, self.net.levels).flatten(1)
        known = torch.zeros_like(levels, dtype=torch.bool)
        total = torch.zeros(len(x), dtype=torch.float64)
        for call, (first, last) in enumerate(pairwise([0, *after]), 1):
            place = order[first:last]
            for part in torch.arange(len(x)).split(_ROWS):
                here = place.expand(len(part), -1)
                log_p = self.logits(levels[part], known[part], here, classes[part])
                log_p = log_p.double().log_softmax(2)
                of_levels = log_p.gather(2, levels[part][:, place, None])[..., 0]
                total[part] += of_levels.sum(1)
                done = (call - 1) * len(x) + int(part[-1]) + 1
                yield Step(done // len(after), len(x), calls=call)
            known[:, place] = True
        if len(after) == self.pixels:
            method = f"sum of {self.pixels} conditionals in one order"
            return LogDensity(total, Meaning.EXACT, method)
        count = "1 group" if len(after) == 1 else f"{len(after)} groups"
        method = f"one order in {count}, pixels of a group taken as independent"
        return LogDensity(total, Meaning.BOUND, method)

    def order(self, n: int) -> Tensor:
        """The one order (n, D) that latents are read in."""
        return Streams(0, [0]).uniform(self.pixels).argsort(1).expand(n, -1)

    def decode(self, z: Tensor, labels: Tensor | None) -> Run:
        """(n, D) standard normal -> pictures, in the default number of calls."""
        classes = class_indices(self.card, labels, len(z))
        u = torch.special.ndtr(z.double())
        return self._fill(u, self.order(len(z)), classes, self.calls)

    @torch.no_grad()
    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """Pictures -> (n, D) float64, by the same calls as `decode`."""
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        levels = to_indices(x, self.net.levels).flatten(1)
        v = streams_of(x).uniform(self.pixels).double()
        known = torch.zeros_like(levels, dtype=torch.bool)
        z = torch.zeros_like(v)
        order, before = self.order(len(x)), 0
        for call, after in enumerate(reveals(self.pixels, self.calls), 1):
            place = order[0, before:after]
            log_p = self.logits(levels, known, order[:, before:after], classes)
            z[:, place] = torch.special.ndtri(noise_of_levels(log_p, levels[:, place], v[:, place]))
            known[:, place] = True
            before = after
            yield Step(len(x) * after // self.pixels, len(x), calls=call)
        return z


@dataclass(frozen=True)
class AnyOrderPoints(Coordinates):
    """The any-order model of points; `net` gives the conditionals under any mask."""

    card: Card
    net: PointConditionals
    device: torch.device

    any_order = True  # of the part `axes`

    @property
    def orders(self) -> tuple[range, range]:
        """The two orders that the model picks from with equal chances: forth and back."""
        forth = range(self.net.dim)
        return forth, forth[::-1]

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """An order for each point, then axis by axis as in autoregressive/model.py."""
        streams = Streams(request.seed, request.indices)
        picked = streams.integers(2)
        e = knobs["temperature"] * streams.normal(self.net.dim)
        forth, back = (solve(self.net, e, labels.to(self.device), order) for order in self.orders)
        x = torch.where(picked[:, None] == 0, forth, back)
        yield Step(request.count, request.count, x.clone(), calls=self.net.dim)
        return x

    @torch.no_grad()
    def log_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log ½ (p(x1) p(x2 | x1) + p(x2) p(x1 | x2)): the order is picked at random."""
        settle((), knobs)
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        values = []
        for part in torch.arange(len(x)).split(_POINTS):
            y = x[part].to(self.device, torch.float64)
            found = [self.net.log_density(y, classes[part], order) for order in self.orders]
            values.append((torch.logaddexp(*found) - math.log(2)).cpu())
            yield Step(int(part[-1]) + 1, len(x), calls=2 * self.net.dim)
        return LogDensity(torch.cat(values), Meaning.EXACT, "mean of the densities of both orders")

    def log_grid(self, xs: Tensor, ys: Tensor, label: int | None, knobs: Knobs) -> DensityRun:
        """The same on a grid of the plane: the conditionals are asked once for every column."""
        settle((), knobs)
        classes = class_indices(self.card, None if label is None else [label], 1).to(self.device)
        found = []
        for order in self.orders:
            found.append((yield from grid_of(self.net, xs, ys, classes, order)))
        value = torch.logaddexp(*found) - math.log(2)
        return LogDensity(value, Meaning.EXACT, "mean of the densities of both orders")

    def decode(self, z: Tensor, labels: Tensor | None) -> Run:
        """(n, D) standard normal -> points, in the order x1, x2."""
        classes = class_indices(self.card, labels, len(z)).to(self.device)
        x = solve(self.net, z, classes, self.orders[0])
        yield Step(len(z), len(z), x.clone(), calls=self.net.dim)
        return x

    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """Points -> (n, D) standard normal scores, float64."""
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        z = scores(self.net, x.to(self.device), classes, self.orders[0]).cpu()
        yield Step(len(x), len(x), calls=self.net.dim)
        return z


def load(card: Card, device: torch.device) -> Model:
    """Open a checkpoint. Raises CheckpointError when its weights do not fit its card."""
    net = weights.build(weights.of_kind(_NETS, card), card)
    weights.fill(net, weights.load(card), card)
    return of_net(card, net.eval().requires_grad_(False).to(device), device)


def of_net(card: Card, net: PictureAnyOrder | PointConditionals, device: torch.device) -> Model:
    """The model that a network of conditionals defines."""
    if isinstance(net, PointConditionals):
        return _of_points(AnyOrderPoints(card, net, device))
    return _of_pictures(AnyOrderPictures(card, net, device))


def _of_points(points: AnyOrderPoints) -> Model:
    knobs = (TEMPERATURE,)
    exact = Procedure(Exactness.EXACT, "ancestral, an order at random", SOURCE)
    return Model(
        card=points.card,
        sample=in_batches(points.draw, points.card, knobs),
        procedure=lambda given: tempered(exact, settle(knobs, given)),
        knobs=knobs,
        density=Density(
            Meaning.EXACT, points.log_density, grid=points.log_grid if points.net.dim == 2 else None
        ),
        latents=Latents((points.net.dim,), _POINT_NATURE, points.decode, points.encode, ROSENBLATT),
        axes=points,
    )


def _of_pictures(pictures: AnyOrderPictures) -> Model:
    dims, calls = pictures.pixels, pictures.calls
    knobs = (calls_knob(dims, calls), LOGITS, *([GUIDANCE] if pictures.card.labels else []))
    nature = f"noise of {calls} groups of pixels in one order, exact inverse; not a learned space"
    return Model(
        card=pictures.card,
        sample=in_batches(pictures.draw, pictures.card, knobs),
        procedure=lambda given: procedure_of(settle(knobs, given), dims),
        knobs=knobs,
        density=Density(
            Meaning.BOUND,
            pictures.density,
            (groups_knob(dims, calls), TERMS),
            rough={"groups": max(1, calls // _ROUGHER)},
        ),
        latents=Latents((dims,), nature, pictures.decode, pictures.encode, ROSENBLATT, Pace.SLOW),
        conditionals=pictures,
    )
