"""A slider for live work: it goes where one clicks, marks its default, lets the wheel pass by."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

from widgets.look import theme

_RADIUS = 7.0
_GROOVE = 4.0


def _radius() -> int:
    return theme.px(_RADIUS)


def _groove() -> int:
    return theme.px(_GROOVE)


class Slider(QSlider):
    """Horizontal; `reset_wanted` on a double click, `sliderReleased` at the end of every drag."""

    reset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._mark: int | None = None
        self._grip = 0.0  # from the handle's centre to where it was taken hold of
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def set_mark(self, position: int | None) -> None:
        """Draw a tick at the default position, and the filled part from there."""
        self._mark = position
        self.update()

    def x_of(self, position: int) -> float:
        """The handle's centre at a position, in the widget's pixels."""
        span = max(1, self.maximum() - self.minimum())
        return _radius() + (position - self.minimum()) / span * (self.width() - 2 * _radius())

    def position_at(self, x: float) -> int:
        """The nearest position to a pixel column, within the range."""
        travel = max(1.0, self.width() - 2 * _radius())
        share = min(1.0, max(0.0, (x - _radius()) / travel))
        return self.minimum() + round(share * (self.maximum() - self.minimum()))

    def sizeHint(self) -> QSize:
        return QSize(15 * theme.UNIT, theme.px(theme.TARGET))

    def minimumSizeHint(self) -> QSize:
        return QSize(6 * theme.UNIT, theme.px(theme.TARGET))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            event.ignore()
            return
        x = event.position().x()
        offset = x - self.x_of(self.value())
        self._grip = offset if abs(offset) <= _radius() else 0.0
        self.setSliderDown(True)
        self.setSliderPosition(self.position_at(x - self._grip))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderPosition(self.position_at(event.position().x() - self._grip))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.reset_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        middle = self.height() / 2
        handle = self.x_of(self.sliderPosition())
        origin = self.x_of(self.minimum() if self._mark is None else self._mark)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("line"))
        groove = QRectF(_radius(), middle - _groove() / 2, self.width() - 2 * _radius(), _groove())
        painter.drawRoundedRect(groove, _groove() / 2, _groove() / 2)
        painter.setBrush(theme.colour("accent"))
        painter.drawRect(QRectF(origin, groove.top(), handle - origin, _groove()).normalized())
        if self._mark is not None:
            painter.setBrush(theme.colour("faint"))
            painter.drawRoundedRect(QRectF(origin - 1, middle - 6, 2, 12), 1, 1)
        live = self.hasFocus() or self.isSliderDown() or self.underMouse()
        painter.setBrush(theme.colour("accent" if self.isSliderDown() else "raised"))
        painter.setPen(QPen(theme.colour("accent" if live else "faint"), 2 if live else 1.5))
        painter.drawEllipse(QPointF(handle, middle), _radius() - 1, _radius() - 1)
        painter.end()
