"""A few words that lie over a view, with two buttons after a failure."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from widgets import theme

WORDS_WIDTH = 200
"""Where the words begin to wrap, in device-independent pixels."""


class Notice(QFrame):
    """`details` and `retry` are the buttons."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.details = QPushButton("Details", self)
        self.details.setToolTip("Show the full report of what went wrong.")
        self.retry = QPushButton("Try again", self)
        self.retry.setToolTip("Do it once more with the same settings.")
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.UNIT)
        buttons.addWidget(self.details)
        buttons.addWidget(self.retry)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(2 * theme.UNIT,) * 4)
        layout.setSpacing(theme.UNIT + 4)
        layout.addWidget(self._text)
        layout.addLayout(buttons)

    def show_text(self, text: str, *, actions: bool) -> None:
        """Show a message, "" for none without actions."""
        self._text.setText(text)
        natural = self._text.fontMetrics().horizontalAdvance(text) + theme.UNIT
        self._text.setMinimumWidth(min(natural, WORDS_WIDTH))
        self.details.setVisible(actions)
        self.retry.setVisible(actions)
        self.setVisible(bool(text) or actions)
        self.raise_()
