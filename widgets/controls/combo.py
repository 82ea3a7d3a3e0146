"""A combo box in the look of the window, which the wheel passes by unless it has the focus."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPointF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from widgets.look import theme
from widgets.look.glyphs import Glyph, draw, side

STAYS = object()
"""Stands for what is chosen by now."""


class Combo(QComboBox):
    """Draws its own chevron: under a style sheet Qt frames the arrow or leaves it out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setStyleSheet("QComboBox::drop-down { border: none; }")

    def refuse(self, place: int, reason: str) -> None:
        """Disable an item, with the reason as its tool tip."""
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        model.item(place).setEnabled(False)
        self.setItemData(place, reason, Qt.ItemDataRole.ToolTipRole)

    def offer(self, items: Iterable[tuple[str, object]], chosen: object = STAYS) -> None:
        """Offer these, each a title and its data, silently.

        What was chosen stays, or `chosen` is, where it is offered; else the first. A menu that
        offers just these is left as it is: it may be open.
        """
        before = self.currentData() if chosen is STAYS else chosen
        wanted = list(items)
        if wanted != [(self.itemText(i), self.itemData(i)) for i in range(self.count())]:
            with QSignalBlocker(self):
                self.clear()
                for title, data in wanted:
                    self.addItem(title, data)
        self.choose(before)

    def choose(self, data: object) -> None:
        """Choose what has this data, silently; the first where nothing has."""
        with QSignalBlocker(self):
            self.setCurrentIndex(max(0, self.findData(data)))

    def offered(self) -> list[object]:
        """The data of all that is offered."""
        return [self.itemData(place) for place in range(self.count())]

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(theme.UNIT, 0)

    def event(self, event: QEvent) -> bool:
        """Letters and digits choose an item; they are no keys of the window meanwhile."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            bare = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
            if bare and event.text().isalnum():
                event.accept()
                return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        ink = theme.colour("faint")
        if not self.isEnabled():
            ink.setAlpha(110)
        centre = QPointF(self.width() - side() / 2 - theme.UNIT // 2, self.height() / 2)
        draw(painter, Glyph.DOWN, centre, ink)
        painter.end()
