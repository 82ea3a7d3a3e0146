"""The learners of the tab Learn, taught and drawn in one background job of the lane. No Qt.

`ask` may be called from any thread; what is asked is done on the lane, between two steps.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from app.learn.pupil import Make, Pupil, Pupils, Report, presets_of
from app.tasks.learning import Fair, Race, Told
from engines.learning.inside import Choice, look_inside
from engines.learning.portrait import Ground, View, ground_of, measure, portray
from engines.maps.area import Area
from engines.model import NotFiniteError, Steps
from engines.training.loop import Fitting
from engines.training.recipe import NO_OPTIONS, Options

_REST = 2.8
"""Work between two pictures over what the last one took: pictures take a quarter."""
_QUIET = 0.1
"""Seconds between two reports to the window."""
_MEASURE_EVERY = 4.0
"""Seconds of work between two measures of a learner."""
_DEAR = 60.0
"""The same over what a measure costs, where it costs much."""
Run = Generator[Any, None, Any]


@dataclass(frozen=True, eq=False)
class News:
    """What the window is told: a report for each learner, and sentences since `said` began."""

    reports: tuple[Report, ...]
    said: tuple[str, ...]
    ground: Ground | None
    racing: bool


class Studio:
    """Learners by their keys; `pupils` and all that touches them is for the lane's thread alone."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._inbox: deque[Callable[[], object]] = deque()
        self.pupils = Pupils()
        self.fair = Fair.TIME
        self.view = View(Area(-3, 3, -3, 3))
        self.ground: Ground | None = None
        self.origin = ""
        self.choice = Choice(-1)
        self._begin_ground: Callable[[], Generator[None, None, Ground]] | None = None
        self._left: dict[int, int | None] = {}
        self._racers: list[Pupil] = []
        self._race: Generator[Told, None, None] | None = None
        self._said: list[str] = []
        self._turn, self._rest_until = 0, 0.0
        self._measured: dict[int, float] = {}
        self._paced = False
        self._news_at = 0.0
        self._news = News((), (), None, False)

    # from any thread

    def ask(self, act: Callable[[], object]) -> None:
        """Have something done on the lane, between two steps."""
        with self._guard:
            self._inbox.append(act)

    def waits(self) -> bool:
        """Whether something that was asked for is not done yet."""
        with self._guard:
            return bool(self._inbox)

    # on the lane

    def job(self) -> Generator[News, None, News]:
        """Teach and draw until there is nothing more to do; a background job."""
        self._rest_until = 0.0  # the thread, and so its clock, may be another
        try:
            yield from _alone(self._work())
        finally:
            self._halt()
            self._left = {}
        return self._told(now=True)

    def _work(self) -> Generator[News, None, None]:
        while True:
            self._obey()
            if self._begin_ground is not None:
                begin, self._begin_ground = self._begin_ground, None
                for _ in (run := Steps(begin())):
                    yield self._told()
                self.ground = run.result
                self._soil()
            stepped = self._step()
            if (pupil := self._due()) is not None:
                yield from self._draw(pupil)
            elif not stepped and not self.waits():
                return
            yield self._told()

    def _obey(self) -> None:
        while True:
            with self._guard:
                act = self._inbox.popleft() if self._inbox else None
            if act is None:
                return
            try:
                act()
            except ValueError as error:
                self._said.append(str(error))

    def _step(self) -> bool:
        """One step of the learner whose turn it is; False where none goes on."""
        if self._race is None:
            wanted = {p.key: self._left.get(p.key, _unasked(p)) for p in self.pupils.values()}
            self._racers = [p for p in self.pupils.values() if wanted[p.key] != 0 and _able(p)]
            if not self._racers or self.ground is None:
                self._left = {}
                return False
            known = [rest for p in self._racers if (rest := wanted[p.key]) is not None]
            race = Race([pupil.made for pupil in self._racers], self.fair)
            self._race = race.run(max(known) if known else None)
        told = next(self._race, None)
        if told is None:
            for pupil in self._racers:
                pupil.changed() if self._paced else pupil.rests()
            self._race, self._left = None, {}
            return True
        pupil = self._racers[told.which]
        if told.moment is None:
            pupil.trouble = told.trouble
            pupil.rests()
        else:
            pupil.hear(told.moment)
            if (rest_of := self._left.get(pupil.key)) is not None:
                self._left[pupil.key] = max(0, rest_of - 1)
        return True

    def _due(self) -> Pupil | None:
        """Whose picture is drawn now: round-robin, and at once where it can be gone back to."""
        if self.ground is None:
            return None
        pupils = list(self.pupils.values())
        forced = next((pupil for pupil in pupils if pupil.must and pupil.stale), None)
        if forced is not None or time.thread_time() < self._rest_until:
            return forced
        for offset in range(len(pupils)):
            pupil = pupils[(self._turn + offset) % len(pupils)]
            if pupil.stale:
                self._turn = (self._turn + offset + 1) % len(pupils)
                return pupil
        return None

    def _draw(self, pupil: Pupil) -> Generator[News, None, None]:
        assert self.ground is not None
        worked = time.thread_time()
        try:
            for _ in (run := Steps(portray(pupil.made, self.view, self.ground))):
                yield self._told()
            if self._is_chosen(pupil):
                for _ in (look := Steps(look_inside(pupil.made, self.choice, self.view))):
                    yield self._told()
                pupil.inside = look.result
            pupil.judge(self.ground.held_out, self.origin)
            yield from self._measure(pupil)
        except (ArithmeticError, NotFiniteError) as error:
            pupil.trouble = pupil.trouble or f"its density is no number: {error}"
            pupil.stale = pupil.must = False
            pupil.changed()
        else:
            pupil.drawn(run.result)
        now = time.thread_time()
        self._rest_until = now + _REST * (now - worked)

    def _measure(self, pupil: Pupil) -> Generator[News, None, None]:
        """Figures now and then, and where it rests."""
        assert self.ground is not None
        worked, step = time.process_time(), pupil.made.step
        still = self._race is None and not self._paced
        rests = still or pupil.made.course.ended or bool(pupil.trouble)
        due = worked > self._measured.get(pupil.key, 0.0)
        if pupil.measured_at == step or not (due or rests):
            return
        for _ in (run := Steps(measure(pupil.made, self.ground))):
            yield self._told()
        now = time.process_time()
        pupil.measured_at = step
        self._measured[pupil.key] = now + max(_MEASURE_EVERY, _DEAR * (now - worked))
        if run.result is not None:
            pupil.figures.append(run.result)
            if len(pupil.figures) > 240:
                pupil.figures = pupil.figures[1::2]

    def _told(self, *, now: bool = False) -> News:
        """What the window is told; the same again where the last was a moment ago."""
        clock = time.monotonic()
        if now or clock - self._news_at > _QUIET:
            self._news_at = clock
            self._news = News(
                tuple(pupil.report() for pupil in self.pupils.values()),
                tuple(self._said),
                self.ground,
                self._race is not None,
            )
        return self._news

    def _is_chosen(self, pupil: Pupil) -> bool:
        return pupil.key == self.choice.key

    def _soil(self) -> None:
        """What is on show of every learner is old."""
        for pupil in self.pupils.values():
            pupil.stale = pupil.must = True
            pupil.measured_at = -1

    def _halt(self) -> None:
        """End the run of the race; the next step begins another."""
        if self._race is not None:
            self._race.close()
            self._race = None

    # what may be asked: acts, on the lane

    def play(self, steps: int | None = None, *, paced: bool = False) -> None:
        """Go on, for so many steps each or until `pause`.

        `paced`: more are to follow soon, so that pictures and figures come now and then alone.
        """
        self._halt()
        self._paced = paced
        self._left = dict.fromkeys(self.pupils, steps)

    def pause(self) -> None:
        """Rest after this step."""
        self._halt()
        self._left, self._paced = {}, False
        for pupil in self.pupils.values():
            pupil.rests()

    def set_fair(self, fair: Fair) -> None:
        """Share by processor time, or by examples."""
        self.fair = fair
        self._halt()

    def set_ground(self, x: Tensor, held_out: Tensor, view: View, origin: str) -> None:
        """Hold learners against these points, in this part of the plane."""
        self.view, self.origin = view, origin
        self._begin_ground = lambda: ground_of(x, held_out, view.area, origin)

    def choose(self, choice: Choice) -> None:
        """Look inside another learner, or at another picture of it."""
        self.choice = choice
        if (pupil := self.pupils.get(choice.key)) is not None:
            pupil.stale = pupil.must = True

    def add(self, key: int, make: Make, asked: Options = NO_OPTIONS) -> None:
        """Take in a learner, or put it in place of the one with this key."""
        self._take(Pupil(key, make(asked), asked=asked, make=make))

    def _take(self, pupil: Pupil) -> None:
        self._halt()
        endless = None in self._left.values()
        self.pupils[pupil.key] = pupil
        self._left = {**self._left, pupil.key: None} if endless else self._left

    def remove(self, key: int) -> None:
        """Let a learner go."""
        self._halt()
        self.pupils.pop(key, None)
        self._left.pop(key, None)

    def twin(self, key: int, other: int, changed: Options) -> None:
        """Take in a duplicate of a learner with some values changed."""
        before = self.pupils[key]
        made = before.made.twin(**changed)
        new = Pupil(other, made, asked={**before.asked, **changed}, make=before.make)
        if made.step and made.step == before.made.step:
            new.inherit(before)
        self._take(new)

    def begin_anew(self, key: int, asked: Options) -> None:
        """Begin a learner again with values that cannot change while it learns."""
        before = self.pupils[key]
        if before.make is not None:
            self.add(key, before.make, {**before.asked, **asked})

    def begin_all_anew(self) -> None:
        """Begin all learners again: the points have other classes."""
        for key in list(self.pupils):
            self.begin_anew(key, {})

    def change(self, key: int, name: str, value: float) -> None:
        """Give a learner another value, from the next step on."""
        pupil = self.pupils[key]
        self._halt()
        pupil.made.change(name, value)
        if not pupil.made.step and name in pupil.made.options:
            pupil.asked = {**pupil.asked, name: value}
        self._altered(pupil)

    def exchange(self, x: Tensor, labels: Tensor | None) -> None:
        """Have all learners learn other points of the same classes from the next step on.

        One that has done no step begins anew, so that its network is scaled to them.
        """
        self._halt()
        for pupil in list(self.pupils.values()):
            if not pupil.made.step:
                self.begin_anew(pupil.key, {})
                continue
            pupil.made.exchange(x, labels)
            self._altered(pupil)

    def _altered(self, pupil: Pupil) -> None:
        """A value or the points are others: a fit has begun anew, and kernels begin at once."""
        pupil.stale = pupil.must = True
        pupil.trouble = ""
        if isinstance(pupil.made.course, Fitting):
            pupil.went_back(0)
        pupil.changed()

    def seek(self, keys: Iterable[int], step: Callable[[Pupil], int]) -> None:
        """Let learners go back to a moment each."""
        self.pause()
        for pupil in [self.pupils[key] for key in keys if key in self.pupils]:
            pupil.went_back(pupil.made.seek(step(pupil)))

    def provoke(self, key: int, name: str) -> None:
        """Break a learner by the preset of this name."""
        pupil = self.pupils[key]
        preset = next(p for p in presets_of(pupil.made.family) if p.name == name)
        self._halt()
        lacking = {n: v for n, v in preset.options.items() if pupil.made.knobs.get(n) != v}
        if not set(lacking) <= set(pupil.made.live):
            self.begin_anew(key, lacking)
            pupil = self.pupils[key]
            lacking = {}
        for option, value in lacking.items():
            pupil.made.change(option, float(value))
        preset.provoke(pupil.made)
        pupil.provoked, pupil.mended = preset, False
        self._altered(pupil)

    def mend(self, key: int) -> None:
        """Turn back what was provoked."""
        pupil = self.pupils[key]
        if pupil.provoked is None:
            return
        self._halt()
        step = pupil.made.step
        pupil.provoked.mend(pupil.made)
        if pupil.made.step < step:
            pupil.went_back(pupil.made.step)
        pupil.mended = True
        self._altered(pupil)


def _able(pupil: Pupil) -> bool:
    """Whether there is something left that it can learn."""
    return not pupil.trouble and not pupil.made.course.ended


def _unasked(pupil: Pupil) -> int | None:
    """How many steps it does where nobody has asked for any: kernels are fitted at once."""
    return None if pupil.made.family == "kde" else 0


def _alone(run: Run) -> Run:
    """Drive a run with one thread of torch, as `main.py fit` does: the same bits everywhere."""
    try:
        while True:
            before = torch.get_num_threads()
            torch.set_num_threads(1)
            try:
                step = next(run)
            except StopIteration as end:
                return end.value
            finally:
                torch.set_num_threads(before)
            yield step
    finally:
        run.close()
