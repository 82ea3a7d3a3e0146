"""A black sheet to draw a digit on, and how a model sees it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.look import theme
from widgets.look.images import Picture, image_of

SIDE = 280
"""Pixels of the sheet on a side: ten for one of a digit."""
_PEN, _RUBBER, _SEEN = 22.0, 48.0, 84


class Pen(QWidget):
    """The left button draws, the right one rubs out.

    `moved` follows the pen, `rested` its going up. In the corner is what `show_seen` was given.
    """

    moved = Signal()
    rested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ink = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
        self._ink.fill(0)
        self._last: QPointF | None = None
        self._seen: Picture | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(SIDE, SIDE)
        self.setAccessibleName("Sheet to draw a digit on")
        self.setToolTip(
            "Draw a digit; the right button rubs out. In the corner is what the models see: scaled "
            "into 20 × 20 pixels, its centre of mass in the middle, as MNIST was made."
        )

    def ink(self) -> NDArray[np.uint8]:
        """What is drawn, white on black: (SIDE, SIDE)."""
        rows = np.frombuffer(self._ink.constBits(), np.uint8).reshape(SIDE, -1)
        return rows[:, :SIDE].copy()

    def clear(self) -> None:
        """An empty sheet."""
        self._ink.fill(0)
        self._seen = None
        self.update()

    def show_seen(self, picture: Picture | None) -> None:
        """The picture (H, W, 3) that the models get, None for none."""
        self._seen = None if picture is None else picture.copy()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._last = event.position()
        self._line(event.position(), event.buttons())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self._line(event.position(), event.buttons())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self._last = None
            self.rested.emit()

    def _line(self, to: QPointF, buttons: Qt.MouseButton) -> None:
        assert self._last is not None
        rubs = not buttons & Qt.MouseButton.LeftButton
        painter = QPainter(self._ink)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = Qt.GlobalColor.black if rubs else Qt.GlobalColor.white
        pen = QPen(ink, _RUBBER if rubs else _PEN)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        # of a line without a length nothing is drawn
        painter.drawLine(self._last, to if to != self._last else to + QPointF(0.1, 0))
        painter.end()
        self._last = to
        self.update()
        self.moved.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawImage(0, 0, self._ink)
        painter.setPen(theme.colour("line"))
        if self._seen is not None:
            place = QRectF(SIDE - _SEEN - 1, SIDE - _SEEN - 1, _SEEN, _SEEN)
            painter.drawImage(place, image_of(self._seen, _SEEN))
            painter.drawRect(place)
        painter.drawRect(0, 0, SIDE - 1, SIDE - 1)
