"""What the window shows of learners: reports in, words and pictures out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from app.learn import roster
from app.learn.pupil import Report, Symptom, presets_of
from app.learn.studio import News
from app.tasks.learning import Fair
from engines.learning.portrait import Ground, Portrait
from engines.learning.shapes import SHAPES
from engines.maps.kinds import Kind
from widgets.learn.field import Picture
from widgets.learn.frame import Box
from widgets.learn.inspector import Failure, InsideFace
from widgets.learn.learner_card import CardFace
from widgets.learn.plot import Line

_TOP = 0.995
"""The brightest colour is the density that this share of the data's map stays below."""
_MOST_POINTS, _LEARNERS = 3_000, 12
_FAR = 99.0
"""Nats of a figure beyond which its digits say nothing."""
_LOSS_NAMES = {"gap": "critic's lead"}
"""What a loss is called on a card, where its own name means something else there."""
_FIGURES = {
    "collapse of the posterior": ("KL(q ‖ p) = {:.3f} nats", "below 0.05 the codes say nothing"),
    "mode collapse": ("Modes made: {:.0f} of 8", "fewer than 4 is a collapse"),
    "exploding critic": ("E|∇D|² = {:.3g}", "above 100 the critic explodes"),
    "chains that do not mix": ("Accepted moves: {:.1f} %", "below 5 % the chains stand still"),
    "over-fitting": (
        "Points learned from are {:.2f} nats likelier than held-out ones",
        "above 5 it learns by heart",
    ),
}


class Look(Enum):
    """How cards show their learners."""

    BOTH = "Samples over density"
    DENSITY = "Density, in nats"
    DIFFERENCE = "Difference from data"
    SAMPLES = "Samples over points"


@dataclass(frozen=True, eq=False)
class Setting:
    """What all pictures share: the part of the plane, the points, the look."""

    box: Box
    points: np.ndarray
    look: Look

    def thinned(self) -> np.ndarray:
        """Points few enough to be drawn six times."""
        return self.points[:: max(1, len(self.points) // _MOST_POINTS)]


class Pictures:
    """Pictures of portraits; each is made once, so that what is the same is not painted again."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Portrait, Ground, Setting, Picture]] = {}

    def of(self, key: int, portrait: Portrait, ground: Ground, setting: Setting) -> Picture:
        """The picture of one portrait."""
        kept = self._made.get(key)
        if kept is not None and (kept[0], kept[1], kept[2]) == (portrait, ground, setting):
            return kept[3]
        made = _picture(portrait, ground, setting)
        if key not in self._made and len(self._made) >= _LEARNERS:
            self._made.pop(next(iter(self._made)))  # of a learner that is gone, or is made again
        self._made[key] = (portrait, ground, setting, made)
        return made


def _picture(portrait: Portrait, ground: Ground, setting: Setting) -> Picture:
    look, log_p = setting.look, portrait.log_p
    points = setting.thinned()
    top = _top(ground, log_p)
    if look is Look.SAMPLES or log_p is None:
        return Picture(setting.box, points=points, samples=portrait.samples, labels=portrait.labels)
    if look is Look.BOTH:
        return Picture(
            setting.box,
            map=log_p,
            top=top,
            tinted=True,
            points=points,
            samples=portrait.samples,
            labels=portrait.labels,
        )
    if look is Look.DENSITY or ground.values is None:
        return Picture(setting.box, map=log_p, top=top, points=points[:400])
    gap = np.exp(log_p) - np.exp(_coarser(ground.values, len(log_p)))
    return Picture(setting.box, map=gap.astype(np.float32), top=math.exp(top), signed=True)


def _top(ground: Ground, log_p: np.ndarray | None) -> float:
    values = ground.values if ground.values is not None else log_p
    if values is None:
        return 0.0
    finite = values[np.isfinite(values)]
    return float(np.quantile(finite, _TOP)) if finite.size else 0.0


def _coarser(values: np.ndarray, side: int) -> np.ndarray:
    """A map (n, n) as one of (side, side): the mean density of each pixel, in nats."""
    each = len(values) // side
    if each <= 1:
        return values
    with np.errstate(divide="ignore"):
        blocks = np.exp(values).reshape(side, each, side, each).mean((1, 3))
        found: np.ndarray = np.log(blocks)
    return found


def axis_of(report: Report | Portrait, fair: Fair) -> float:
    """How far a learner or a portrait of it is on the axis that learners share."""
    return report.seconds if fair is Fair.TIME else float(report.examples)


def moment_of(report: Report, fair: Fair, at: float | None) -> Portrait | None:
    """The portrait on show: the newest, or the last that is kept of what was before `at`."""
    if at is None:
        return report.portrait
    film = [report.film[step] for step in sorted(report.film)]
    before = [each for each in film if axis_of(each, fair) <= at + 1e-9]
    return before[-1] if before else film[0] if film else report.portrait


def farthest(reports: Sequence[Report], fair: Fair) -> float:
    """How far the learner is that is the farthest."""
    return max((axis_of(report, fair) for report in reports), default=0.0)


def said_moment(value: float, fair: Fair) -> str:
    """A place of the shared axis in words."""
    return f"{value:.1f} s" if fair is Fair.TIME else f"{value / 1000:.0f} k examples"


def card_face(
    report: Report, title: str, portrait: Portrait | None, picture: Picture | None, *, now: bool
) -> CardFace:
    """What a card shows of a learner at the moment of a portrait."""
    step = report.step if now or portrait is None else portrait.step
    total = "" if report.total is None else f" of {report.total:,} planned"
    seconds = report.seconds if now or portrait is None else portrait.seconds
    examples = report.examples if now or portrait is None else portrait.examples
    latest = _latest(report, None if now else step)
    figure = f"{latest} · " if latest else ""
    share = None
    if report.total and report.step < report.total:
        share = report.step / report.total
    trace = report.trace
    return CardFace(
        title=title,
        family=report.family,
        picture=picture,
        kind="" if portrait is None else portrait.kind.value,
        tip="" if portrait is None else f"The map: {portrait.kind.says} {portrait.method}.",
        foot=f"{figure}{'' if now else 'was at '}step {step:,} · {seconds:.1f} s",
        foot_tip=f"How well it does, steps done{total}, and seconds of processor time spent on "
        f"them, which showed it {examples:,} examples. " + _figure_tip(report),
        loss="" if trace is None else _LOSS_NAMES.get(trace.name, trace.name),
        losses=np.empty(0) if trace is None else trace.values,
        share=share,
        trouble=report.trouble,
    )


def _latest(report: Report, before: int | None) -> str:
    known = [f for f in report.figures if before is None or f.step <= before]
    if not known:
        return ""
    last = known[-1]
    name, value = ("−log p", last.held_out) if last.gap is None else ("gap", last.gap)
    if value > _FAR:
        return f"{name} above {_FAR:.0f}"
    return f"{name} {last.kind.bits_sign}{value:.3f}".replace("-", "−")


def _figure_tip(report: Report) -> str:
    if not report.figures:
        return "not measured yet."
    last = report.figures[-1]
    gap = (
        ""
        if last.gap is None
        else f"Above the truth by {last.gap:.3f} ± {last.gap_stderr:.3f} nats. "
    )
    return (
        f"{gap}−log p of held-out points {last.held_out:.3f} ± {last.stderr:.3f} nats, of points "
        f"that it learns {last.train:.3f} ({last.kind.value}; {last.method})."
    )


def progress(
    news: News, names: Mapping[int, str], fair: Fair, chosen: int
) -> tuple[str, bool, list[Line]]:
    """The title of the plot of all learners, whether its axis is logarithmic, and its lines."""
    truth = bool(news.ground is not None and news.ground.truth is not None)
    title = (
        "Gap to the truth, in nats a point (dashed: of kernels on samples)"
        if truth
        else "−log p of held-out points, in nats (dashed: of kernels on samples)"
    )
    lines = []
    for report in news.reports:
        shown = [f for f in report.figures if not truth or f.gap is not None]
        if not shown:
            continue
        x = np.array([f.seconds if fair is Fair.TIME else f.examples for f in shown], np.float64)
        y = np.array([f.gap if truth and f.gap is not None else f.held_out for f in shown])
        dashed = shown[-1].kind is Kind.SAMPLES
        name, family = names[report.key], report.family
        lines.append(Line(name, family, x, y, dashed, report.key == chosen))
    return title, truth, lines


def axis(reports: Sequence[Report], fair: Fair) -> str:
    """The unit of the shared axis, and how far the other one has gone."""
    seconds, examples = (farthest(reports, each) for each in (Fair.TIME, Fair.EXAMPLES))
    if fair is Fair.TIME:
        return f"s of processor time (up to {examples / 1000:.0f} k examples)"
    return f"examples (up to {seconds:.0f} s of processor time)"


def inside_face(report: Report) -> InsideFace | None:
    """The picture of what a learner works on."""
    inside = report.inside
    if inside is None:
        return None
    area = inside.area
    box = area.box
    heat, top = inside.heat, 0.0
    if heat is not None:
        finite = heat[np.isfinite(heat)]
        top = float(np.quantile(np.abs(finite) if inside.signed else finite, 0.99))
    picture = Picture(
        box,
        map=heat,
        top=top,
        signed=inside.signed,
        samples=inside.dots,
        lines=inside.lines,
        arrows=inside.arrows,
    )
    numbers = " · ".join(f"{name} {value:.3f}" for name, value in inside.numbers)
    return InsideFace(
        inside.title,
        picture,
        inside.words,
        inside.formula,
        numbers.replace("-", "−"),
        inside.moving,
    )


def standing(report: Report) -> str:
    """What a learner has done so far, in words."""
    changes = [
        f"{roster.value_title(report.family, change.name)} {change.value:g} from step "
        f"{change.step:,}"
        for change in report.changes
    ][-4:]
    changed = f" Changed: {'; '.join(changes)}." if changes else ""
    steps = f"{report.step:,} step{'s' * (report.step != 1)}"
    return f"{steps}, {report.examples:,} examples seen.{changed}"


def failures(report: Report) -> list[Failure]:
    """What a learner can be made to show."""
    return [
        Failure(
            preset.name,
            preset.title,
            f"{preset.seen} Sets "
            + ", ".join(
                f"{roster.value_title(report.family, n)} to {v:g}" for n, v in preset.wild.items()
            )
            + ".",
        )
        for preset in presets_of(report.family)
    ]


def symptom_words(symptom: Symptom | None, origin: str) -> tuple[str, bool, bool, bool]:
    """What is said of a failure, whether it is there, can be mended, has data that show it well."""
    if symptom is None:
        return "", False, False, False
    preset = symptom.preset
    figure, bar = _FIGURES[preset.name]
    elsewhere = origin != preset.data
    if math.isnan(symptom.figure):
        seen = f"Its modes can be counted on {SHAPES[preset.data].title} alone."
    else:
        there = "it is still there" if symptom.mended else "it is there"
        state = there if symptom.shows else "it is not there"
        value = symptom.figure * (100 if "%" in figure else 1)
        seen = f"{figure.format(value)}: {state} ({bar})."
    said = f"{preset.title}. {seen} {preset.seen} Remedy: {preset.advice}"
    if symptom.mended:
        state = "with its remedy" if symptom.shows else "mended"
        said = f"{preset.title}, {state}. {seen} {preset.advice}"
    return said.replace(" -", " −"), symptom.shows, not symptom.mended, elsewhere
