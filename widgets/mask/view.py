"""The seeing half of the mask canvas: where picture, mask and cursor are, painted piece by piece.

Nothing here changes a mask.
"""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.look import focus, theme
from widgets.look.images import Picture
from widgets.mask.gestures import Tool
from widgets.mask.layers import Layers, Ring, paint_cross, paint_outline
from widgets.mask.placement import Placement
from widgets.mask.sheet import Sheet
from widgets.mask.strokes import Box, Point

EMPTY = "No picture yet. Drop one here, or choose an example."


class MaskView(QWidget):
    """Shows a picture and its mask; zooms and moves them.

    `view_changed` follows zoom and pan.
    """

    view_changed = Signal()
    overlay_changed = Signal()
    """Colour or opacity of the mask."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sheet = Sheet()
        self._layers, self._ring = Layers(), Ring()
        self._unit = self.devicePixelRatioF()
        self._at = Placement((0, 0), (1, 1))
        self._fits = True
        self._tool, self._size = Tool.BRUSH, 1
        self._cursor: Point | None = None
        self._outline: list[Point] = []
        self._outline_closed = True
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        return QSize(420, 420)

    def picture_size(self) -> tuple[int, int]:
        """Height and width of the picture, (0, 0) without one."""
        return self._sheet.shape()

    def has_picture(self) -> bool:
        return bool(self._sheet.mask.size)

    def _show_picture(self, picture: Picture) -> None:
        same = picture.shape[:2] == self._at.shape
        self._layers.set_picture(picture)
        self._at = Placement(picture.shape[:2], self._view_size())
        if not same:
            self._cursor = None
        self.fit()

    def placement(self) -> Placement:
        """Where the picture is now, in device pixels of this widget."""
        return self._at

    def position_of(self, point: Point) -> QPointF:
        """Where a point (x, y) of the picture is now, in this widget's coordinates."""
        x, y = self._at.to_view(point)
        return QPointF(x / self._unit, y / self._unit)

    def point_at(self, position: QPointF) -> Point:
        """The point (x, y) of the picture at a place of this widget, outside ones too."""
        return self._at.to_picture(position.x() * self._unit, position.y() * self._unit)

    def cursor_point(self) -> Point | None:
        """The point of the picture that the pointer or the arrow keys are at."""
        return self._cursor

    def overlay_colour(self) -> QColor:
        return QColor(self._layers.tint)

    def set_overlay_colour(self, colour: QColor) -> None:
        """The tint of what is unknown."""
        self._layers.tint = QColor(colour)
        self._refresh_all()
        self.overlay_changed.emit()

    def overlay_opacity(self) -> float:
        return self._layers.opacity

    def set_overlay_opacity(self, opacity: float) -> None:
        """How strongly the tint covers the picture, 0 … 1; raises ValueError outside."""
        if not 0 <= opacity <= 1:
            raise ValueError(f"opacity {opacity} is not in 0 … 1")
        self._layers.opacity = opacity
        self._refresh_all()
        self.overlay_changed.emit()

    def _refresh_all(self) -> None:
        if self.has_picture():
            self._layers.refresh(self._sheet.mask)
        self.update()

    def _refresh(self, box: Box) -> None:
        """Show what changed in a box of the mask."""
        if not box.empty():
            for part in self._layers.refresh(self._sheet.mask, box):
                self._update_part(QRectF(*self._at.covered(part)))

    # zoom and pan

    @Slot()
    def fit(self) -> None:
        """The whole picture, as large as whole pixels allow, also after a resize."""
        self._fits = True
        self._go(self._at.fitted())

    @Slot()
    def full_size(self) -> None:
        """One device pixel for each of the picture's, around the middle of the view."""
        self._zoom(1.0, self._middle())

    def zoom_steps(self, notches: int, position: QPointF | None = None) -> None:
        """Zoom in (or out) about a place of this widget, the middle without one."""
        self._zoom(self._at.next_scale(notches), position or self._middle())

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by logical pixels."""
        self._fits = False
        self._go(self._at.panned(dx * self._unit, dy * self._unit))

    def zoom(self) -> float:
        """Device pixels per picture pixel; 1 is 100 %."""
        return self._at.scale

    def _zoom(self, scale: float, position: QPointF) -> None:
        self._fits = False
        x, y = position.x() * self._unit, position.y() * self._unit
        self._go(self._at.zoomed(scale, x, y))

    def _go(self, at: Placement) -> None:
        self._at = at
        self.update()
        self.view_changed.emit()

    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    def _view_size(self) -> tuple[int, int]:
        return round(self.width() * self._unit), round(self.height() * self._unit)

    def _measure(self) -> None:
        """Fit or keep the picture in a view of another size or density."""
        self._unit = self.devicePixelRatioF()
        at = self._at
        moved = Placement(at.shape, self._view_size(), at.scale, at.left, at.top)
        self._go(moved.fitted() if self._fits else moved.kept())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.update()

    # cursor and outline

    def _move_cursor(self, point: Point | None) -> None:
        self._update_cursor()
        self._cursor = point
        self._update_cursor()

    def _update_cursor(self) -> None:
        if self._cursor is not None:
            size = self._size if self._tool.has_size() else 1
            ring = self._ring.region(self._at, self._cursor, size)
            if self._unit == 1:
                self.update(ring)
            else:
                self._update_part(QRectF(ring.boundingRect()))

    def _show_outline(self, points: list[Point], *, closed: bool = True) -> None:
        if points or self._outline:
            for path in (self._outline, points):
                self._update_path(path)
            self._outline, self._outline_closed = list(points), closed

    def _update_path(self, points: list[Point]) -> None:
        if points:
            seen = np.array([self._at.to_view(point) for point in points])
            (x, y), (right, bottom) = seen.min(axis=0), seen.max(axis=0)
            self._update_part(QRectF(x - 3, y - 3, right - x + 6, bottom - y + 6))

    def _update_part(self, part: QRectF) -> None:
        """Repaint a rectangle given in device pixels."""
        unit = self._unit
        left, top = math.floor(part.left() / unit), math.floor(part.top() / unit)
        right, bottom = math.ceil(part.right() / unit), math.ceil(part.bottom() / unit)
        # smooth reduction blends with the neighbours
        self.update(QRect(left - 2, top - 2, right - left + 4, bottom - top + 4))

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.devicePixelRatioF() != self._unit:  # moved to a screen of another density
            self._measure()
        unit, painter = self._unit, QPainter(self)
        if not self._hides_ground(event.rect()):
            painter.fillRect(event.rect(), theme.colour("well"))
        if not self.has_picture():
            painter.setPen(theme.colour("faint"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, EMPTY)
            focus.ring(self, painter)
            painter.end()
            return
        painter.scale(1 / unit, 1 / unit)
        seen = event.rect()
        left, top = math.floor(seen.left() * unit), math.floor(seen.top() * unit)
        width, height = math.ceil(seen.width() * unit) + 1, math.ceil(seen.height() * unit) + 1
        self._layers.paint(painter, self._at, QRect(left, top, width, height))
        self._paint_frame(painter)
        if self._outline:
            paint_outline(painter, self._at, self._outline, closed=self._outline_closed)
        self._paint_cursor(painter)
        painter.resetTransform()
        focus.ring(self, painter)
        painter.end()

    def _hides_ground(self, seen: QRect) -> bool:
        """Whether the picture covers all of a rectangle of this widget."""
        width, height = self._at.size()
        unit = self._unit
        inside = QRectF(self._at.left / unit, self._at.top / unit, width / unit, height / unit)
        return self.has_picture() and inside.contains(QRectF(seen))

    def _paint_frame(self, painter: QPainter) -> None:
        # a hairline outside, lest black pictures melt into a dark well
        width, height = self._at.size()
        left, top, ink = self._at.left - 1, self._at.top - 1, theme.colour("line")
        for x, y, wide, high in (
            (left, top, width + 2, 1),
            (left, top + height + 1, width + 2, 1),
            (left, top, 1, height + 2),
            (left + width + 1, top, 1, height + 2),
        ):
            painter.fillRect(x, y, wide, high, ink)

    def _paint_cursor(self, painter: QPainter) -> None:
        if self._cursor is None:
            return
        if self._tool.has_size():
            self._ring.paint(painter, self._at, self._cursor, self._size)
        elif self.hasFocus():
            paint_cross(painter, *self._at.to_view(self._cursor))
