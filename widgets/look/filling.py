"""A card that has a whole page to itself for a while: to be read from the last row."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QBoxLayout, QFrame, QLayout, QVBoxLayout, QWidget

from widgets.look.splitter import Splitter


def ask(widget: QWidget) -> bool:
    """Have the window around `widget` give its card all the room; False where none does that."""
    above: QWidget | None = widget
    while above is not None:
        fill = getattr(above, "fill_with", None)
        if callable(fill):
            fill(widget)
            return True
        above = above.parentWidget()
    return False


def card_of(widget: QWidget | None) -> QWidget | None:
    """The card that a widget is on, None where it is on none that could fill its page.

    The panels beside the edges of a page are cards, too; but they say nothing alone.
    """
    while widget is not None and not widget.isWindow():
        if isinstance(widget, QFrame) and widget.property("card") is True:
            return None if isinstance(widget.parentWidget(), Splitter) else widget
        widget = widget.parentWidget()
    return None


def page_of(widget: QWidget | None) -> QWidget | None:
    """The page around a widget: what has panels beside each other, outermost."""
    found = None
    while widget is not None and not widget.isWindow():
        if splitter_of(widget) is not None:
            found = widget
        widget = widget.parentWidget()
    return found


def splitter_of(page: QWidget) -> Splitter | None:
    """The splitter that a page is laid out with."""
    return next((part for part in _parts(page.layout()) if isinstance(part, Splitter)), None)


def _parts(layout: QLayout | None) -> list[QWidget]:
    """The widgets that a page has below or beside each other."""
    if not isinstance(layout, QBoxLayout):
        return []
    items = (layout.itemAt(place) for place in range(layout.count()))
    parts = (item.widget() for item in items if item is not None)
    return [part for part in parts if part is not None]


class Filling(QObject):
    """`ended` when the card is back at its place, or gone."""

    ended = Signal()

    def __init__(self, card: QWidget, page: QWidget) -> None:
        super().__init__(page)
        self.card, self._page = card, page
        self._home, self._stand_in = _layout_of(card), QWidget(card.parentWidget())
        self._hidden: list[QWidget] = []
        self._room = QWidget(page)

    def begin(self) -> bool:
        """Take the card out of its place; False where it lies in none."""
        home, layout = self._home, self._page.layout()
        if home is None or not isinstance(layout, QBoxLayout):
            return False
        home.replaceWidget(self.card, self._stand_in)
        self._hidden = [part for part in _parts(layout) if not part.isHidden()]
        for part in self._hidden:
            part.hide()
        column = QVBoxLayout(self._room)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.card)
        layout.addWidget(self._room, 1)
        self._room.show()
        self.card.show()
        self.card.installEventFilter(self)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Hide and self.card.isHidden():
            QTimer.singleShot(0, self, self.end)  # its model has been closed
        return False

    @Slot()
    def end(self) -> None:
        """Put the card back, where it still is; done once."""
        if self._home is None:
            return
        home, self._home = self._home, None
        if shiboken6.isValid(self.card):
            self.card.removeEventFilter(self)
            if self._room.isAncestorOf(self.card) and not self.card.isHidden():
                home.replaceWidget(self._stand_in, self.card)
                self.card.show()
        for part in self._hidden:
            if shiboken6.isValid(part):
                part.show()
        for gone in (self._stand_in, self._room):
            gone.hide()
            gone.deleteLater()
        self.ended.emit()
        self.deleteLater()


def _layout_of(widget: QWidget) -> QLayout | None:
    """The layout, at whatever depth, that a widget lies in."""
    parent = widget.parentWidget()
    top = parent.layout() if parent is not None else None
    return _holder(top, widget) if top is not None else None


def _holder(layout: QLayout, widget: QWidget) -> QLayout | None:
    if layout.indexOf(widget) >= 0:
        return layout
    for place in range(layout.count()):
        item = layout.itemAt(place)
        inner = item.layout() if item is not None else None
        found = _holder(inner, widget) if inner is not None else None
        if found is not None:
            return found
    return None
