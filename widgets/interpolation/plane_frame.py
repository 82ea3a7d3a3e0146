"""A path of points in their plane, over the data."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QWidget

from widgets.interpolation.frame import Frame, Values
from widgets.look import theme
from widgets.plots.plane import Plane

SIDE = 216


class PlaneFrame(Frame):
    """A click in the plane wants an end point there."""

    stretches = True

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.spot = self.plane = Plane(parent)
        self.plane.setFixedSize(theme.px(SIDE), theme.px(SIDE))
        self.plane.setToolTip(
            "The path in the plane: click to put the chosen end point there. Arrow keys move a "
            "cursor, Enter clicks there."
        )
        self.plane.setAccessibleName("Plane of the path")
        self.plane.clicked_at.connect(self.point_wanted)

    def show_still(self, value: Values, *, rough: bool = False) -> None:
        x, y = value.tolist()
        self.plane.set_spot((x, y))

    def show_film(self, values: Values, done: int, ends: Values) -> None:
        self.plane.set_path(np.asarray(values[:done], np.float32), np.asarray(ends, np.float32))

    def set_title(self, title: str) -> None:
        self.plane.setAccessibleName(f"Path of {title} in the plane")

    def set_data(self, points: Values, across: str = "", up: str = "") -> None:
        """Show the data (n, 2) below the path, and what the axes are."""
        self.plane.set_axes(across, up)
        self.plane.quiet = True
        self.plane.set_points(points)
