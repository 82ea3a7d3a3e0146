"""What colours stand for, in a line or two below a plot."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from widgets.look import theme
from widgets.look.labels import small_print

LINES = 2
"""More do not fit below a plot; the tool tip has them all."""


class Legend(QLabel):
    """A dot in its colour and a name, one after the other; hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[tuple[str, QColor], ...] = ()
        small_print(self, wrap=True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def set_entries(self, entries: Sequence[tuple[str, QColor]]) -> None:
        """Show these names and colours."""
        if tuple(entries) == self.entries:
            return
        self.entries = tuple(entries)
        # a name is not broken from its dot
        said = (
            f'<span style="color:{colour.name()}">●</span>&nbsp;{escape(name)}'.replace(
                " ", "&nbsp;"
            ).replace("span&nbsp;style", "span style")
            for name, colour in self.entries
        )
        self.setText("&ensp; ".join(said))
        self.setToolTip("Colours: " + ", ".join(name for name, _ in self.entries) + ".")
        self.setAccessibleName(self.toolTip())
        self.setVisible(bool(self.entries))
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != self.width():
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().lineSpacing()
        lines = -(-self.heightForWidth(max(self.width(), theme.px(120))) // line)
        return QSize(0, min(max(lines, 1), LINES) * line + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().lineSpacing())
