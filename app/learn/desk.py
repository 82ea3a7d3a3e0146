"""What the tab Learn does, once it has been in view: points, learners and time are joined here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot
from torch import Tensor

from app.exchange.intake import sentence
from app.learn import faces, roster
from app.learn.data import Data
from app.learn.faces import Look
from app.learn.keeping import Keeping
from app.learn.pupil import Pupil, Report
from app.learn.show import Show
from app.learn.studio import News
from app.learn.teaching import Teaching
from app.session.settings import Settings
from app.tab.parts import Parts
from app.tasks.learning import Fair
from engines.learning.fitting import parted
from engines.learning.inside import Choice
from engines.learning.learner import Learner, learner
from engines.learning.portrait import View
from engines.maps.area import Area
from engines.training.recipe import Options
from widgets.learn.tab import LearnTab
from widgets.window.messages import Severity

_FAIRS = {"time": Fair.TIME, "examples": Fair.EXAMPLES}
Lesson = tuple[Tensor, Tensor | None, tuple[str, ...], str]
"""What is learned: points, their labels, the names of the classes, and what it is called."""


class Desk(QObject):
    """Joins the points, the learners and the one that is chosen."""

    def __init__(self, tab: LearnTab, parts: Parts, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._tab, self._parts = tab, parts
        self.teaching = Teaching(parts.channels, self)
        self.studio = self.teaching.studio
        self.playing = False
        self.chosen = 0
        self._keys, self._heard, self._there = 0, 0, set[int]()
        self._lesson: Lesson | None = None
        self._first = settings.learn_families or roster.FIRST
        self._pace = QTimer(self)
        self._pace.timeout.connect(self._pace_on)
        self.data = Data(tab.data, parts, self)
        self.shown = Show(tab, self.data)
        self._keeping = Keeping(self.studio, self.data, parts, tab, self)
        self._offer(settings)
        self._join()
        self.data.begin()

    def _offer(self, settings: Settings) -> None:
        bench, transport = self._tab.bench, self._tab.bench.transport
        bench.set_families([(o, roster.title_of(o), roster.tip_of(o)) for o in roster.OFFERED])
        bench.set_looks([(look.name, look.value) for look in Look], settings.learn_look)
        transport.fair.setCurrentIndex(max(0, transport.fair.findData(settings.learn_fair)))
        transport.speed.setCurrentIndex(max(0, transport.speed.findData(settings.learn_speed)))
        self._share()

    def _join(self) -> None:
        tab, bench, inspector = self._tab, self._tab.bench, self._tab.inspector
        transport = bench.transport
        tab.dropped.connect(self.open)
        self.data.changed.connect(self._teach)
        self.data.moved.connect(self._teach)
        bench.added.connect(self.add)
        bench.look_changed.connect(self.show)
        bench.chosen.connect(self.choose)
        bench.twin_wanted.connect(self._twin)
        bench.rewind_wanted.connect(lambda key: self._seek({key: 0}))
        bench.close_wanted.connect(self.remove)
        transport.play_toggled.connect(self.play)
        transport.burst_wanted.connect(self.burst)
        transport.rewind_wanted.connect(self.rewind)
        transport.scrubbed.connect(self._scrub)
        transport.go_on_wanted.connect(self._go_back)
        transport.shared_otherwise.connect(self._share)
        inspector.keep_wanted.connect(self.keep)
        inspector.notebook_wanted.connect(self.export)
        inspector.failure_wanted.connect(self._provoke)
        inspector.mend_wanted.connect(self._mend)
        inspector.data_wanted.connect(self._use_data)
        inspector.place_changed.connect(self._look)
        inspector.values.settled.connect(self._settle)
        self.teaching.told.connect(self._hear)
        self.teaching.rested.connect(self._rest)

    # what is told

    @Slot(object)
    def _hear(self, news: News) -> None:
        for text in news.said[self._heard :]:
            self._parts.messages.tell(sentence(text), severity=Severity.WARNING)
        self._heard = len(news.said)
        self.shown.count(news)
        self.show()

    @Slot()
    def _rest(self) -> None:
        if not self._pace.isActive():
            self._set_playing(False)

    @Slot()
    def show(self) -> None:
        """Show the learners as they are, or were at the moment of the slider."""
        self.shown.show(self.teaching.news, self.chosen, self.studio.fair)

    def go_on(self) -> None:
        """The tab is in view again."""
        self.data.offer()
        self.teaching.go_on()

    def rest(self) -> None:
        """The tab is out of view."""
        self.teaching.hold()

    # points

    @Slot()
    def _teach(self) -> None:
        """The points are others: learners go on with them, or begin anew with other classes."""
        if self.data.problem():
            return
        points, before = self.data.points(), self._lesson
        (x, labels), (held_out, _) = parted(points)
        self._lesson = (x, labels, points.classes, self.data.title)
        box = self._tab.data.canvas.box()
        if not self._tab.data.canvas.drawing():
            view = View(Area(*box), len(points.classes))
            origin = self.data.origin
            self.studio.ask(lambda: self.studio.set_ground(x, held_out, view, origin))
        if before is None:
            for offer in self._first[: roster.MOST]:
                self.add(offer)
        elif before[2] != points.classes:
            self.studio.ask(self.studio.begin_all_anew)
        else:
            self.studio.ask(lambda: self.studio.exchange(x, labels))
        self.teaching.begin()

    @Slot(object)
    def open(self, path: Path) -> None:
        """Take the points of a file."""
        self.data.open(path)

    @Slot()
    def _use_data(self) -> None:
        report = self.report()
        if report is not None and report.symptom is not None:
            self.data.take(report.symptom.preset.data)

    # learners

    def report(self, key: int | None = None) -> Report | None:
        """What is known of a learner, of the chosen one for None."""
        wanted = self.chosen if key is None else key
        return next((each for each in self.teaching.news.reports if each.key == wanted), None)

    def _room(self) -> bool:
        if len(self._there) < roster.MOST:
            return True
        self._parts.messages.tell(
            f"There are {roster.MOST} learners, as many as there may be: remove one first.",
            severity=Severity.NOTE,
        )
        return False

    @Slot(str)
    def add(self, offer: str) -> None:
        """Let another family learn."""
        if self._lesson is None or not self._room():
            return
        family, options = roster.options_of(offer)
        seed = self._parts.session.seed

        def make(asked: Options) -> Learner:
            assert self._lesson is not None
            x, labels, classes, name = self._lesson
            return learner(family, x, labels, seed=seed, options=asked, classes=classes, name=name)

        key = self._new_key()
        self.teaching.ask(lambda: self.studio.add(key, make, options))
        if not self.chosen:
            self.choose(key)

    def _new_key(self) -> int:
        self._keys += 1
        self._there.add(self._keys)
        return self._keys

    @Slot(int)
    def remove(self, key: int) -> None:
        """Let a learner go."""
        self._there.discard(key)
        self.teaching.ask(lambda: self.studio.remove(key))
        if key == self.chosen:
            self.choose(min(self._there, default=0))

    @Slot(int)
    def choose(self, key: int) -> None:
        """Look into a learner."""
        self.chosen = key
        self._look()
        self.show()

    @Slot()
    def _look(self) -> None:
        choice = Choice(self.chosen, self._tab.inspector.share())
        self.teaching.ask(lambda: self.studio.choose(choice))

    @Slot(int)
    def _twin(self, key: int, name: str = "", value: float = 0.0) -> None:
        if not self._room():
            return
        other = self._new_key()
        changed = {name: value} if name else {}
        self.teaching.ask(lambda: self.studio.twin(key, other, changed))
        self.choose(other)

    @Slot(str, float)
    def _settle(self, name: str, value: float) -> None:
        """A value was changed by hand."""
        report, values = self.report(), self._tab.inspector.values
        if report is None:
            return
        key, whole = self.chosen, values.rows[name].spec.whole
        given = int(value) if whole else value
        if values.to_twin.isChecked():
            values.to_twin.setChecked(False)
            self._twin(key, name, given)
        elif name in report.live:
            self.teaching.ask(lambda: self.studio.change(key, name, given))
        else:
            self.teaching.ask(lambda: self.studio.begin_anew(key, {name: given}))

    @Slot(str)
    def _provoke(self, name: str) -> None:
        key = self.chosen
        self.teaching.ask(lambda: self.studio.provoke(key, name))

    @Slot()
    def _mend(self) -> None:
        key = self.chosen
        self.teaching.ask(lambda: self.studio.mend(key))

    # time

    def run(self) -> None:
        """Let the learners go on, or rest."""
        self._tab.bench.transport.play.click()

    @Slot(bool)
    def play(self, on: bool) -> None:
        """Let the learners go on until the end, or rest."""
        self._set_playing(on)
        if not on:
            self.teaching.ask(self.studio.pause)
        elif speed := self._tab.bench.transport.steps_a_second():
            self._pace.start(1000 // speed)
        else:
            self.teaching.ask(self.studio.play)

    def _set_playing(self, playing: bool) -> None:
        self.playing = playing
        if not playing:
            self._pace.stop()
        self._tab.bench.transport.set_playing(playing)

    @Slot()
    def _pace_on(self) -> None:
        if not self.teaching.busy():  # what was asked for is done: nothing piles up
            self.teaching.ask(lambda: self.studio.play(1, paced=True))

    @Slot()
    def pause(self) -> None:
        """Let the learners rest."""
        if self.playing or self.teaching.busy():
            self.play(False)

    @Slot(int)
    def burst(self, steps: int) -> None:
        """So many steps of every learner."""
        self._set_playing(False)
        self._tab.bench.transport.to_now()
        self.teaching.ask(lambda: self.studio.play(steps))

    @Slot()
    def rewind(self) -> None:
        """Every learner back to its initial weights."""
        self._seek(dict.fromkeys((report.key for report in self.teaching.news.reports), 0))

    @Slot()
    def _scrub(self) -> None:
        if self._tab.bench.transport.place() is not None and self.playing:
            self.play(False)
        self.show()

    @Slot()
    def _go_back(self) -> None:
        """Every learner back to the moment that is on show."""
        at = self.shown.at(self.teaching.news, self.studio.fair)
        found = {
            r.key: faces.moment_of(r, self.studio.fair, at) for r in self.teaching.news.reports
        }
        self._seek({key: p.step for key, p in found.items() if p is not None})

    def _seek(self, steps: dict[int, int]) -> None:
        self._set_playing(False)
        self._tab.bench.transport.to_now()

        def step_of(pupil: Pupil) -> int:
            return steps[pupil.key]

        self.teaching.ask(lambda: self.studio.seek(steps, step_of))

    @Slot()
    def _share(self) -> None:
        """Speed or fairness is another."""
        fair = _FAIRS[str(self._tab.bench.transport.fair.currentData())]
        self.studio.ask(lambda: self.studio.set_fair(fair))
        if self.playing:
            self.teaching.ask(self.studio.pause)
            self._pace.stop()
            self.play(True)

    # what is kept

    @Slot()
    def keep(self) -> None:
        """The chosen learner becomes one of the user's own models."""
        if (report := self.report()) is not None:
            title = roster.titles(self.teaching.news.reports)[report.key]
            self._keeping.keep(report.key, title, report.step)

    @Slot()
    def export(self) -> None:
        """The training of the chosen learner becomes a notebook."""
        if (report := self.report()) is not None:
            title = roster.titles(self.teaching.news.reports)[report.key]
            self._keeping.export(report.key, title, report.step)

    def save(self) -> None:
        """Keep what is chosen."""
        self.keep()

    def settings(self, settings: Settings) -> Settings:
        """The settings with the tab's controls in them."""
        bench = self._tab.bench
        offers = tuple(roster.offer_of(r.family, r.options) for r in self.teaching.news.reports)
        return replace(
            settings,
            learn_families=offers or self._first,
            learn_look=str(bench.looks.currentData()),
            learn_fair=str(bench.transport.fair.currentData()),
            learn_speed=bench.transport.steps_a_second(),
        )
