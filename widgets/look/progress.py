"""A slim progress bar that moves only when its work does."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from widgets.look import theme

HEIGHT = 6


def paint(painter: QPainter, box: QRectF, done: int, total: int | None, colour: QColor) -> None:
    """Draw a bar centred in `box`; without a total a piece wanders on with each step done."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    bar = QRectF(box.left(), box.center().y() - theme.px(HEIGHT) / 2, box.width(), theme.px(HEIGHT))
    groove = QPainterPath()
    groove.addRoundedRect(bar, theme.px(HEIGHT) / 2, theme.px(HEIGHT) / 2)
    painter.fillPath(groove, theme.colour("line"))
    painter.setClipPath(groove)
    if total is None:
        piece = bar.width() / 4
        start = (done * piece / 8) % (bar.width() + piece) - piece
        fill = QRectF(bar.left() + start, bar.top(), piece, theme.px(HEIGHT))
    else:
        share = min(1.0, done / total) if total > 0 else 1.0
        fill = QRectF(bar.left(), bar.top(), bar.width() * share, theme.px(HEIGHT))
    painter.setBrush(colour)
    painter.drawRoundedRect(fill, theme.px(HEIGHT) / 2, theme.px(HEIGHT) / 2)
    painter.restore()


class ProgressLine(QProgressBar):
    """`paint` as a widget; a QProgressBar, so that screen readers know what it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._done = 0
        self._total: int | None = 1
        self._dim = False
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_progress(self, done: int, total: int | None, *, dim: bool = False) -> None:
        """Show `done` of `total` steps (None: unknown); `dim` while the work is paused."""
        self._done, self._total, self._dim = done, total, dim
        # Only for screen readers: 0 … 0 is Qt's sign for work of unknown length. Qt would paint
        # at once, and the window with it, however often steps come.
        self.setUpdatesEnabled(False)
        self.setRange(0, 0 if total is None else max(1, total))
        self.setValue(done)
        self.setUpdatesEnabled(True)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(28 * theme.UNIT, 2 * theme.UNIT)

    def minimumSizeHint(self) -> QSize:
        return QSize(8 * theme.UNIT, 2 * theme.UNIT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        tone = theme.colour("faint" if self._dim else "accent")
        paint(painter, QRectF(self.rect()), self._done, self._total, tone)
        painter.end()
