"""A few words that lie over a view, with two buttons after a failure."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

from widgets.look import lay, theme

WORDS_WIDTH = 200
"""Where the words begin to wrap, in device-independent pixels."""


class Notice(QFrame):
    """`details` and `retry` are the buttons.

    It asks for no room of its own: a word that passes must not make the window wider for good.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = parent
        self.setProperty("card", True)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.details = QPushButton("Details", self)
        self.details.setToolTip("Show the full report of what went wrong.")
        self.retry = QPushButton("Try again", self)
        self.retry.setToolTip("Do it once more with the same settings.")
        self._actions = (self.details, self.retry)
        buttons = lay.across(self.details, self.retry)
        lay.down(self._text, buttons, on=self, margins=2 * theme.UNIT, spacing=theme.UNIT + 4)
        parent.installEventFilter(self)

    def name_model(self, title: str) -> None:
        """Say whose buttons these are, for those who hear them read."""
        self.details.setAccessibleName(f"Details of {title}")
        self.retry.setAccessibleName(f"Try {title} again")

    def minimumSizeHint(self) -> QSize:
        buttons = [b.minimumSizeHint().width() for b in self._actions if not b.isHidden()]
        return QSize(sum(buttons) + (5 * theme.UNIT if buttons else 0), 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # while all is torn down other events still come, and no attribute is left to look at
        if event.type() is QEvent.Type.Resize:
            self._fit()
        return False

    def _fit(self) -> None:
        """Let the words wrap where they should, or where the view below ends."""
        text = self._text
        natural = text.fontMetrics().horizontalAdvance(text.text()) + theme.UNIT
        room = max(0, self._view.width() - 8 * theme.UNIT)
        text.setMinimumWidth(min(natural, theme.px(WORDS_WIDTH), room))

    def show_text(self, text: str, *, actions: bool) -> None:
        """Show a message, "" for none without actions."""
        self._text.setText(text)
        self._fit()
        self.details.setVisible(actions)
        self.retry.setVisible(actions)
        self.setVisible(bool(text) or actions)
        self.raise_()
