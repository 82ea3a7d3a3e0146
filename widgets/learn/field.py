"""A picture of the plane: a map, points, samples, curves and arrows, painted with little work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.learn.canvas import class_inks
from widgets.learn.frame import Box, Frame, dots
from widgets.look import theme
from widgets.look.colours import DIVERGING, MAGMA

Values = NDArray[np.float32]
RANGE = 8.0
"""Nats below the brightest that a map in magma shows."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What is to be seen, in the box of the plane `box`.

    `map` (high, wide), the lowest row first, is log p coloured up to `top`, or a difference of
    densities up to ± `top` where `signed`; `tinted`: p in the family's colour. `points` lie below
    `samples` (n, 2), which have classes where `labels` says so. `lines` (n, k, 2) and `arrows`
    (n, 4) come last.
    """

    box: Box
    map: Values | None = None
    top: float = 0.0
    signed: bool = False
    tinted: bool = False
    points: Values | None = None
    samples: Values | None = None
    labels: NDArray[np.int64] | None = None
    lines: Values | None = None
    arrows: Values | None = None


class Field(QWidget):
    """Shows a `Picture`; `clicked` by the mouse, Enter or Space."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Picture | None = None
        self._colour = theme.family_colour("")
        self._whole: QImage | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(160, 140)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 60)

    def picture(self) -> Picture | None:
        """What is to be seen."""
        return self._picture

    def colour(self) -> QColor:
        """The colour of samples and tints."""
        return self._colour

    def set_colour(self, colour: QColor) -> None:
        """The colour of samples and tints."""
        self._colour = QColor(colour)
        self._renew()

    def show_picture(self, picture: Picture | None) -> None:
        """Show this; the same again costs nothing."""
        if picture is not self._picture:
            self._picture = picture
            self._renew()

    def _renew(self) -> None:
        self._whole = None
        self.update()

    def resizeEvent(self, event: QEvent) -> None:
        self._whole = None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._renew()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and inside:
            self.clicked.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._whole is None:
            self._whole = self._painted()
        painter = QPainter(self)
        painter.drawImage(QPointF(0, 0), self._whole)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour("accent"), 2))
            room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(room, theme.RADIUS, theme.RADIUS)

    def _painted(self) -> QImage:
        """The picture on an image of the widget's size, which is painted until there is another."""
        unit = self.devicePixelRatioF()
        kind = QImage.Format.Format_ARGB32_Premultiplied
        image = QImage(
            max(1, round(self.width() * unit)), max(1, round(self.height() * unit)), kind
        )
        image.setDevicePixelRatio(unit)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape, room = QPainterPath(), QRectF(self.rect())
        shape.addRoundedRect(room, theme.RADIUS, theme.RADIUS)
        painter.setClipPath(shape)
        painter.fillRect(room, theme.colour("base"))
        picture = self._picture
        if picture is not None:
            frame = Frame(picture.box)
            if picture.map is not None:
                self._paint_map(painter, picture, frame)
            painter.drawImage(QPointF(0, 0), self._drawn_dots(picture, frame))
            self._paint_curves(painter, picture, frame)
            if picture.map is None or picture.tinted:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.colour("line"), 1))
                painter.drawRect(self._edge(picture.box, frame).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()
        return image

    def _paint_map(self, painter: QPainter, picture: Picture, frame: Frame) -> None:
        area = self._edge(picture.box, frame)
        if not picture.tinted and not picture.signed:
            painter.fillRect(self.rect(), QColor(*MAGMA[0].tolist()))
        if picture.signed:
            painter.fillRect(self.rect(), QColor(*DIVERGING[128].tolist()))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, self._coloured(picture))

    def _edge(self, box: Box, frame: Frame) -> QRectF:
        """Where the box is on the widget."""
        scale, left, top = frame.placed(self.width(), self.height())
        x0, x1, y0, y1 = box
        return QRectF(left, top, scale * (x1 - x0), scale * (y1 - y0))

    def _coloured(self, picture: Picture) -> QImage:
        values = picture.map
        assert values is not None
        place: NDArray[Any]
        if picture.signed:
            place = (values / max(picture.top, 1e-12) + 1) / 2
            table: NDArray[Any] = DIVERGING
        elif picture.tinted:
            place = np.exp(np.minimum(values - picture.top, 0))
            table = _tint(self._colour)
        else:
            place = 1 + (values - picture.top) / RANGE
            table = MAGMA
        index = (np.nan_to_num(place, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1) * 255).astype(int)
        pixels = np.ascontiguousarray(table[index[::-1]].astype(np.uint8))
        high, wide = values.shape
        return QImage(pixels.data, wide, high, 3 * wide, QImage.Format.Format_RGB888).copy()

    def _drawn_dots(self, picture: Picture, frame: Frame) -> QImage:
        parts, inks = [np.empty((0, 2), np.float32)], [np.empty((0, 4), np.uint8)]
        dark_ground = picture.map is not None and not picture.tinted and not picture.signed
        if picture.points is not None:
            grey = theme.mix(theme.colour("base"), theme.colour("faint"), 0.55)
            ink = QColor("#9FB4C8") if dark_ground else grey
            parts.append(picture.points)
            inks.append(_inks(ink, len(picture.points)))
        if picture.samples is not None:
            parts.append(picture.samples)
            if picture.labels is not None:
                inks.append(class_inks(picture.labels))
            else:
                base = QColor("#FFFFFF") if dark_ground else theme.colour("base")
                ink = base if dark_ground else theme.legible(self._colour, base)
                inks.append(_inks(ink, len(picture.samples)))
        radius = 1.0 if self.width() < 220 else 1.3
        return dots(self, frame, np.concatenate(parts), np.concatenate(inks), radius)

    def _paint_curves(self, painter: QPainter, picture: Picture, frame: Frame) -> None:
        wide, high = self.width(), self.height()
        ink = theme.legible(self._colour, theme.colour("base"))
        if picture.map is not None and not picture.tinted and not picture.signed:
            ink = QColor(230, 240, 255)
        if picture.lines is not None:
            ink.setAlpha(190)
            painter.setPen(QPen(ink, theme.stroke(1.1)))
            flat = frame.pixels(picture.lines.reshape(-1, 2), wide, high)
            at = flat.reshape(*picture.lines.shape[:2], 2)
            _draw(painter, np.concatenate([at[:, :-1], at[:, 1:]], 2).reshape(-1, 4))
        if picture.arrows is not None:
            ink = theme.colour("text") if picture.map is None else ink
            if picture.signed:
                ink = QColor(30, 34, 42)
            ink.setAlpha(200)
            painter.setPen(QPen(ink, theme.stroke(1.0)))
            tails = frame.pixels(picture.arrows[:, :2], wide, high)
            heads = frame.pixels(picture.arrows[:, 2:], wide, high)
            _draw(painter, _strokes(tails, heads))


def _strokes(tails: NDArray[np.float64], heads: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lines (3n, 4) of arrows: shafts and barbs; what is too short to see is left out."""
    way = heads - tails
    length = np.hypot(*way.T)
    seen = (length > 1.5) & (length < 1e4)
    heads, tails, way, length = heads[seen], tails[seen], way[seen], length[seen, None]
    unit = way / length
    side = np.stack([-unit[:, 1], unit[:, 0]], 1)
    barb = np.minimum(4.0, 0.5 * length)
    ends = [heads - barb * unit + turn * barb * side for turn in (0.6, -0.6)]
    shafts = np.concatenate([tails, heads], 1)
    return np.concatenate([shafts, *(np.concatenate([heads, end], 1) for end in ends)])


def _draw(painter: QPainter, segments: NDArray[np.float64]) -> None:
    """Straight lines (n, 4) from x, y to x, y."""
    finite = segments[np.isfinite(segments).all(1)].clip(-1e5, 1e5)
    painter.drawLines([QLineF(*each) for each in finite.tolist()])


def _tint(colour: QColor) -> NDArray[np.float64]:
    """Colours (256, 3) from the ground to a share of the family's colour."""
    ground, full = theme.colour("base"), theme.mix(theme.colour("base"), colour, 0.75)
    ends = [[c.red(), c.green(), c.blue()] for c in (ground, full)]
    share = np.linspace(0, 1, 256)[:, None] ** 0.8
    found: NDArray[np.float64] = (1 - share) * np.array(ends[0]) + share * np.array(ends[1])
    return found


def _inks(colour: QColor, count: int) -> NDArray[np.uint8]:
    bgra = np.array([[colour.blue(), colour.green(), colour.red(), 255]], np.uint8)
    return np.tile(bgra, (count, 1))
