"""A path of pictures: a large one where one is, and a film strip."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QWidget

from widgets.interpolation.frame import Frame, Values
from widgets.look import theme
from widgets.look.images import Picture
from widgets.pictures.filmstrip import FilmStrip
from widgets.pictures.gallery import Gallery

STILL, STILL_MOST = 112, 232
"""Sides of the large picture at 100 %."""


class PictureFrame(Frame):
    """The large picture can be dragged out, and has a menu."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.spot = self.still = Gallery(parent)
        self.strip = self.film = FilmStrip(parent)
        self.still.set_count(1)
        self.still.setFixedSize(theme.px(STILL), theme.px(STILL))
        self.still.setToolTip("The picture at this place of the path. Drag it out, or right-click.")
        self.film.place_wanted.connect(self.place_wanted)
        self.film.released.connect(self.released)
        self.still.chosen.connect(self.selected)
        self.still.menu_wanted.connect(lambda _, at: self.menu_wanted.emit(at))
        self.still.drag_wanted.connect(self.drag_wanted)

    def show_still(self, value: Values, *, rough: bool = False) -> None:
        """A picture uint8 (H, W, 3); dimmed while it only stands in."""
        self.still.put(0, np.asarray(value, np.uint8)[None])
        self.still.set_stale(rough)

    def show_guess(self, value: Values) -> None:
        self.show_still(value, rough=True)

    def stand_in(self, place: float) -> bool:
        nearest = self.film.nearest(place)
        if nearest is None or self.film.is_stale():
            return False
        self.show_still(nearest, rough=True)
        return True

    def show_film(self, values: Values, done: int, ends: Values) -> None:
        self.film.put(np.asarray(values, np.uint8), done)

    def picture(self) -> Picture | None:
        found = self.still.picture(0)
        return None if found is None else np.asarray(found, np.uint8)

    def set_place(self, place: float) -> None:
        self.film.set_place(place)

    def set_count(self, frames: int) -> None:
        self.film.set_count(frames)

    def set_keys(self, frames: tuple[int, ...]) -> None:
        self.film.set_keys(frames)

    def set_stale(self, stale: bool) -> None:
        self.film.set_stale(stale)

    def set_title(self, title: str) -> None:
        self.film.setAccessibleName(f"Film strip of {title}")
        self.still.setAccessibleName(f"Picture of {title} on the path")

    def fit(self, height: int) -> None:
        side = min(theme.px(STILL_MOST), max(theme.px(STILL), height - 4 * theme.UNIT))
        if side != self.still.width():
            self.still.setFixedSize(side, side)
