"""A map of decisions: every place in the colour of its likeliest class, paler where it is close."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from widgets.look import theme
from widgets.look.colours import CLASS_COLOURS
from widgets.plots.heatmap import Box, HeatMap, Values

Shares = npt.NDArray[np.float64]


def class_colour(place: int) -> QColor:
    """The colour of a class by its place."""
    return QColor(*CLASS_COLOURS[place % len(CLASS_COLOURS)])


class ClassMap(HeatMap):
    """Colours are mixed by p(c | x); what is `outside` is pale. The value of a place is the lead of
    its likeliest class in nats, with a line where it is 0."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours: npt.NDArray[np.uint8] | None = None
        self.setToolTip(
            "The colour of the likeliest class; paler where another is nearly as likely. "
            "Wheel zooms, dragging pans."
        )

    def show_classes(
        self, shares: Shares, lead: Values, box: Box, outside: npt.NDArray[np.bool_] | None
    ) -> None:
        """p(c | x) (H, W, classes), the lead (H, W), and where no data lie, or None."""
        inks = np.array([CLASS_COLOURS[c % len(CLASS_COLOURS)] for c in range(shares.shape[2])])
        colours = shares @ inks
        if outside is not None:
            ground = theme.colour("well")
            grey = np.array([ground.red(), ground.green(), ground.blue()])
            colours = np.where(outside[:, :, None], 0.75 * grey + 0.25 * colours, colours)
        self._colours = colours.round().astype(np.uint8)
        self.set_map(lead, box)

    def show_points(
        self, xy: npt.NDArray[np.float32], classes: npt.NDArray[np.int64] | None
    ) -> None:
        """Points (n, 2) in a dark shade of their class, grey where nobody knows it."""
        if classes is None:
            self.set_data(xy)
            return
        inks = np.array([_dark(place) for place in range(len(CLASS_COLOURS))], np.uint8)
        self._data.show_points(xy, inks[classes % len(CLASS_COLOURS)], 1.4)

    @Slot()
    def _paint(self) -> None:
        super()._paint()
        if self._colours is not None:
            self._image.setImage(self._colours, lut=None, levels=None, autoLevels=False)


def _dark(place: int) -> tuple[int, int, int, int]:
    """Bytes B G R A of a class colour that stands out on its own."""
    ink = class_colour(place).darker(190)
    return ink.blue(), ink.green(), ink.red(), 255
