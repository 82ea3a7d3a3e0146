"""Frames that tabs are made of: cards, columns that scroll, and the frame of a place for drops."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLayout, QScrollArea, QWidget

from widgets.look import lay, theme

W = TypeVar("W", bound=QWidget)


def card(content: QWidget, *, margin: int = 1, least: int = 0) -> QFrame:
    """A card around `content`, at least so many device-independent pixels wide at 100 %."""
    frame = QFrame()
    frame.setProperty("card", True)
    frame.setMinimumWidth(theme.px(least))
    lay.down(content, on=frame, margins=margin, spacing=None)
    return frame


def scrolled(content: QWidget, *, least: int = 0, sideways: bool = False) -> QScrollArea:
    """`content` as wide as there is room, and as high as it likes.

    With `sideways` it may be wider than there is room, too.
    """
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    if not sideways:
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of what is in it
    area.setMinimumWidth(theme.px(least))
    area.setWidget(content)
    area.viewport().setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    return area


class DropFrame(QWidget):
    """A frame over a place while something is dragged over it that it takes.

    The place takes drops from then on, and calls `offer` for what it would take.
    """

    def __init__(self, place: QWidget) -> None:
        super().__init__(place)
        self._place = place
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        place.setAcceptDrops(True)
        place.installEventFilter(self)
        self.hide()

    def offer(self) -> None:
        """Show that a drop would be taken, until it has been or the drag goes elsewhere."""
        self.setGeometry(self._place.rect())
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = QEvent.Type
        if event.type() in (kind.DragLeave, kind.Drop, kind.Hide):
            self.hide()
        elif event.type() is kind.Resize:
            self.setGeometry(self._place.rect())
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent, wide = theme.colour("accent"), theme.px(3)
        painter.setPen(QPen(accent, wide))
        accent.setAlphaF(0.08)
        painter.setBrush(accent)
        inside = self.rect().toRectF().adjusted(wide, wide, -wide, -wide)
        painter.drawRoundedRect(inside, theme.RADIUS, theme.RADIUS)
        painter.end()


def leave(widget: QWidget) -> None:
    """Let a widget go, out of sight at once."""
    widget.hide()
    widget.deleteLater()


def keep_only(widgets: dict[str, W], names: Collection[str]) -> None:
    """Let those go that are not among these names."""
    for name in [name for name in widgets if name not in names]:
        leave(widgets.pop(name))


def paint_once(widget: QWidget) -> None:
    """Paint what lies in a widget when all of it has its place: while rows come one by one, each
    would be painted in every size that it has on the way.
    """
    if widget.isVisible() and widget.updatesEnabled():
        widget.setUpdatesEnabled(False)
        QTimer.singleShot(0, widget, lambda: widget.setUpdatesEnabled(True))


def clear(layout: QLayout) -> None:
    """Let all go that is laid out here."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            leave(widget)
