"""Tool tips in lines that can be read: Qt breaks a plain one only where the screen ends."""

from __future__ import annotations

import textwrap
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QLabel, QProxyStyle, QWidget

LETTERS = 60
"""The length of a line, in letters."""
_LABEL = "QTipLabel"  # Qt's own class, which has no public name


def wrapped(text: str) -> str:
    """A plain text in lines of at most LETTERS, its own line breaks kept; rich text as it is."""
    if text.lstrip().startswith("<"):
        return text
    return "\n".join(textwrap.fill(line, LETTERS) for line in text.split("\n"))


class TipStyle(QProxyStyle):
    """Fusion, which sees every widget once before it is shown, and so every tool tip."""

    def __init__(self) -> None:
        super().__init__("Fusion")
        self._wrapping = _Wrapping(self)

    def polish(self, what: Any) -> Any:
        if isinstance(what, QLabel) and what.inherits(_LABEL):
            what.installEventFilter(self._wrapping)  # a second time changes nothing
        return super().polish(what)


class _Wrapping(QObject):
    """Breaks the lines of a tool tip when it comes, and when another text takes its place."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Resize) and isinstance(watched, QLabel):
            text = wrapped(watched.text())
            if text != watched.text():
                _show(watched, text)
        return False


def _show(label: QLabel, text: str) -> None:
    label.setWordWrap(False)
    label.setText(text)
    label.resize(label.sizeHint())
    label.move(_place(label, QCursor.pos()))


def _place(label: QWidget, cursor: QPoint) -> QPoint:
    """Where it was, unless it was pushed aside for a width that it no longer has, or ends below."""
    screen, at = label.screen().availableGeometry(), label.pos()
    if at.x() + label.width() < cursor.x():
        at.setX(min(cursor.x(), screen.right() - label.width()))
    if at.y() + label.height() > screen.bottom():
        at.setY(max(screen.top(), cursor.y() - label.height() - 4))
    return at
