"""Raster-order models: sequential Monte Carlo over the pixels, exact where the hole comes last.

A missing pixel is proposed by the model and every later known one weighs what was proposed
(bootstrap filter, Gordon et al. 1993). Each draw is a run of its own, so (seed, i) needs no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import torch
from torch import Tensor

from engines.diagnostics import Diagnosis, counted
from engines.families.autoregressive.model import draw_levels
from engines.inpaint.classes import OWN_CLASS, Evidence, classed, classes
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.tds import effective, pick, resample
from engines.model import Exactness, Knob, Knobs, Model, Procedure, Run, Step, settle
from engines.noise import Streams
from engines.parts import Conditionals, Reading, Reads

_ROWS = 2048
"""States that the network sees at once: at most about 100 ms a call."""
_SHOWN = 7
"""Most calls between two guesses."""
_UNKNOWN = 0.0


class Particles(Protocol):
    """States of some draws, `particles` of each in a row, drawn along one order of the places."""

    @property
    def places(self) -> int:
        """How many places there are."""

    def propose(self, place: int) -> None:
        """Draw this place from the model, given those before it."""

    def log_p(self, places: range) -> Tensor:
        """log p of the known values at these places, given those before each: (rows,) float64."""

    def take(self, rows: Tensor) -> None:
        """Go on with these rows."""

    def shown(self, rows: Tensor, upto: int) -> Tensor:
        """Data (len(rows), *shape) as far as the places before `upto`."""


Make = Callable[[Hole, Streams, Tensor], Particles]


class Plain:
    """A reading of conditionals that keep nothing: every call sees all that was read."""

    def __init__(self, part: Conditionals, labels: Tensor) -> None:
        self.part, self.labels = part, labels.to(part.device)

    def following(self, symbols: Tensor, place: int) -> Tensor:
        """Logits (rows, symbols) of a place, given the symbols before it."""
        places = torch.full((len(symbols), 1), place, device=symbols.device)
        return self.part.logits(symbols, _before(symbols, place), places, self.labels)[:, 0]

    def log_p(self, symbols: Tensor, places: range) -> Tensor:
        """Σ log p of the symbols at these places, given those before each: (rows,) float64."""
        # resampling leaves many rows alike
        labels = self.labels.view(len(symbols), -1)
        rows = torch.cat([labels, symbols[:, : places.stop]], 1)
        kinds, back = rows.unique(dim=0, return_inverse=True)
        whole = symbols.new_zeros(len(kinds), symbols.shape[1])
        whole[:, : places.stop] = kinds[:, labels.shape[1] :]
        asked = kinds[:, : labels.shape[1]].view(len(kinds), *self.labels.shape[1:])
        place = torch.tensor(places, device=symbols.device).expand(len(kinds), -1)
        found = log_p_of(self.part, whole, place, asked).view(len(kinds), -1).sum(1)
        return found[back].cpu()

    def take(self, rows: Tensor) -> None:
        """Go on with these rows."""
        self.labels = self.labels[rows.to(self.labels.device)]


def _reading(part: Conditionals, labels: Tensor) -> Reading:
    return part.reading(labels) if isinstance(part, Reads) else Plain(part, labels)


def log_p_of(part: Conditionals, symbols: Tensor, place: Tensor, labels: Tensor) -> Tensor:
    """log p of the symbols at places (n, k), given those before each in order: (n, k) float64."""
    if not place.numel():
        return torch.zeros(place.shape, dtype=torch.float64, device=place.device)
    logits = part.logits(symbols, _before(symbols, int(place.max())), place, labels)
    seen = symbols.gather(1, place)[..., None]
    return logits.double().log_softmax(2).gather(2, seen)[..., 0]


def _before(symbols: Tensor, place: int) -> Tensor:
    return (torch.arange(symbols.shape[1], device=symbols.device) < place).expand_as(symbols)


class Places:
    """Particles of places with symbols, such as pixels: symbols (rows, places)."""

    def __init__(self, hole: Hole, streams: Streams, labels: Tensor) -> None:
        self.part, self.known = conditionals_of(hole.model), known_places(hole)
        self.mask_shape = hole.card.kind.mask_shape
        self.streams, self.particles = streams, len(labels) // len(streams)
        symbols = self.part.indices(hole.picture[None])
        self.symbols = symbols.repeat(len(labels), 1).to(self.part.device)
        self.reading = _reading(self.part, labels)

    @property
    def places(self) -> int:
        return len(self.known)

    def propose(self, place: int) -> None:
        u = self.streams.uniform(self.particles).flatten().double().to(self.symbols.device)
        self.symbols[:, place] = draw_levels(self.reading.following(self.symbols, place), u)

    def log_p(self, places: range) -> Tensor:
        return self.reading.log_p(self.symbols, places)

    def take(self, rows: Tensor) -> None:
        rows = rows.to(self.symbols.device)
        self.symbols = self.symbols[rows]
        self.reading.take(rows)

    def shown(self, rows: Tensor, upto: int) -> Tensor:
        x = self.part.examples(self.symbols[rows.to(self.symbols.device)])
        later = ~self.known & (torch.arange(len(self.known)) >= upto)
        return x.masked_fill(later.view(self.mask_shape), _UNKNOWN)


class Coordinates:
    """Particles of points: coordinates y (rows, D)."""

    def __init__(self, hole: Hole, streams: Streams, labels: Tensor) -> None:
        part = hole.model.axes
        assert part is not None
        self.part, self.streams, self.particles = part, streams, len(labels) // len(streams)
        y = part.enter(hole.picture.to(part.device, torch.float64))
        self.y = y.repeat(len(labels), 1)
        self.labels = labels.to(part.device)

    @property
    def places(self) -> int:
        return self.part.dims

    def _before(self, place: int) -> Tensor:
        return torch.arange(self.part.dims, device=self.y.device)[None] < place

    def propose(self, place: int) -> None:
        z = self.streams.normal(self.particles).flatten().to(self.y)
        line = self.part.along(self.y, self._before(place), self.labels, place)
        self.y[:, place] = line.quantile(z)

    def log_p(self, places: range) -> Tensor:
        parts = [
            self.part.along(self.y, self._before(k), self.labels, k).log_density(self.y[:, k])
            for k in places
        ]
        return torch.stack(parts).sum(0).cpu()

    def take(self, rows: Tensor) -> None:
        self.y = self.y[rows.to(self.y.device)]

    def shown(self, rows: Tensor, upto: int) -> Tensor:
        return self.part.leave(self.y[rows.to(self.y.device)]).float().cpu()


def conditionals_of(model: Model) -> Conditionals:
    """The part of a model that `fits` has asked for."""
    assert model.conditionals is not None
    return model.conditionals


def known_places(hole: Hole) -> Tensor:
    """Which places are known: of pixels (H·W), all channels together, or of axes (D,)."""
    kind = hole.card.kind
    beside = len(kind.shape) - len(kind.mask_shape)
    return hole.known[(0,) * beside].flatten()


def is_tail(known: Tensor) -> bool:
    """Whether everything after the first missing place is missing."""
    flat = known.flatten().int()
    return bool((flat.diff() <= 0).all())


def stretches(known: Tensor) -> list[tuple[bool, range]]:
    """Runs of places from the first missing one on: (True, known ones), (False, missing ones)."""
    flat = known.flatten().tolist()
    first = flat.index(False) if False in flat else len(flat)
    found, start = [], first
    for seen, group in groupby(flat[first:]):
        stop = start + sum(1 for _ in group)
        found.append((bool(seen), range(start, stop)))
        start = stop
    return found


@dataclass
class Walk:
    """Particles on their way through a hole, and what they weigh: log_w (draws, particles).

    `least` is the smallest effective number 1 / Σ w² that each draw has come through.
    """

    states: Particles
    streams: Streams
    log_w: Tensor
    least: Tensor
    calls: int = 0

    @staticmethod
    def of(states: Particles, streams: Streams, particles: int) -> Walk:
        """At the beginning, where all weigh the same."""
        log_w = torch.zeros(len(streams), particles, dtype=torch.float64)
        return Walk(states, streams, log_w, torch.full((len(streams),), float(particles)))

    def propose(self, place: int) -> None:
        """A missing place."""
        self.states.propose(place)
        self.calls += self.log_w.shape[1]

    def weigh(self, places: range) -> None:
        """Known places, or some of a run of them."""
        self.log_w = self.log_w + self.states.log_p(places).view_as(self.log_w)
        self.calls += self.log_w.shape[1] * len(places)

    def resample(self) -> None:
        """At the end of a run of known places, where the weights have become poor."""
        self.least = torch.minimum(self.least, effective(self.log_w).float())
        parents, self.log_w = resample(self.log_w, self.streams.uniform().to(self.log_w))
        self.states.take(parents)

    def best(self, upto: int) -> Tensor:
        """The heaviest state of each draw, as far as it has come."""
        n, p = self.log_w.shape
        return self.states.shown(self.log_w.argmax(1) + p * torch.arange(n), upto)

    def end(self) -> Tensor:
        """One state of each draw by its weight."""
        rows = pick(self.log_w, self.streams.uniform().to(self.log_w))
        return self.states.shown(rows, self.states.places)

    def found(self) -> Diagnosis:
        """How many particles were worth something where it was worst, mean over the draws."""
        return counted((self.least,), self.log_w.shape[1])


def _steps(walk: Walk, known: Tensor, piece: int) -> Iterator[int]:
    """Take a walk through the hole; yields the place it has come to after every piece of work."""
    weighed = walk.log_w.shape[1] > 1
    for seen, places in stretches(known):
        if not seen:
            for place in places:
                walk.propose(place)
                yield place + 1
        elif weighed:
            for i in range(0, len(places), piece):
                walk.weigh(places[i : i + piece])
                yield places[min(i + piece, len(places)) - 1] + 1
            walk.resample()


def evidence(hole: Hole) -> Evidence:
    """log p(x_o | c) of what is known before a hole that comes last: exact, classes together."""

    @torch.no_grad()
    def found() -> Tensor:
        part, c = conditionals_of(hole.model), len(hole.model.labels)
        symbols = part.indices(hole.picture[None]).repeat(c, 1).to(part.device)
        total, labels = torch.zeros(c, dtype=torch.float64), torch.arange(c).to(part.device)
        for some in known_places(hole).nonzero()[:, 0].split(max(1, _ROWS // c)):
            place = some.expand(c, -1).to(part.device)
            total += log_p_of(part, symbols, place, labels).sum(1).cpu()
        return total

    return found


def _fill(make: Make, most: Callable[[Model], int]) -> Callable[[Hole], Run]:
    @torch.no_grad()
    def fill(hole: Hole) -> Run:
        """Some draws at a time; guesses are the heaviest state of each."""
        known = known_places(hole)
        particles = 1 if is_tail(known) else int(hole.knobs.get("particles", 1))
        shown = torch.zeros(hole.count, *hole.card.shape)
        own = evidence(hole) if make is Places and is_tail(known) else None
        size, total = max(1, most(hole.model) // particles), known.numel()
        first = stretches(known)[0][1].start
        for start in range(0, hole.count, size):
            part = range(start, min(start + size, hole.count))
            streams, rows = Streams(hole.seed, part), len(part) * particles
            labels = classes(hole, part, own).repeat_interleave(particles, 0)
            walk = Walk.of(make(hole, streams, labels), streams, particles)
            every = min(_SHOWN, max(1, _ROWS // (2 * rows)))
            for i, place in enumerate(_steps(walk, known, max(1, _ROWS // (2 * rows)))):
                if i % every == 0:
                    shown[part.start : part.stop] = walk.best(place)
                    done = part.start + len(part) * (place - first) // (total - first + 1)
                    now = walk.found()
                    yield Step(done, hole.count, shown.clone(), walk.calls, now.note, now.poor)
            shown[part.start : part.stop] = walk.end()
            now = walk.found()
            yield Step(part.stop, hole.count, shown.clone(), walk.calls, now.note, now.poor)
        return shown.clone()

    return fill


_SOURCE = "Gordon et al. 1993; Van den Oord et al. 2016"


def _procedure(model: Model, knobs: Knobs, known: Tensor) -> Procedure:
    p, tail = int(knobs.get("particles", 1)), is_tail(known.expand(model.card.kind.mask_shape))
    if tail:
        method, standing = "ancestral, the hole comes last in the order", Exactness.EXACT
    elif p == 1:
        method = "ancestral, what is known after a missing place does not count for it"
        standing = Exactness.HEURISTIC
    else:
        method, standing = f"sequential Monte Carlo, {p} particles a draw", Exactness.ASYMPTOTIC
    source = _SOURCE if not tail and p > 1 else "Van den Oord et al. 2016"
    return classed(Procedure(standing, method, source), knobs, model, cheap=tail)


def method(
    make: Make,
    fits: Callable[[Model], bool],
    particles: int | None,
    live: bool,
    offered: tuple[Knob, ...] = (),
    most: Callable[[Model], int] = lambda _: _ROWS,
) -> Method:
    """Weighed particles, or with None one state that nothing weighs; at `most` so many at once."""
    knobs = offered
    if particles:
        asked = Knob(
            "particles",
            "Particles",
            particles,
            1,
            512,
            1,
            "Number P of particles in the run of each sample, weighted at every known position "
            "that comes after a missing one. Exact as P grows; 1 uses no weights.",
        )
        knobs = (asked, *knobs)

    def of_hole(model: Model, given: Knobs, known: Tensor) -> Procedure:
        return _procedure(model, settle(knobs, given), known)

    def procedure(model: Model, given: Knobs) -> Procedure:
        known = torch.zeros(model.card.kind.mask_shape, dtype=torch.bool)
        known.view(-1)[-1] = True  # any hole that does not come last
        return of_hole(model, given, known)

    return Method(
        name="smc" if particles else "clamping",
        title="Sequential Monte Carlo" if particles else "Clamping",
        says=(
            "Samples the missing positions in order and weights them by the known positions "
            "that come later; exact as particles grow, and with one where the hole comes last."
        )
        if particles
        else (
            "Samples the missing positions in order and ignores what is known after them; for "
            "comparison."
        ),
        fits=fits,
        procedure=procedure,
        run=filling(_fill(make, most), knobs),
        knobs=knobs,
        live=live,
        of_hole=of_hole,
    )


def _of_places(model: Model) -> bool:
    part = model.conditionals
    return part is not None and not part.any_order and not isinstance(part, Reads)


def _of_points(model: Model) -> bool:
    return model.axes is not None and not model.axes.any_order


METHODS = (
    method(Places, _of_places, 32, live=False, offered=(OWN_CLASS,)),
    method(Coordinates, _of_points, 128, live=False),
    method(Places, _of_places, None, live=False, offered=(OWN_CLASS,)),
    method(Coordinates, _of_points, None, live=True),
)
