"""Presents the page of outliers for points: a map of p-values for each model chosen."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Slot

from app.models.open_models import Loading
from app.models.titles import family_title
from app.tab.answers import BackgroundAnswers
from app.tab.parts import Parts
from app.tasks.uses.judging import Measuring, Unjudged
from app.tasks.uses.plane_judging import SIDE, PMap, p_map
from app.uses.page import Page
from app.work.lane import Failure
from engines.uses.outliers import reference
from widgets.look.state import State
from widgets.uses.plane_outlier_view import PlaneOutlierView


class PlaneOutliers(Page):
    """One background job a model; they rest while the page is out of view."""

    view: PlaneOutlierView

    def __init__(self, view: PlaneOutlierView, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self.view, self._session = view, parts.session
        self.maps: dict[str, PMap] = {}
        self._rows = BackgroundAnswers(parts.channels, "uses: outliers of the plane", self)
        self._rows.stepped.connect(self._take)
        self._rows.failed.connect(self._fail)
        view.looked.connect(self.show)
        view.maps.retry_wanted.connect(self._retry)

    @Slot()
    def rebuild(self) -> None:
        """Map what is chosen; nothing is mapped twice."""
        if not self.view.isVisible():
            return
        self._rows.go_on()
        cards = self._session.chosen()
        self.view.maps.set_models([(card.name, family_title(card), card.family) for card in cards])
        for name in self._rows.keep(card.name for card in cards):
            self.maps.pop(name, None)
        for card in cards:
            title = f"{family_title(card)}: p-values of the plane"
            job = p_map(self._session.open, card, SIDE)
            if self._rows.ask(card.name, card.sha256, title, job):
                self.view.maps.panels[card.name].set_state(State.LOADING, "waiting")
        self.show()

    @Slot(str)
    def _retry(self, name: str) -> None:
        self._rows.forget(name)
        self.rebuild()

    @Slot(str, object)
    def _take(self, name: str, step: Loading | Measuring | PMap | Unjudged) -> None:
        panel = self.view.maps.panels[name]
        match step:
            case PMap():
                self.maps[name] = step
                self._show_map(name)
            case Measuring():
                panel.set_state(State.WORKING, f"{100 * step.done // max(1, step.total)} %")
                panel.set_progress(step.done / max(1, step.total))
            case Unjudged():
                panel.set_state(State.EMPTY, step.reason)
            case _:
                panel.set_state(State.LOADING, "loading")

    def _show_map(self, name: str) -> None:
        found, panel, area = self.maps[name], self.view.maps.panels[name], self.maps[name].area
        values = np.log10(found.p).astype(np.float32)
        panel.map.set_map(values, (area.x0, area.x1, area.y0, area.y1))
        if not panel.property("mapped"):
            panel.setProperty("mapped", True)
            panel.map.set_range(area.x0, area.x1, area.y0, area.y1)
        panel.set_kind(found.kind.value, f"{found.kind.says} {found.method}.")
        panel.set_state(State.READY)
        self.show()

    @Slot()
    def show(self) -> None:
        """Draw the line of the rate chosen, and what it holds."""
        rate = self.view.false_alarms()
        for name, found in self.maps.items():
            if (panel := self.view.maps.panels.get(name)) is None:
                continue
            panel.map.set_levels((float(np.log10(rate)),))
            panel.map.set_data(found.points if self.view.points.isChecked() else None)
            inside = float((found.p > rate).mean())
            panel.set_footer(f"{100 * inside:.0f} % of the area is not flagged")
        self.view.rate_says.setText(
            f"{100 * rate:g} %: flagged where p ≤ {rate:g}, by {reference.CALIBRATION:,} held-out "
            "points. A sharper model leaves less of the plane unflagged."
        )

    @Slot(str, object)
    def _fail(self, name: str, failure: Failure) -> None:
        self.view.maps.panels[name].set_state(State.FAILED, failure.sentence)

    def stop(self) -> None:
        """Stop all that is asked."""
        self._rows.stop()

    def rest(self) -> None:
        """Out of view: the models wait."""
        self._rows.rest()
