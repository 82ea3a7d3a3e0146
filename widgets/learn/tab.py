"""The tab Learn: points on the left, learners in the middle, the chosen one on the right."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QStackedLayout, QWidget

from widgets.learn.bench import Bench
from widgets.learn.data_panel import DataPanel
from widgets.learn.inspector import Inspector
from widgets.look import lay, theme
from widgets.look.frames import DropFrame, card, scrolled

LEFT_WIDTH, RIGHT_WIDTH = 248, 276
TABLES = (".csv", ".tsv", ".txt")


class LearnTab(QWidget):
    """`entered` and `left` when the tab comes into view and goes; `dropped(path)` a table."""

    entered = Signal()
    left = Signal()
    dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data, self.bench, self.inspector = DataPanel(self), Bench(self), Inspector(self)
        self.nothing = QLabel(self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setProperty("faint", True)
        self.nothing.setWordWrap(True)
        self._drop = DropFrame(self)
        unit = theme.UNIT
        self._body = QWidget(self)
        self.splitter = lay.split(
            self._body,
            (card(scrolled(self.data), least=LEFT_WIDTH), 0),
            (self.bench, 1),
            (card(scrolled(self.inspector), least=RIGHT_WIDTH), 0),
            sizes=(LEFT_WIDTH, 3 * RIGHT_WIDTH, RIGHT_WIDTH),
        )
        lay.across(self.splitter, on=self._body, margins=unit)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self._body)

    def show_body(self) -> None:
        """Show the tab itself."""
        self._stack.setCurrentWidget(self._body)

    def show_reason(self, text: str) -> None:
        """Say why there is nothing to see."""
        self.nothing.setText(text)
        self._stack.setCurrentWidget(self.nothing)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(path.suffix.lower() in TABLES for path in _paths(event)):
            event.acceptProposedAction()
            self._drop.offer()
        else:
            event.ignore()  # the window takes pictures

    def dropEvent(self, event: QDropEvent) -> None:
        for path in _paths(event):
            if path.suffix.lower() in TABLES:
                event.acceptProposedAction()
                self.dropped.emit(path)
                return

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.entered.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.left.emit()


def _paths(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
