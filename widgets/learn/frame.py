"""A part of the plane on a widget: both axes to one scale, in the middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from widgets.plots.cloud import splat

Box = tuple[float, float, float, float]
"""x0, x1, y0, y1 in data units."""


@dataclass(frozen=True)
class Frame:
    """A box of the plane, and where its points are on a widget."""

    box: Box

    def placed(self, width: float, height: float) -> tuple[float, float, float]:
        """Pixels a unit, and where the box begins at the left and at the top."""
        x0, x1, y0, y1 = self.box
        scale = min(width / (x1 - x0), height / (y1 - y0))
        return scale, (width - scale * (x1 - x0)) / 2, (height - scale * (y1 - y0)) / 2

    def pixels(self, xy: NDArray[np.floating], width: float, height: float) -> NDArray[np.float64]:
        """Where points (n, 2) in data units are on the widget."""
        scale, left, top = self.placed(width, height)
        x0, _, _, y1 = self.box
        at = np.empty((len(xy), 2))
        at[:, 0] = left + (xy[:, 0] - x0) * scale
        at[:, 1] = top + (y1 - xy[:, 1]) * scale
        return at

    def data(self, at: NDArray[np.float64], width: float, height: float) -> NDArray[np.float64]:
        """The points in data units at places (n, 2) of the widget."""
        scale, left, top = self.placed(width, height)
        x0, _, _, y1 = self.box
        xy = np.empty((len(at), 2))
        xy[:, 0] = x0 + (at[:, 0] - left) / scale
        xy[:, 1] = y1 - (at[:, 1] - top) / scale
        return xy


def dots(
    widget: QWidget,
    frame: Frame,
    xy: NDArray[np.float32],
    inks: NDArray[np.uint8],
    radius: float,
) -> QImage:
    """Points (n, 2) as dots in colours (n, 4), bytes B G R A, on a clear image of the widget."""
    unit = widget.devicePixelRatioF()
    wide, high = widget.width(), widget.height()
    pixels = splat(
        frame.pixels(xy, wide, high) * unit,
        inks,
        radius * unit,
        (max(1, round(high * unit)), max(1, round(wide * unit))),
    )
    rows, columns = pixels.shape
    kind = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(pixels.data, columns, rows, 4 * columns, kind).copy()
    image.setDevicePixelRatio(unit)
    return image
