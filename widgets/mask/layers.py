"""Draws a picture, its mask as a tint above it, outlines and the brush's ring, piece by piece.

Keeps everything in the form that paints fastest; knows no events.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF, QRegion

from widgets.look import theme
from widgets.look.images import Picture, image_of
from widgets.mask.placement import Placement
from widgets.mask.strokes import Box, Mask, Point, changed_bands, footprint, snapped, whole

COLOURS = ("#E6194B", "#FF9F1C", "#2F6FEB", "#12B886", "#FFFFFF", "#000000")
"""Tints to choose from; the first stands out on most pictures, and on grey ones all do."""

GRID_FROM = 10
"""Device pixels per picture pixel from which the pixel grid shows."""

_SHADE, _LIGHT = QColor(0, 0, 0, 200), QColor(255, 255, 255, 230)
_CROSS = 4
_STEPS_FROM = 3
"""Device pixels per picture pixel from which the ring shows the steps of its outline."""

_BANDS = 24


class Layers:
    """The picture and the tint of one mask, both as images of the picture's own size."""

    def __init__(self) -> None:
        self.tint = QColor(COLOURS[0])
        self.opacity = 0.55
        self._picture = QImage()
        self._reduced = QImage()
        self._over: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)
        self._shown: Mask = np.zeros((0, 0), np.bool_)
        self._cover = QImage()

    def set_picture(self, picture: Picture) -> None:
        """Take a contiguous uint8 (H, W, 3) picture; the tint starts empty."""
        rows, columns = picture.shape[:2]
        self._picture, self._reduced = image_of(picture, columns), QImage()
        self._over = np.zeros((rows, columns), np.uint32)
        self._shown = np.zeros((rows, columns), np.bool_)
        # the image looks into the array: writing there is painting
        kind = QImage.Format.Format_ARGB32_Premultiplied
        self._cover = QImage(self._over.data, columns, rows, 4 * columns, kind)

    def refresh(self, mask: Mask, box: Box | None = None) -> list[Box]:
        """Take over what changed in a box of the mask, and say where; without one, everything."""
        ink = np.uint32(_premultiplied(self.tint, self.opacity))
        everything = [whole(self._over.shape)]
        parts = everything if box is None else changed_bands(self._shown, mask, box)
        for part in parts:
            where = part.slices()
            self._shown[where] = mask[where]
            np.multiply(mask[where], ink, out=self._over[where])
        return parts

    def paint(self, painter: QPainter, at: Placement, exposed: QRect) -> None:
        """Draw what lies in `exposed`; the painter and the rectangle are in device pixels."""
        part = at.exposed(exposed.x(), exposed.y(), exposed.width(), exposed.height())
        if part.empty():
            return
        if at.scale < 1:
            self._paint_reduced(painter, at)
            return
        rows, columns = part.shape()
        source = QRectF(part.left, part.top, columns, rows)
        target = QRectF(*at.covered(part))
        painter.drawImage(target, self._picture, source)
        painter.drawImage(target, self._cover, source)
        if at.scale >= GRID_FROM:
            _paint_grid(painter, target, at.scale)

    def _paint_reduced(self, painter: QPainter, at: Placement) -> None:
        width, height = at.size()
        if (self._reduced.width(), self._reduced.height()) != (width, height):
            self._reduced = self._picture.scaled(
                width,
                height,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        painter.drawImage(at.left, at.top, self._reduced)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(at.left, at.top, width, height), self._cover)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)


class Ring:
    """The brush's true outline: pixel by pixel where those can be seen, else a circle.

    A circle is drawn once for each size and kept as an image, with the region that it touches: to
    draw a large one anew with every move of the mouse takes longer than all the rest.
    """

    def __init__(self) -> None:
        self._diameter = 0
        self._outline: list[Point] = []
        self._circle: tuple[float, float, float, QImage] | None = None
        self._touched: tuple[float, QRegion] | None = None

    def region(self, at: Placement, point: Point, diameter: int) -> QRegion:
        """What `paint` touches, in device pixels: not the inside of a large ring."""
        x, y = at.to_view(snapped(point, diameter))
        reach = diameter * at.scale / 2
        # the outline of pixels runs up to one of them off the circle
        slack = 4 + (math.ceil(at.scale) if at.scale >= _STEPS_FROM else 0)
        if self._touched is None or self._touched[0] != reach:
            self._touched = reach, _annulus(reach, slack)
        return self._touched[1].translated(math.floor(x), math.floor(y))

    def paint(self, painter: QPainter, at: Placement, point: Point, diameter: int) -> None:
        """Dark inside, light outside, so that it shows on any picture."""
        x, y = at.to_view(snapped(point, diameter))
        if at.scale >= _STEPS_FROM:
            painter.save()
            painter.setBrush(Qt.BrushStyle.NoBrush)
            shape = self._shape(at.scale, diameter, x, y)
            painter.setPen(QPen(_LIGHT, 3, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawPolygon(shape)
            painter.setPen(QPen(_SHADE, 1, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawPolygon(shape)
            painter.restore()
        else:
            left, top = math.floor(x), math.floor(y)
            image = self._image(diameter * at.scale / 2, x - left, y - top)
            painter.drawImage(left - image.width() // 2, top - image.height() // 2, image)
        if diameter * at.scale < 2 * _CROSS or diameter * at.scale > 12 * _CROSS:
            paint_cross(painter, x, y)

    def _image(self, reach: float, dx: float, dy: float) -> QImage:
        """A circle around (dx, dy) right and down of the middle, to a quarter of a pixel."""
        dx, dy = round(4 * dx) / 4, round(4 * dy) / 4
        if self._circle is None or self._circle[:3] != (reach, dx, dy):
            half = math.ceil(reach) + 3
            image = QImage(2 * half, 2 * half, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(Qt.GlobalColor.transparent)
            painter = QPainter(image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            middle = QPointF(half + dx, half + dy)
            for ink, radius in ((_LIGHT, reach + 0.6), (_SHADE, max(reach - 0.6, 0.6))):
                painter.setPen(QPen(ink, 1.2))
                painter.drawEllipse(middle, radius, radius)
            painter.end()
            self._circle = reach, dx, dy, image
        return self._circle[3]

    def _shape(self, scale: float, diameter: int, x: float, y: float) -> QPolygonF:
        if self._diameter != diameter:
            self._diameter, self._outline = diameter, footprint(diameter)
        return QPolygonF([QPointF(x + dx * scale, y + dy * scale) for dx, dy in self._outline])


def _annulus(reach: float, slack: int) -> QRegion:
    """Bands of rows that a circle of this radius around the origin touches, and its cross."""
    outer, inner = reach + slack, max(reach - slack, 0.0)
    cross = _CROSS + 2
    region = QRegion(-cross, -cross, 2 * cross + 1, 2 * cross + 1)
    high = max(math.ceil(2 * outer / _BANDS), 8)
    top = -math.ceil(outer)
    while top < outer:
        near = 0.0 if top <= 0 <= top + high else min(abs(top), abs(top + high))
        far = max(abs(top), abs(top + high))
        wide = math.ceil(math.sqrt(max(outer * outer - near * near, 0.0))) + 1
        hollow = math.floor(math.sqrt(max(inner * inner - far * far, 0.0))) - 1
        region += QRegion(-wide, top, 2 * wide + 1, high)
        if hollow > cross:
            region -= QRegion(-hollow, top, 2 * hollow, high)
        top += high
    return region + QRegion(-cross, -cross, 2 * cross + 1, 2 * cross + 1)


def paint_cross(painter: QPainter, x: float, y: float) -> None:
    """A small two-tone cross at a point of the view."""
    x, y = math.floor(x) + 0.5, math.floor(y) + 0.5
    for ink, width in ((_LIGHT, 3.0), (_SHADE, 1.0)):
        painter.setPen(QPen(ink, width))
        painter.drawLine(QPointF(x - _CROSS, y), QPointF(x + _CROSS, y))
        painter.drawLine(QPointF(x, y - _CROSS), QPointF(x, y + _CROSS))


def paint_outline(painter: QPainter, at: Placement, points: list[Point], *, closed: bool) -> None:
    """A path on its way, dark dashes on light."""
    path = QPolygonF([QPointF(*at.to_view(point)) for point in points])
    for pen in (QPen(_LIGHT, 3), QPen(_SHADE, 1, Qt.PenStyle.DashLine)):
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if closed:
            painter.drawPolygon(path)
        else:
            painter.drawPolyline(path)


def _paint_grid(painter: QPainter, area: QRectF, scale: float) -> None:
    ink = QColor(theme.colour("faint"))
    ink.setAlpha(60)
    step, right, bottom = round(scale), round(area.right()), round(area.bottom())
    for x in range(round(area.left()), right, step):
        painter.fillRect(x, round(area.top()), 1, round(area.height()), ink)
    for y in range(round(area.top()), bottom, step):
        painter.fillRect(round(area.left()), y, round(area.width()), 1, ink)


def _premultiplied(tint: QColor, opacity: float) -> int:
    """0xAARRGGBB with the colours multiplied by the opacity, as Qt blends fastest."""
    red, green, blue = (round(c * opacity) for c in (tint.red(), tint.green(), tint.blue()))
    return round(255 * opacity) << 24 | red << 16 | green << 8 | blue
