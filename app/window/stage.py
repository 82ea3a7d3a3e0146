"""How the window is looked at: its zoom, full screen, one card alone, and presentation.

Presentation is for the fifth row: large type, thick lines, and nothing around the pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, QSize, Qt, Slot
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QApplication, QFrame, QMainWindow, QWidget

from app.session.session import Session
from app.window.tabs import Tabs
from widgets.look import filling, theme
from widgets.look.filling import Filling
from widgets.look.splitter import Splitter
from widgets.window.zoom import STEPS, Zoom, stepped

LARGER = 150
"""Per cent of the zoom in force that a presentation has."""
USUAL = 1280, 800
"""Of a first window."""
THICKER = 2.0
"""How much thicker the lines of plots are then."""


class Shown(Protocol):
    """What is asked of the window."""

    tabs: Tabs

    def around(self) -> tuple[QWidget, ...]:
        """What stands above and below the tabs."""


@dataclass(frozen=True)
class _Before:
    """What a presentation gives back."""

    percent: int
    full: bool
    panels: bool
    around: tuple[QWidget, ...]


def fitting(screen: QScreen) -> QSize:
    """The size of a first window: the usual one, or what the screen has beside its own bars."""
    room = screen.availableSize()
    return QSize(min(theme.px(USUAL[0]), room.width()), min(theme.px(USUAL[1]), room.height() - 40))


class Stage(QObject):
    """Acts on a window, and remembers what it looked like before."""

    def __init__(self, window: Shown, widget: QMainWindow, session: Session, percent: int) -> None:
        super().__init__(widget)
        self._window, self._widget = window, widget
        self.percent = min(max(percent, STEPS[0]), STEPS[-1])
        self._before: _Before | None = None
        self._filling: Filling | None = None
        self._panels = True
        self._zoom()
        # before any tab hears of it: the card that is alone goes back to its place first
        session.data_changed.connect(self._end_filling)
        session.models_changed.connect(self._end_filling)

    def begin(self) -> None:
        """The tabs are there."""
        self._window.tabs.currentChanged.connect(self._turned)

    @Slot()
    def _turned(self) -> None:
        self._end_filling()
        self.follow_page()

    # zoom

    def larger(self) -> None:
        self.set_percent(stepped(self.percent, 1))

    def smaller(self) -> None:
        self.set_percent(stepped(self.percent, -1))

    def usual(self) -> None:
        self.set_percent(100)

    def set_percent(self, percent: int) -> None:
        """Show everything at so many per cent of its usual size."""
        self.percent = percent
        self._zoom()

    def _zoom(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        if self._before is None:
            Zoom.of(app).set(self.percent)
        else:
            Zoom.of(app).set(self.percent * LARGER // 100, THICKER)

    # full screen

    def toggle_full(self) -> None:
        """Fill the screen, or give it back."""
        if self._widget.isFullScreen():
            self._leave_full()
        else:
            self._widget.showFullScreen()

    def _leave_full(self) -> None:
        self._widget.showNormal()

    # one card alone

    def fill_with(self, widget: QWidget | None) -> None:
        """Give the card of a widget all the room of its page, or end that."""
        if self._filling is not None:
            self._end_filling()
            return
        card, page = filling.card_of(widget), filling.page_of(widget)
        if card is None or page is None:
            return
        made = Filling(card, page)
        if made.begin():
            self._filling = made
            made.ended.connect(self._filled)

    def toggle_card(self) -> None:
        """The same for the card with the focus, else for the first one of the page."""
        if self._filling is not None:
            self._end_filling()
            return
        focus = QApplication.focusWidget()
        if filling.card_of(focus) is None:
            page = self._window.tabs.currentWidget()
            cards = page.findChildren(QWidget) if page is not None else []
            focus = next(
                (w for w in cards if w.isVisible() and filling.card_of(w) is not None), None
            )
        self.fill_with(focus)

    @Slot()
    def _filled(self) -> None:
        self._filling = None

    @Slot()
    def _end_filling(self) -> None:
        if self._filling is not None:
            self._filling.end()

    # panels

    def toggle_panels(self) -> None:
        """Fold away the panels beside the edges of every page, or show them."""
        self._set_panels(not self._panels)

    def _set_panels(self, shown: bool) -> None:
        self._panels = shown
        self._end_filling()
        self.follow_page()

    @Slot()
    def follow_page(self) -> None:
        """Panels of the pages in front are as they were on the one before."""
        for page in _pages(self._window.tabs.currentWidget()):
            if (splitter := filling.splitter_of(page)) is not None:
                splitter.fold(not self._panels)
            for head in _heads(page):
                head.setVisible(self._panels)

    # presentation

    def presenting(self) -> bool:
        return self._before is not None

    def toggle_presentation(self) -> None:
        """Show the pictures alone and large, or as before."""
        if self._before is not None:
            self._end_presentation()
            return
        around = tuple(part for part in self._window.around() if not part.isHidden())
        self._before = _Before(self.percent, self._widget.isFullScreen(), self._panels, around)
        for part in around:
            part.hide()
        self._set_panels(False)
        self._zoom()
        self._widget.showFullScreen()

    def _end_presentation(self) -> None:
        before, self._before = self._before, None
        if before is None:
            return
        self.set_percent(before.percent)
        if not before.full:
            self._leave_full()
        for part in before.around:
            part.show()
        self._set_panels(before.panels)

    def leave(self) -> bool:
        """End what lies over the usual window, one thing at a time; False where nothing does."""
        if self._filling is not None:
            self._end_filling()
        elif self._before is not None:
            self._end_presentation()
        else:
            return False
        return True


def _pages(tab: QWidget | None) -> list[QWidget]:
    """All that is laid out with panels in a tab, the hidden pages too; not what lies within one."""
    found = [] if tab is None else map(filling.page_of, tab.findChildren(Splitter))
    return list({id(page): page for page in found if page is not None}.values())


def _heads(page: QWidget) -> list[QWidget]:
    """The cards above or below the panels of a page."""
    parts = page.findChildren(QFrame, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [part for part in parts if part.property("card") is True]
