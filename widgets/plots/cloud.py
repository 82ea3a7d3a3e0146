"""Thousands of dots as one graphics item, splatted into an image with numpy.

pyqtgraph's ScatterPlotItem needs 10–20 ms to take 5,000 points in 8 colours; this needs 1,
and paints them in about 5.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from widgets.look import theme

Points = NDArray[np.float32]


class Cloud(QGraphicsItem):
    """Dots of one radius at points in data units, each in its own opaque colour."""

    def __init__(self) -> None:
        super().__init__()
        self._xy: Points = np.empty((0, 2), np.float32)
        self._inks: NDArray[np.uint8] = np.empty((0, 4), np.uint8)
        self._radius = 1.0
        self._bounds = QRectF()
        self._ring: tuple[int, QColor] | None = None

    def show_points(self, xy: Points, inks: NDArray[np.uint8], radius: float) -> None:
        """Draw points (n, 2) in colours (n, 4), bytes B G R A; radius in logical pixels."""
        self.prepareGeometryChange()
        self._xy, self._inks, self._radius = xy, inks, radius
        finite = xy[np.isfinite(xy).all(axis=1)]
        if len(finite):
            (x0, y0), (x1, y1) = finite.min(axis=0).tolist(), finite.max(axis=0).tolist()
            wide, high = (x1 - x0 or 1.0), (y1 - y0 or 1.0)
            # dots reach beyond their points by some pixels, at any zoom: be generous
            self._bounds = QRectF(x0 - wide, y0 - high, 3 * wide, 3 * high)
        else:
            self._bounds = QRectF()
        self.update()

    def set_ring(self, index: int | None, ink: QColor) -> None:
        """Draw a ring around one point, or none."""
        self._ring = None if index is None else (index, ink)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if not len(self._xy):
            return
        unit = painter.device().devicePixelRatio()
        room = painter.viewport().size()
        at = placed(self._xy, painter.worldTransform())
        painter.resetTransform()
        pixels = splat(
            at * unit,
            self._inks,
            self._radius * unit,
            (math.ceil(room.height() * unit), math.ceil(room.width() * unit)),
        )
        high, wide = pixels.shape
        image = QImage(pixels.data, wide, high, 4 * wide, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(unit)
        painter.drawImage(QPointF(0, 0), image)
        if self._ring is not None:
            self._paint_ring(painter, at[self._ring[0]], self._ring[1])

    def _paint_ring(self, painter: QPainter, at: NDArray[np.float64], ink: QColor) -> None:
        if np.isfinite(at).all():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(ink, theme.stroke(2.0)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            reach = self._radius + 3.5
            painter.drawEllipse(QPointF(*at.tolist()), reach, reach)


def placed(xy: Points, map_: QTransform) -> NDArray[np.float64]:
    """Points (n, 2) mapped by an affine transform; those not finite stay so."""
    linear = np.array([[map_.m11(), map_.m12()], [map_.m21(), map_.m22()]])
    with np.errstate(invalid="ignore"):  # ∞ · 0
        moved: NDArray[np.float64] = xy.astype(np.float64) @ linear + (map_.dx(), map_.dy())
    return moved


def splat(
    at: NDArray[np.float64], inks: NDArray[np.uint8], radius: float, size: tuple[int, int]
) -> NDArray[np.uint32]:
    """Smooth dots at pixel positions (n, 2) on a clear image (H, W), ARGB premultiplied.

    Later points lie over earlier ones; points that are not finite are left out.
    """
    height, width = size
    reach = math.ceil(radius)
    pad = 2 * reach
    inside = ((at > -reach) & (at < (width + reach, height + reach))).all(axis=1)
    column, row = np.floor(at[inside]).astype(np.intp).T
    stride = width + 2 * pad
    canvas = np.zeros((height + 2 * pad, stride), np.uint32)
    places = (row + pad) * stride + column + pad
    flat = canvas.reshape(-1)
    # rims before cores: a rim never eats into a neighbouring dot
    for cover, dx, dy in _stamp(radius, reach):
        tint = np.ascontiguousarray((inks[inside] * cover).astype(np.uint8))
        flat[places + dy * stride + dx] = tint.view(np.uint32)[:, 0]
    return np.ascontiguousarray(canvas[pad : pad + height, pad : pad + width])


def _stamp(radius: float, reach: int) -> list[tuple[float, int, int]]:
    """(coverage, dx, dy) of the pixels of one dot, faintest first."""
    span = range(-reach, reach + 1)
    covers = ((min(radius + 0.5 - math.hypot(dx, dy), 1.0), dx, dy) for dx in span for dy in span)
    return sorted(pixel for pixel in covers if pixel[0] > 0)
