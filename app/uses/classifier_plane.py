"""Presents the classifier for points: a map of decisions for each model chosen."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Slot

from app.models.open_models import Loading
from app.models.titles import family_title
from app.tab.answers import BackgroundAnswers
from app.tab.parts import Parts
from app.tasks.uses.judging import Measuring, Unjudged
from app.tasks.uses.plane_classifying import SIDE, Decisions, decisions
from app.uses.page import Page
from app.work.lane import Failure
from engines.uses.classifier import bayes, plane
from engines.uses.errors import UseError
from widgets.look.state import State
from widgets.uses.plane_classifier_view import PlaneClassifierView

RARE = 0.01
"""The share of held-out points that lie outside by chance."""


class PlaneClassifier(Page):
    """One background job a model; they rest while the page is out of view."""

    view: PlaneClassifierView

    def __init__(self, view: PlaneClassifierView, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self.view, self._session = view, parts.session
        self.found: dict[str, Decisions] = {}
        self._data = ""
        self._rows = BackgroundAnswers(parts.channels, "uses: decisions in the plane", self)
        self._rows.stepped.connect(self._take)
        self._rows.failed.connect(self._fail)
        view.looked.connect(self.show)
        view.maps.retry_wanted.connect(self._retry)
        view.prior.uniform_wanted.connect(self._uniform)
        view.prior.training.hide()  # points are made with every class alike

    @Slot()
    def rebuild(self) -> None:
        """Map what is chosen; nothing is mapped twice."""
        cards = self._session.chosen()
        if not self.view.isVisible() or not cards:
            return
        self._rows.go_on()
        self.view.maps.set_models([(card.name, family_title(card), card.family) for card in cards])
        for name in self._rows.keep(card.name for card in cards):
            self.found.pop(name, None)
        if self._data != cards[0].data:
            self._data = cards[0].data
            self.view.prior.set_classes(next((c.labels for c in cards if c.labels), ()))
        for card in cards:
            title = f"{family_title(card)}: decisions in the plane"
            job = decisions(self._session.open, card, SIDE)
            if self._rows.ask(card.name, card.sha256, title, job):
                self.view.maps.panels[card.name].set_state(State.LOADING, "waiting")
        self.show()

    @Slot()
    def _uniform(self) -> None:
        self.view.prior.set_weights([1.0] * len(self.view.prior.sliders))
        self.show()

    @Slot(str)
    def _retry(self, name: str) -> None:
        self._rows.forget(name)
        self.rebuild()

    @Slot(str, object)
    def _take(self, name: str, step: Loading | Measuring | Decisions | Unjudged) -> None:
        panel = self.view.maps.panels[name]
        match step:
            case Decisions():
                self.found[name] = step
                area = step.area
                panel.map.set_range(area.x0, area.x1, area.y0, area.y1)
                panel.set_kind(step.kind.value, f"{step.kind.says} {step.found.method}.")
                panel.set_state(State.READY)
                self.show()
            case Measuring():
                panel.set_state(State.WORKING, f"{100 * step.done // max(1, step.total)} %")
                panel.set_progress(step.done / max(1, step.total))
            case Unjudged():
                panel.set_state(State.EMPTY, step.reason)
            case _:
                panel.set_state(State.LOADING, "loading")

    @Slot()
    def show(self) -> None:
        """Colour the maps anew for the prior chosen: no model is asked again."""
        prior = self.view.prior
        try:
            p = bayes.prior_of(prior.weights(), len(prior.sliders)) if prior.sliders else None
        except UseError as error:
            text = str(error)
            self.view.prior_says.setText(f"{text[:1].upper()}{text[1:]}.")
            return
        if p is None:
            return
        moved = bayes.log_odds_moved(p)
        prior.say([f"{100 * share:.0f} %, {by:+.1f}" for share, by in zip(p, moved, strict=True)])
        self.view.prior_says.setText(
            "Behind each share, by how many nats it moves the log-odds of its class."
        )
        for name, found in self.found.items():
            if name in self.view.maps.panels and found.found.grid.shape[2] == len(p):
                self._colour(name, found, p)

    def _colour(self, name: str, found: Decisions, prior: bayes.Floats) -> None:
        grid, area = found.found.grid, found.area
        shares = bayes.posterior(grid.reshape(-1, grid.shape[2]), prior).reshape(grid.shape)
        ahead = plane.lead(grid, prior).astype(np.float32)
        outside = plane.outside(found.found, prior, RARE) if self.view.doubt.isChecked() else None
        shown = self.view.map(name)
        shown.show_classes(shares, ahead, (area.x0, area.x1, area.y0, area.y1), outside)
        if self.view.points.isChecked():
            shown.show_points(found.points, found.truth)
        else:
            shown.set_data(None)
        self.view.maps.panels[name].set_footer(_accuracy(found, prior))

    @Slot(str, object)
    def _fail(self, name: str, failure: Failure) -> None:
        self.view.maps.panels[name].set_state(State.FAILED, failure.sentence)

    def stop(self) -> None:
        """Stop all that is asked."""
        self._rows.stop()

    def rest(self) -> None:
        """Out of view: the models wait."""
        self._rows.rest()


def _accuracy(found: Decisions, prior: bayes.Floats) -> str:
    """ "97.1 ± 0.5 % of 1,000 held-out points rightly" """
    if found.truth is None:
        return ""
    p = bayes.posterior(found.found.points, prior)
    right, n = float((p.argmax(1) == found.truth).mean()), len(found.truth)
    error = (right * (1 - right) / n) ** 0.5
    return f"{100 * right:.1f} ± {100 * error:.1f} % of {n:,} held-out points rightly"
