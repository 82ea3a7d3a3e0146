"""Puts what is known of the learners into the widgets of the tab Learn."""

from __future__ import annotations

import time

from app.learn import faces, roster
from app.learn.data import Data
from app.learn.faces import Look, Pictures, Setting
from app.learn.pupil import Report
from app.learn.studio import News
from app.tasks.learning import Fair
from engines.learning.inside import Inside
from widgets.learn.inspector import InsideFace
from widgets.learn.tab import LearnTab

_COUNTED = 1.0
"""Seconds over which steps are counted."""


class Show:
    """Shows news at the moment that the slider is at; keeps nothing but what was shown last."""

    def __init__(self, tab: LearnTab, data: Data) -> None:
        self._tab, self._data = tab, data
        self._pictures = Pictures()
        self._setting: Setting | None = None
        self._count: tuple[float, int] | None = None
        self._inside: Inside | None = None
        self._face: InsideFace | None = None
        self._stood: tuple[object, ...] = ()
        self.rate = 0.0
        """Steps of all learners together in a second."""

    def at(self, news: News, fair: Fair) -> float | None:
        """The place of the shared axis that is to be seen; None: now."""
        place = self._tab.bench.transport.place()
        return None if place is None else place * faces.farthest(news.reports, fair)

    def show(self, news: News, chosen: int, fair: Fair) -> None:
        """Show what there is."""
        at = self.at(news, fair)
        names = roster.titles(news.reports)
        found = {}
        for report in news.reports:
            portrait = faces.moment_of(report, fair, at)
            picture = None
            if portrait is not None and news.ground is not None:
                picture = self._pictures.of(report.key, portrait, news.ground, self._set())
            title = names[report.key]
            found[report.key] = faces.card_face(report, title, portrait, picture, now=at is None)
        bench = self._tab.bench
        bench.show_faces(found, chosen)
        title, logarithmic, lines = faces.progress(news, names, fair, chosen)
        bench.plot.show_lines(
            title, faces.axis(news.reports, fair), lines, logarithmic=logarithmic, mark=at
        )
        bench.transport.set_moment("" if at is None else faces.said_moment(at, fair))
        self._inspect(next((r for r in news.reports if r.key == chosen), None), names)

    def _set(self) -> Setting:
        """What all pictures share; the same one while nothing of it has changed."""
        canvas = self._tab.data.canvas
        look = Look[self._tab.bench.looks.currentData()]
        new = (canvas.box(), canvas.sheet.xy, look)
        old = self._setting
        if old is None or old.points is not new[1] or (old.box, old.look) != (new[0], new[2]):
            self._setting = Setting(*new)
        assert self._setting is not None
        return self._setting

    def _inspect(self, report: Report | None, names: dict[int, str]) -> None:
        inspector = self._tab.inspector
        inspector.setEnabled(report is not None)
        if report is None:
            inspector.title.setText("No learner")
            inspector.show_inside(None)
            return
        inspector.title.setText(names[report.key])
        if (report.key, report.portrait, report.changes) != self._stood:
            self._stood = (report.key, report.portrait, report.changes)
            inspector.standing.setText(faces.standing(report))
        family = report.family
        if report.inside is not self._inside or self._face is None:
            self._inside, self._face = report.inside, faces.inside_face(report)
        inspector.show_inside(self._face, family)
        inspector.set_failures(faces.failures(report))
        text, broken, mendable, elsewhere = faces.symptom_words(report.symptom, self._data.origin)
        inspector.show_symptom(text, broken=broken, mendable=mendable, data=elsewhere)
        inspector.values.set_specs(roster.specs_of(report), roster.values_of(report))

    def count(self, news: News) -> None:
        """Count steps, and say how many there are a second."""
        now, steps = time.monotonic(), sum(report.step for report in news.reports)
        if not news.racing:
            self._count, self.rate = None, 0.0
        elif self._count is None or steps < self._count[1]:
            self._count = (now, steps)
        elif now - self._count[0] >= _COUNTED:
            self.rate = (steps - self._count[1]) / (now - self._count[0])
            self._count = (now, steps)
        self._tab.bench.says.setText(f"{self.rate:.0f} steps a second" if self.rate else "")
