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

from engines.diagnostics import Diagnosis
from engines.families.autoregressive.model import (
    RasterPictures,
    RasterPoints,
    draw_levels,
    to_indices,
    to_pictures,
)
from engines.inpaint.classes import OWN_CLASS, Evidence, classed, classes
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.tds import pick, resample
from engines.model import Exactness, Knob, Knobs, Model, Procedure, Run, Step, settle
from engines.noise import Streams

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


Kind = Callable[[Hole, Streams, Tensor], Particles]


class Pixels:
    """Particles of pictures: levels (rows, H·W)."""

    def __init__(self, hole: Hole, streams: Streams, labels: Tensor) -> None:
        native = hole.model.native
        assert isinstance(native, RasterPictures)
        self.net, self.device, self.shape = native.net, native.device, hole.card.shape
        self.streams, self.known = streams, known_places(hole)
        self.particles = len(labels) // len(streams)
        levels = to_indices(hole.picture[None], self.net.levels).flatten(1)
        self.levels = levels.repeat(len(labels), 1).to(self.device)
        self.labels = labels.to(self.device)

    @property
    def places(self) -> int:
        return len(self.known)

    def propose(self, place: int) -> None:
        u = self.streams.uniform(self.particles).flatten().double().to(self.device)
        logits = self.net.pixel(self._pictures(self.levels), self.labels, place)
        self.levels[:, place] = draw_levels(logits, u)

    def log_p(self, places: range) -> Tensor:
        # resampling leaves many rows alike
        rows = torch.cat([self.labels[:, None], self.levels[:, : places.stop]], 1)
        kinds, back = rows.unique(dim=0, return_inverse=True)
        whole = self.levels.new_zeros(len(kinds), self.levels.shape[1])
        whole[:, : places.stop] = kinds[:, 1:]
        which = torch.arange(len(kinds), device=self.device).repeat_interleave(len(places))
        place = torch.tensor(places, device=self.device).repeat(len(kinds))
        log_p: Tensor = self.net(self._pictures(whole), kinds[:, 0], which, place)
        seen = whole[which, place][:, None]
        found = log_p.double().log_softmax(1).gather(1, seen).view(len(kinds), -1).sum(1)
        return found[back].cpu()

    def take(self, rows: Tensor) -> None:
        self.levels = self.levels[rows.to(self.device)]

    def shown(self, rows: Tensor, upto: int) -> Tensor:
        x = to_pictures(self._pictures(self.levels[rows.to(self.device)]), self.net.levels).cpu()
        later = ~self.known & (torch.arange(len(self.known)) >= upto)
        return x.masked_fill(later.view(x.shape[1:]), _UNKNOWN)

    def _pictures(self, levels: Tensor) -> Tensor:
        return levels.view(-1, *self.shape[1:])


class Axes:
    """Particles of points: standardised coordinates y (rows, D)."""

    def __init__(self, hole: Hole, streams: Streams, labels: Tensor) -> None:
        native = hole.model.native
        assert isinstance(native, RasterPoints)
        self.net, self.streams, self.particles = native.net, streams, len(labels) // len(streams)
        y = self.net.enter(hole.picture.to(native.device, torch.float64))
        self.y = y.repeat(len(labels), 1)
        self.labels = labels.to(native.device)

    @property
    def places(self) -> int:
        return self.net.dim

    def _before(self, place: int) -> Tensor:
        return torch.arange(self.net.dim, device=self.y.device)[None] < place

    def propose(self, place: int) -> None:
        z = self.streams.normal(self.particles).flatten().to(self.y)
        mixture = self.net(self.y, self._before(place), self.labels, place)
        self.y[:, place] = mixture.quantile(z)

    def log_p(self, places: range) -> Tensor:
        parts = [
            self.net(self.y, self._before(k), self.labels, k).log_density(self.y[:, k])
            for k in places
        ]
        return torch.stack(parts).sum(0).cpu()

    def take(self, rows: Tensor) -> None:
        self.y = self.y[rows.to(self.y.device)]

    def shown(self, rows: Tensor, upto: int) -> Tensor:
        return self.net.leave(self.y[rows.to(self.y.device)]).float().cpu()


def known_places(hole: Hole) -> Tensor:
    """Which places are known: of pixels (H·W), all channels together, or of axes (D,)."""
    return hole.known[0].flatten() if hole.known.ndim == 3 else hole.known


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
        effective = 1 / self.log_w.softmax(1).square().sum(1)
        self.least = torch.minimum(self.least, effective.float())
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
        p = self.log_w.shape[1]
        if p == 1:
            return Diagnosis()
        return Diagnosis(effective=float(self.least.mean()), particles=p, remedy="Particles")


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
        native = hole.model.native
        assert isinstance(native, RasterPictures)
        c, known = len(hole.model.labels), known_places(hole)
        levels = to_indices(hole.picture[None], native.net.levels).repeat(c, 1, 1)
        levels, total = levels.to(native.device), torch.zeros(c, dtype=torch.float64)
        for part in known.nonzero()[:, 0].split(max(1, _ROWS // c)):
            which = torch.arange(c).repeat_interleave(len(part)).to(native.device)
            place = part.repeat(c).to(native.device)
            logits = native.net(levels, torch.arange(c).to(native.device), which, place)
            seen = levels.flatten(1)[which, place][:, None]
            log_p = logits.double().log_softmax(1).gather(1, seen)
            total += log_p.view(c, -1).sum(1).cpu()
        return total

    return found


def _fill(kind: Kind, most: Callable[[Model], int]) -> Callable[[Hole], Run]:
    @torch.no_grad()
    def fill(hole: Hole) -> Run:
        """Some draws at a time; guesses are the heaviest state of each."""
        known = known_places(hole)
        particles = 1 if is_tail(known) else int(hole.knobs.get("particles", 1))
        shown = torch.zeros(hole.count, *hole.card.shape)
        own = evidence(hole) if kind is Pixels and is_tail(known) else None
        size, total = max(1, most(hole.model) // particles), known.numel()
        first = stretches(known)[0][1].start
        for start in range(0, hole.count, size):
            part = range(start, min(start + size, hole.count))
            streams, rows = Streams(hole.seed, part), len(part) * particles
            labels = classes(hole, part, own).repeat_interleave(particles)
            walk = Walk.of(kind(hole, streams, labels), streams, particles)
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
    p, tail = int(knobs.get("particles", 1)), is_tail(known.expand(model.card.shape[-2:]))
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
    kind: Kind, fits: Callable[[Model], bool], particles: int | None, live: bool,
    most: Callable[[Model], int] = lambda _: _ROWS,
) -> Method:  # fmt: skip
    """Weighed particles, or with None one state that nothing weighs; at `most` so many at once."""
    knobs: tuple[Knob, ...] = (OWN_CLASS,) if kind is Pixels else ()
    if particles:
        asked = Knob(
            "particles", "Particles", particles, 1, 512, 1,
            "States P of each draw's own run, weighed at every known place that comes after a "
            "missing one. Exact as P grows; 1 weighs nothing.",
        )  # fmt: skip
        knobs = (asked, *knobs)

    def of_hole(model: Model, given: Knobs, known: Tensor) -> Procedure:
        return _procedure(model, settle(knobs, given), known)

    def procedure(model: Model, given: Knobs) -> Procedure:
        known = torch.zeros(model.card.shape[-2:], dtype=torch.bool)
        known.view(-1)[-1] = True  # any hole that does not come last
        return of_hole(model, given, known)

    return Method(
        name="smc" if particles else "clamping",
        title="Sequential Monte Carlo" if particles else "Clamping",
        says="Draws the missing places in order and lets what is known later weigh what was drawn; "
        "exact as particles grow, and at once where the hole comes last."
        if particles
        else "Draws the missing places in order, deaf to what is known after them: a comparison.",
        fits=fits,
        procedure=procedure,
        run=filling(_fill(kind, most), knobs),
        knobs=knobs,
        live=live,
        of_hole=of_hole,
    )


def _of_pictures(model: Model) -> bool:
    return isinstance(model.native, RasterPictures)


def _of_points(model: Model) -> bool:
    return isinstance(model.native, RasterPoints)


METHODS = (
    method(Pixels, _of_pictures, 32, live=False),
    method(Axes, _of_points, 128, live=False),
    method(Pixels, _of_pictures, None, live=False),
    method(Axes, _of_points, None, live=True),
)
