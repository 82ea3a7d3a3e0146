"""One learner as the lane knows it, and what the window is told of it. No Qt.

All but `Report` is for the lane's thread alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engines.learning.breaking import PRESETS, Preset
from engines.learning.inside import Inside
from engines.learning.learner import Change, Learner
from engines.learning.portrait import Figures, Portrait, examples_of
from engines.training.loop import Moment, Training
from engines.training.recipe import Options

Make: TypeAlias = Callable[[Options], Learner]
_MOST = 400
"""Points of a curve; where there are more, every second goes."""
_APART = 0.25
"""Seconds of its own time between two portraits that are kept."""
_MODES, _JUDGED = "gaussians", 400
"""The set whose modes are counted, and how many points the other symptoms are measured on."""
_SLOW = 0.9
"""How much of the loss on show is kept at each step: curves are smoothed."""
_LOSSES = ("loss", "gap", "log p")
"""Which of its losses a learner's curve shows: the first that it has."""


@dataclass(frozen=True, eq=False)
class Trace:
    """A curve of a learner's loss: steps, seconds and examples (n,) with smoothed values (n,)."""

    name: str
    steps: NDArray[np.float64]
    seconds: NDArray[np.float64]
    examples: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Symptom:
    """What a provoked failure shows: the figure, and whether it is there.

    The figure is NaN where it can be taken of the preset's own data alone.
    """

    preset: Preset
    figure: float
    shows: bool
    mended: bool


@dataclass(frozen=True, eq=False)
class Report:
    """What the window is told of one learner; nothing of it changes afterwards.

    `film` holds the portraits of the moments that can be gone back to, by step, and `portrait` the
    newest one, which may lag some steps behind `step`.
    """

    key: int
    family: str
    options: Mapping[str, Any]
    knobs: Mapping[str, Any]
    live: tuple[str, ...]
    changes: tuple[Change, ...]
    step: int
    total: int | None
    seconds: float
    examples: int
    losses: Mapping[str, float]
    trouble: str
    done: bool
    portrait: Portrait | None
    inside: Inside | None
    film: Mapping[int, Portrait]
    figures: tuple[Figures, ...]
    trace: Trace | None
    symptom: Symptom | None


@dataclass(eq=False)
class Pupil:
    """A learner with what was seen of it. `stale`: what it looks like is not on show yet."""

    key: int
    made: Learner
    stale: bool = True
    must: bool = True
    """Whether it is to be drawn before it goes on: this moment can be gone back to."""
    trouble: str = ""
    asked: Options = field(default_factory=dict)
    """What a person has chosen for it in place of the usual."""
    make: Make | None = None
    """Makes it anew, with other values."""
    portrait: Portrait | None = None
    inside: Inside | None = None
    film: dict[int, Portrait] = field(default_factory=dict)
    figures: list[Figures] = field(default_factory=list)
    provoked: Preset | None = None
    mended: bool = False
    symptom: Symptom | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    measured_at: int = -1
    _curve: list[tuple[float, float, float, float]] = field(default_factory=list)
    _smooth: float | None = None
    _every: int = 1
    _trace: Trace | None = None
    _report: Report | None = None

    def hear(self, moment: Moment) -> None:
        """A step has been done."""
        self.losses, self.stale = moment.losses, True
        last = max((portrait.seconds for portrait in self.film.values()), default=0.0)
        far = self.made.course.seconds - last >= _APART
        self.must = self.must or (far and moment.step in self.made.saved)
        value = next((moment.losses[name] for name in _LOSSES if name in moment.losses), None)
        if value is None:
            value = next(iter(moment.losses.values()), None)
        if value is not None:
            before = value if self._smooth is None else self._smooth
            self._smooth = _SLOW * before + (1 - _SLOW) * value
            if moment.step % self._every == 0:
                point = (moment.step, moment.seconds, examples_of(self.made), self._smooth)
                self._curve.append(point)
        if len(self._curve) > _MOST:
            self._curve, self._every = self._curve[1::2], 2 * self._every
        self._report = None

    def drawn(self, portrait: Portrait | None) -> None:
        """Its picture is on show."""
        self.stale = self.must = False
        self.portrait = portrait
        if portrait is not None and portrait.step in self.made.saved:
            kept = {s: p for s, p in self.film.items() if s in self.made.saved}
            self.film = {**kept, portrait.step: portrait}
        self._trace = None
        self.changed()

    def rests(self) -> None:
        """It stands still: this moment is drawn and measured, whatever was drawn a step ago."""
        self.must = True
        self.stale = self.stale or self.measured_at != self.made.step
        self.changed()

    def changed(self) -> None:
        """What is told of it is no longer true."""
        self._report = None

    def went_back(self, step: int) -> None:
        """It is at an earlier step: what came later is forgotten, the picture is that of then."""
        self.film = {s: p for s, p in self.film.items() if s <= step}
        self.figures = [each for each in self.figures if each.step <= step]
        self._curve = [point for point in self._curve if point[0] <= step]
        self._smooth = self._curve[-1][3] if self._curve else None
        self._trace, self.losses = None, {}
        self.trouble, self.measured_at = "", -1
        self.portrait = self.film.get(step)
        self.inside = None
        self.stale = self.must = True
        self.changed()

    def inherit(self, other: Pupil) -> None:
        """Take what was seen of the learner that this one is a duplicate of."""
        self.film, self.figures = dict(other.film), list(other.figures)
        self._curve, self._smooth, self._every = list(other._curve), other._smooth, other._every
        self.losses = other.losses
        self.changed()

    def judge(self, held_out: Tensor, origin: str) -> None:
        """Measure the symptom of what was provoked, if anything was, on points of this origin."""
        preset = self.provoked
        if preset is None:
            self.symptom = None
        elif preset.data == _MODES and origin != _MODES:
            self.symptom = Symptom(preset, math.nan, False, self.mended)
        else:
            x = held_out if len(held_out) else self.made.data.train.x
            figure = preset.symptom(self.made, x[:_JUDGED])
            self.symptom = Symptom(preset, figure, preset.shows(figure), self.mended)

    def report(self) -> Report:
        """What the window is told."""
        if self._report is None:
            self._report = self._told()
        return self._report

    def _told(self) -> Report:
        made = self.made
        course = made.course
        return Report(
            key=self.key,
            family=made.family,
            options=dict(made.options),
            knobs=dict(made.knobs),
            live=made.live,
            changes=tuple(made.changes),
            step=made.step,
            total=course.plan.steps if isinstance(course, Training) else None,
            seconds=course.seconds,
            examples=examples_of(made),
            losses=dict(self.losses),
            trouble=self.trouble,
            done=course.ended,
            portrait=self.portrait,
            inside=self.inside,
            film=dict(self.film),
            figures=tuple(self.figures),
            trace=self._traced(),
            symptom=self.symptom,
        )

    def _traced(self) -> Trace | None:
        if not self._curve:
            return None
        if self._trace is None:
            columns = np.array(self._curve).T
            name = next((name for name in _LOSSES if name in self.losses), "")
            name = name or next(iter(self.losses), "loss")
            self._trace = Trace(name, *columns)
        return self._trace


class Pupils(dict[int, Pupil]):
    """Learners by their keys. ValueError, a sentence, for one that was removed in the meantime."""

    def __missing__(self, key: int) -> Pupil:
        raise ValueError("the learner is no longer there")


def presets_of(family: str) -> tuple[Preset, ...]:
    """The failures that a family can be made to show."""
    return tuple(preset for preset in PRESETS if preset.family == family)
