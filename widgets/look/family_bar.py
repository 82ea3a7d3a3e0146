"""The bar in a family's colour along the top of its column, which also shows progress."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPainterPath, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.look import theme

HEIGHT = 4
ROUND_TRIP_MS = 1400
PATIENCE_MS = 250
"""Work that ends sooner never shows: a bar that flickers at every slider step tells nothing."""


class FamilyBar(QWidget):
    """Full colour at rest; while busy a share of it, or a piece that wanders."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = theme.family_colour("")
        self._busy = False
        self._share: float | None = None
        self._motion = QVariantAnimation(self)
        self._motion.setStartValue(0.0)
        self._motion.setEndValue(1.0)
        self._motion.setDuration(ROUND_TRIP_MS)
        self._motion.setLoopCount(-1)
        self._motion.valueChanged.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Progress")

    def sizeHint(self) -> QSize:
        return QSize(120, theme.px(HEIGHT))

    def set_colour(self, colour: QColor) -> None:
        """The family's colour."""
        self._colour = QColor(colour)
        self.update()

    def set_busy(self, busy: bool, share: float | None = None) -> None:
        """Show work under way, `share` (0 … 1) of it done or None where nobody knows."""
        self._busy = busy
        self._share = None if share is None else min(max(share, 0.0), 1.0)
        self.setAccessibleDescription("" if share is None else f"{100 * share:.0f} %")
        self._settle()

    def moving(self) -> bool:
        """Whether the animation runs."""
        return self._motion.state() is QVariantAnimation.State.Running

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._settle()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._settle()

    def _settle(self) -> None:
        """Animate only what is unknown and seen; an idle window owes the battery nothing."""
        wanted = self._busy and self._share is None and self.isVisible()
        if wanted and not self.moving():
            self._motion.start()
        elif not wanted:
            self._motion.stop()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        wide, high = self.width(), self.height()
        shape = QPainterPath()  # the card's own rounded top, cut off below the bar
        radius = theme.RADIUS + 1
        shape.addRoundedRect(QRectF(0, 0, wide, high + 2 * radius), radius, radius)
        painter.setClipRect(self.rect())
        waited = self._motion.currentLoop() > 0 or self._motion.currentTime() >= PATIENCE_MS
        if not self._busy or (self._share is None and not waited):
            painter.fillPath(shape, self._colour)
            return
        painter.fillPath(shape, theme.mix(theme.colour("raised"), self._colour, 0.25))
        painter.setClipPath(shape, Qt.ClipOperation.IntersectClip)
        painter.fillRect(self._piece(), self._colour)

    def _piece(self) -> QRectF:
        if self._share is not None:
            return QRectF(0, 0, self.width() * self._share, self.height())
        piece = self.width() * 0.3
        left = float(self._motion.currentValue()) * (self.width() + piece) - piece
        return QRectF(left, 0, piece, self.height())
