"""The cross-fade of pixels below the models' rows: what a path is without any latent space."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Slot

from app.kinds import view_of
from app.recipes.pictures import Pixels
from app.tasks.walking import Film, step_lengths
from app.work.channels import Channels
from app.work.lane import Job
from engines.model import Card
from widgets.interpolation.picture_frame import PictureFrame
from widgets.interpolation.row import InterpolationRow
from widgets.interpolation.tab import InterpolationTab
from widgets.look.state import State

TITLE = "Pixel cross-fade"


class Fade(QObject):
    """Pixels are mixed at once where the hand is; the strip with its steps is made on the lane."""

    def __init__(self, tab: InterpolationTab, channels: Channels) -> None:
        super().__init__(tab)
        self._tab = tab
        self.row = InterpolationRow(PictureFrame, tab, closable=False)
        self.row.set_identity(TITLE, "(1 − λ) A + λ B, pixel by pixel", "data")
        self.row.set_nature("no model: pixels mixed", "", "")
        self.row.place_wanted.connect(tab.place_wanted)
        self.row.released.connect(tab.released)
        self._strip = channels.open("interpolation: fade")
        self._strip.stepped.connect(self._show)

    def refresh(self, card: Card, ends: Pixels, count: int) -> None:
        """Make the strip of so many frames anew."""
        self._strip.submit(fade(card, ends, count))
        self.go(self._tab.player.place(), ends)

    def go(self, place: float, ends: Pixels) -> None:
        """Be at a place 0 … 1 of the path."""
        self.row.set_place(place)
        along = place * (len(ends) - 1)
        k = min(int(along), len(ends) - 2)
        self.row.frame.show_still(faded(ends[k], ends[k + 1], 1 - (along - k)))

    @Slot(object)
    def _show(self, film: Film) -> None:
        row = self.row
        row.set_count(len(film.values))
        row.frame.show_film(film.values, len(film.values), film.values[[0, -1]])
        if film.steps is not None:
            row.curve.set_steps(film.steps)
        row.curve.set_empty("no model, no density")
        row.set_state(State.READY)


def fade(card: Card, ends: Pixels, count: int) -> Job:
    """A job that yields the Film of a pixel cross-fade, which no model makes."""

    def job() -> Generator[Film, None, None]:
        values = cross_fade(ends, np.linspace(0, 1, count).tolist())
        shown = Film(None, values, count, 0.0)
        yield replace(shown, steps=step_lengths(card, view_of(card).tensor_of(values)))

    return job


def cross_fade(ends: Pixels, places: Sequence[float]) -> Pixels:
    """The mixed end points (K, H, W, 3) at these places 0 … 1 of the path. Imports torch."""
    from engines.paths import segment

    values = np.empty((len(places), *ends.shape[1:]), np.uint8)
    for i, place in enumerate(places):
        k, lam = segment(place, len(ends))
        values[i] = faded(ends[k], ends[k + 1], lam)
    return values


def faded(a: Pixels, b: Pixels, lam: float) -> Pixels:
    """λ a + (1 − λ) b, rounded to levels."""
    mixed: Pixels = np.rint(lam * a.astype(np.float64) + (1 - lam) * b).astype(np.uint8)
    return mixed
