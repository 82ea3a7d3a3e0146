"""New colours for what is seen, at once; for the rest when it is shown.

Setting a style sheet makes Qt resolve the rules of every widget again, the thousand hidden ones,
too. Here the sheet stays, since it names colours by their role in the palette, and only what it
has made of them is renewed.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget


class Restyling(QObject):
    """Renews the looks of widgets after the palette has changed. One for the application."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app

    def renew(self) -> None:
        """Give every window the colours of the palette in force."""
        for window in self._app.topLevelWidgets():
            self._renew_or_wait(window)

    def _renew_or_wait(self, widget: QWidget) -> None:
        if not widget.isVisible():
            widget.installEventFilter(self)  # a second time changes nothing
            return
        widget.style().polish(widget)
        widget.update()
        for child in widget.children():
            if isinstance(child, QWidget):
                self._renew_or_wait(child)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # its children count as visible by now, but nothing has been painted
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget):
            watched.removeEventFilter(self)
            self._renew_or_wait(watched)
        return False
