"""Panels beside each other: an edge that one sees and can drag, and panels that fold away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import (
    QEnterEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QFrame, QSplitter, QSplitterHandle, QWidget

from widgets.look import theme

_DOTS = 3


class Handle(QSplitterHandle):
    """Three dots in the middle; a line where the mouse is."""

    def __init__(self, way: Qt.Orientation, parent: QSplitter) -> None:
        super().__init__(way, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip("Drag to give one side more room; to the end, to hide a panel.")

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = QPointF(self.width() / 2, self.height() / 2)
        upright = self.orientation() is Qt.Orientation.Horizontal  # the handle, not the splitter
        if self.underMouse():
            painter.setBrush(theme.colour("accent"))
            wide, high = (2, self.height()) if upright else (self.width(), 2)
            painter.drawRect(round(middle.x() - wide / 2), round(middle.y() - high / 2), wide, high)
        painter.setBrush(theme.colour("accent" if self.underMouse() else "faint"))
        for place in range(-(_DOTS // 2), _DOTS // 2 + 1):
            away = place * theme.px(6)
            at = QPointF(0, away) if upright else QPointF(away, 0)
            painter.drawEllipse(middle + at, theme.px(15) / 10, theme.px(15) / 10)
        painter.end()


class Splitter(QSplitter):
    """Its panels, which are cards, can be dragged shut and folded; what they stand round cannot."""

    def __init__(self, way: Qt.Orientation, parent: QWidget) -> None:
        super().__init__(way, parent)
        self._sizes: list[int] = []
        self._late: list[int] = []
        """Sizes that were wanted while it was out of view, where it may have another width."""
        self._zoom, self._at = theme.zoom(), dict[float, list[int]]()
        self.setChildrenCollapsible(False)
        self.setHandleWidth(theme.UNIT)

    def createHandle(self) -> QSplitterHandle:
        return Handle(self.orientation(), self)

    def add(self, part: QWidget, share: int) -> None:
        """Add a part that takes so much of the room that is left."""
        place = self.count()
        self.addWidget(part)
        self.setStretchFactor(place, share)
        self.setCollapsible(place, _is_panel(part))

    def panels(self) -> list[QWidget]:
        """What can be folded away."""
        parts = (self.widget(place) for place in range(self.count()))
        return [part for part in parts if part is not None and _is_panel(part)]

    def sizes(self) -> list[int]:
        """The sizes of the parts, while panels are folded away those of before."""
        return list(self._sizes) or list(self._late) or super().sizes()

    def setSizes(self, sizes: Sequence[int]) -> None:
        """As a hand or the settings want it; nothing that was wanted before comes later."""
        if sizes is not self._late:
            self._late = []
        super().setSizes(sizes)

    def fold(self, folded: bool) -> None:
        """Fold the panels away, or show them at their sizes of before."""
        if folded is bool(self._sizes):
            return
        before = self.sizes()
        self._sizes = before if folded else []
        for panel in self.panels():
            panel.setHidden(folded)
            for part in panel.findChildren(QWidget):
                part.updateGeometry()  # of another zoom, perhaps, than when it was hidden
        if not folded:
            self._put(before)
            if self._zoom != theme.zoom():
                self.follow_zoom()

    def follow_zoom(self) -> None:
        """Panels grow with what is in them, and have their sizes of before where they were once."""
        self.setHandleWidth(theme.UNIT)
        if self._sizes:
            return  # when they are shown again
        before, ratio = self.sizes(), theme.zoom() / self._zoom
        self._at[self._zoom], self._zoom = before, theme.zoom()
        wanted = list(before)
        for place in range(self.count()):
            if self.isCollapsible(place) and self.orientation() is Qt.Orientation.Horizontal:
                wanted[place] = round(before[place] * ratio)
        wanted = self._at.get(self._zoom, wanted)
        if sum(before):
            self._put(wanted)

    def _put(self, sizes: list[int]) -> None:
        if self.isVisible():
            self.setSizes(sizes)
        else:
            self._late = sizes

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._late:
            self.setSizes(self._late)
            QTimer.singleShot(0, self, self._late.clear)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._late and self.isVisible():  # it has been shown just now
            self.setSizes(self._late)


def _is_panel(part: QWidget) -> bool:
    return isinstance(part, QFrame) and part.property("card") is True
