"""Paths of points of the plane: a line over the data, which are the end points, and a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from app.interpolation.paths import Key, Paths, Way
from app.kinds.points import axes_of
from app.recipes.files import write_atomically
from app.recipes.pictures import Values
from app.recipes.recipe import Recipe, csv_bytes
from app.tab.parts import Parts
from app.tasks.sampling import Backdrop, backdrop
from engines.model import Card
from widgets.interpolation.frame import Frame
from widgets.interpolation.plane_frame import PlaneFrame
from widgets.interpolation.tab import InterpolationTab

LOOKING = "Loading the data…"
UNKNOWN_ENDS = ((-1.0, 0.0), (1.0, 0.0))
"""Where a path begins and ends where there is no data to take it from."""


class PointPaths(Paths):
    """A click in the plane is an end point, too."""

    def __init__(self, tab: InterpolationTab, parts: Parts) -> None:
        super().__init__(tab, parts)
        self._data = ""
        self._found: Backdrop | None = None
        self._axes = "", ""
        self._look = parts.channels.open("interpolation: data")
        self._look.stepped.connect(self._take)

    def frame(self, parent: QWidget) -> PlaneFrame:
        return PlaneFrame(parent)

    def dress(self, frame: Frame) -> None:
        assert isinstance(frame, PlaneFrame), "the frames of points are planes"
        if self._found is not None:
            frame.set_data(self._found.points, *self._axes)

    def show(self, card: Card) -> None:
        if card.data != self._data:
            self._data, self._found = card.data, None
            self._axes = axes_of(card.kind, card.data)
            self.lost.emit()
            self._look.submit(backdrop(card.data))

    def leave(self) -> None:
        self._data = ""

    @Slot(object)
    def _take(self, found: Backdrop) -> None:
        if found.data == self._data:
            self._found = found
            self.tab.source.set_classes(("any",))
            self.found.emit()

    def missing(self) -> str:
        return LOOKING

    def places(self) -> list[int]:
        return list(range(len(self._found.points))) if self._found is not None else []

    def first(self) -> tuple[int, ...]:
        """One point and the farthest from it, so that there is something between."""
        if self._found is None or not len(self._found.points):
            return ()
        points = self._found.points
        return 0, int(np.linalg.norm(points - points[0], axis=1).argmax())

    def start(self) -> tuple[Key, ...]:
        """Two points where nobody here knows the data."""
        if self._found is None:
            return ()
        return tuple(self.key_of(np.array(at, np.float32), "") for at in UNKNOWN_ENDS)

    def key(self, place: int) -> Key:
        assert self._found is not None
        return self.key_of(self._found.points[place], "")

    def key_of(self, value: Values, title: str) -> Key:
        """A point (2,) by its coordinates."""
        x, y = np.asarray(value, np.float32).tolist()
        return Key(np.array([x, y], np.float32), f"({x:.3f}, {y:.3f})".replace("-", "−"))

    def ways(self, card: Card, count: int) -> tuple[Way, ...]:
        return (Way("Table of points…", ".csv", "Table (*.csv)", _write_table),)


def _write_table(path: Path, values: Values, recipe: Recipe) -> None:
    write_atomically(path, csv_bytes(np.asarray(values, np.float32), recipe))
