"""A square to drag in: two directions at once, or a mix of four pictures."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.look import theme
from widgets.look.images import Picture, image_of

_THUMB = 56
FINE, COARSE = 0.05, 0.25
"""How far an arrow key moves the handle, alone and with Shift."""
_KEYPAD = Qt.KeyboardModifier.KeypadModifier
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class LatentPad(QWidget):
    """Places are (x, y) in −1 … 1, y upwards. `moved(x, y)` follows a drag or the arrow keys,
    `rested` the end of either; `hovered(x, y)` the mouse without a button, `left` its leaving.

    Arrow keys move the handle by 0.05, with Shift by 0.25; Home brings it to the middle.
    """

    moved = Signal(float, float)
    rested = Signal()
    hovered = Signal(float, float)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._at = (0.0, 0.0)
        self._names = ("", "")
        self._corners: tuple[str, ...] = ()
        self._thumb: tuple[Picture, tuple[float, float]] | None = None
        self._hovers = False
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Latent pad")
        self.setToolTip(
            "Drag to move along two directions, or use the arrow keys (Shift: large steps). "
            "Hover to see what is there."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(260, 260)

    def set_axes(self, x: str, y: str) -> None:
        """Name the two directions."""
        self._names, self._corners = (x, y), ()
        self.update()

    def set_corners(self, names: tuple[str, ...]) -> None:
        """Mix four pictures: top left, top right, bottom left, bottom right."""
        self._corners = names
        self.update()

    def place(self) -> tuple[float, float]:
        return self._at

    def set_place(self, x: float, y: float) -> None:
        """Move the handle, silently."""
        self._at = min(1.0, max(-1.0, x)), min(1.0, max(-1.0, y))
        self.update()

    def show_thumb(self, picture: Picture, x: float, y: float) -> None:
        """What is at a place that is hovered over."""
        self._thumb = picture.copy(), (x, y)
        self.update()

    def clear_thumb(self) -> None:
        """Nothing is hovered over any more."""
        self._thumb = None
        self.update()

    def hovers(self) -> bool:
        """Whether the mouse is over it without a button."""
        return self._hovers

    def thumb(self) -> Picture | None:
        return self._thumb[0] if self._thumb else None

    def thumb_place(self) -> tuple[float, float] | None:
        """The place that the thumbnail is of."""
        return self._thumb[1] if self._thumb else None

    def spot(self, x: float, y: float) -> QPointF:
        """Where a place is on the widget."""
        box = self._box()
        return QPointF(
            box.left() + (x + 1) / 2 * box.width(), box.bottom() - (y + 1) / 2 * box.height()
        )

    def _box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(4, 4, -4, -4)

    def _place_at(self, at: QPointF) -> tuple[float, float]:
        box = self._box()
        x = 2 * (at.x() - box.left()) / max(1.0, box.width()) - 1
        y = 2 * (box.bottom() - at.y()) / max(1.0, box.height()) - 1
        return min(1.0, max(-1.0, x)), min(1.0, max(-1.0, y))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.isEnabled():
            self._thumb, self._hovers = None, False
            self._at = self._place_at(event.position())
            self.update()
            self.moved.emit(*self._at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._at = self._place_at(event.position())
            self.update()
            self.moved.emit(*self._at)
        elif not event.buttons():
            self._hovers = True
            self.hovered.emit(*self._place_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.rested.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._at = 0.0, 0.0
        self.update()
        self.moved.emit(*self._at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        coarse = Qt.KeyboardModifier.ShiftModifier
        key, others = Qt.Key(event.key()), event.modifiers() & ~(_KEYPAD | coarse)
        if others or (key not in _ARROWS and key is not Qt.Key.Key_Home):
            event.ignore()
            return
        x, y = self._at
        if key in _ARROWS:
            step = COARSE if event.modifiers() & coarse else FINE
            # rounded, so that as many steps back lead to the same place
            x, y = (round(v + step * by, 6) for v, by in zip((x, y), _ARROWS[key], strict=True))
        else:
            x = y = 0.0
        self._thumb = None
        self.set_place(x, y)
        self.moved.emit(*self._at)
        self.rested.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._thumb, self._hovers = None, False
        self.left.emit()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        box = self._box()
        painter.setPen(QPen(theme.colour("accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(theme.colour("well"))
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        painter.setFont(theme.small_font(self.font()))
        if self._corners:
            self._paint_corners(painter, box)
        else:
            self._paint_axes(painter, box)
        if self._thumb is not None:
            self._paint_thumb(painter, box, *self._thumb)
        painter.setPen(QPen(theme.colour("raised"), theme.stroke(2)))
        painter.setBrush(theme.colour("accent"))
        painter.drawEllipse(self.spot(*self._at), 6, 6)

    def _paint_axes(self, painter: QPainter, box: QRectF) -> None:
        middle = box.center()
        painter.drawLine(QPointF(box.left(), middle.y()), QPointF(box.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), box.top()), QPointF(middle.x(), box.bottom()))
        painter.setPen(theme.colour("faint"))
        inner = box.adjusted(4, 2, -4, -2)
        bottom = QRectF(inner.left(), middle.y(), inner.width(), 18)
        painter.drawText(bottom, Qt.AlignmentFlag.AlignRight, f"{self._names[0]} →")
        painter.drawText(
            QRectF(middle.x() + 4, inner.top(), inner.width() / 2, 18),
            Qt.AlignmentFlag.AlignLeft,
            f"↑ {self._names[1]}",
        )

    def _paint_corners(self, painter: QPainter, box: QRectF) -> None:
        painter.setPen(theme.colour("faint"))
        inner, flag = box.adjusted(6, 4, -6, -4), Qt.AlignmentFlag
        where = (
            flag.AlignTop | flag.AlignLeft,
            flag.AlignTop | flag.AlignRight,
            flag.AlignBottom | flag.AlignLeft,
            flag.AlignBottom | flag.AlignRight,
        )
        for name, corner in zip(self._corners, where, strict=True):
            painter.drawText(inner, corner, name)

    def _paint_thumb(
        self, painter: QPainter, box: QRectF, picture: Picture, at: tuple[float, float]
    ) -> None:
        spot = self.spot(*at)
        left = min(max(spot.x() + 10, box.left()), box.right() - _THUMB)
        top = min(max(spot.y() - _THUMB - 10, box.top()), box.bottom() - _THUMB)
        rect = QRectF(left, top, _THUMB, _THUMB)
        width = round(_THUMB * self.devicePixelRatioF())
        painter.drawImage(rect, image_of(picture, width))
        painter.setPen(QPen(theme.colour("accent"), theme.stroke(1.5)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect)
