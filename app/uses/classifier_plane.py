"""Presents the classifier for points: a map of decisions for each model chosen."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Slot

from app.tab.parts import Parts
from app.tasks.uses.plane_classifying import SIDE, Decisions, decisions
from app.uses.plane_maps import PlaneMaps
from engines.uses.classifier import bayes, plane
from engines.uses.errors import UseError
from widgets.uses.plane_classifier_view import PlaneClassifierView

RARE = 0.01
"""The share of held-out points that lie outside by chance."""
_RIGHTLY = "How many held-out points are given their true class; ± is one standard error."


class PlaneClassifier(PlaneMaps[Decisions]):
    """The maps are coloured for the prior that a hand chooses."""

    view: PlaneClassifierView

    def __init__(self, view: PlaneClassifierView, parts: Parts, parent: QObject) -> None:
        jobs = partial(decisions, parts.session.open, side=SIDE)
        super().__init__(view.maps, parts, "decisions in the plane", jobs, parent)
        self.view, self._data = view, ""
        view.looked.connect(self.show)
        view.prior.uniform_wanted.connect(self._uniform)
        view.prior.training.hide()  # points are made with every class alike

    @Slot()
    def rebuild(self) -> None:
        """Map what is chosen, with a slider for each of its classes."""
        cards = self._session.chosen()
        if self.view.isVisible() and cards and self._data != cards[0].data:
            self._data = cards[0].data
            self.view.prior.set_classes(next((c.labels for c in cards if c.labels), ()))
        super().rebuild()

    @Slot()
    def _uniform(self) -> None:
        self.view.prior.set_weights([1.0] * len(self.view.prior.sliders))
        self.show()

    @Slot()
    def show(self) -> None:
        """Colour the maps anew for the prior chosen: no model is asked again."""
        prior = self.view.prior
        if not prior.sliders:
            return
        try:
            p = bayes.prior_of(prior.weights(), len(prior.sliders))
        except UseError as error:
            text = str(error)
            self.view.prior_says.setText(f"{text[:1].upper()}{text[1:]}.")
            return
        moved = bayes.log_odds_moved(p)
        prior.say([f"{100 * share:.0f} %, {by:+.1f}" for share, by in zip(p, moved, strict=True)])
        self.view.prior_says.setText(
            "Behind each share, by how many nats it moves the log-odds of its class."
        )
        for name, found in self.found.items():
            if found.everywhere.grid.shape[2] == len(p):
                self._colour(name, found, p)

    def _colour(self, name: str, found: Decisions, prior: bayes.Floats) -> None:
        grid = found.everywhere.grid
        shares = bayes.posterior(grid.reshape(-1, grid.shape[2]), prior).reshape(grid.shape)
        lead = plane.lead(grid, prior).astype(np.float32)
        doubted = self.view.doubt.isChecked()
        outside = plane.outside(found.everywhere, prior, RARE) if doubted else None
        shown = self.view.map(name)
        shown.show_classes(shares, lead, found.area.box, outside)
        if self.view.points.isChecked():
            shown.show_points(found.points, found.truth)
        else:
            shown.set_data(None)
        self.view.maps.panels[name].set_footer(_accuracy(found, prior), _RIGHTLY)


def _accuracy(found: Decisions, prior: bayes.Floats) -> str:
    """ "97.1 ± 0.5 % of 1,000 held-out points rightly" """
    if found.truth is None:
        return ""
    p = bayes.posterior(found.everywhere.points, prior)
    right, n = float((p.argmax(1) == found.truth).mean()), len(found.truth)
    error = (right * (1 - right) / n) ** 0.5
    return f"{100 * right:.1f} ± {100 * error:.1f} % of {n:,} held-out points rightly"
