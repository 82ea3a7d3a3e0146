"""The "?" beside a control: two sentences and a formula by hovering, the glossary by a click."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLabel, QToolTip, QWidget

from widgets.look import lay, theme
from widgets.look.explain import explain


class HelpMark(QAbstractButton):
    """A small ring with a question mark; its tool tip is the explanation.

    A click, or Space, opens the glossary at `term`; where that has no entry, it shows the tool tip.
    `about` is what it stands beside, where that is something else.
    """

    def __init__(
        self, text: str, term: str = "", parent: QWidget | None = None, *, about: str = ""
    ) -> None:
        super().__init__(parent)
        self.term = term
        self.setToolTip(text)
        self.setAccessibleName(f"What is this? {about or term}".rstrip())
        self.setAccessibleDescription(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.WhatsThisCursor)
        self.clicked.connect(self._tell)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(theme.TARGET), theme.px(theme.TARGET))

    @Slot()
    def _tell(self) -> None:
        if not explain(self, self.term):
            below = self.mapToGlobal(QPoint(0, self.height()))
            QToolTip.showText(below, self.toolTip(), self)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        live = self.underMouse() or self.hasFocus()
        ink = theme.colour("accent" if live else "faint")
        painter.setPen(QPen(ink, 1.2))
        side = min(self.width(), self.height(), 2 * theme.UNIT) - 2
        left, top = (self.width() - side) / 2, (self.height() - side) / 2
        painter.drawEllipse(round(left), round(top), round(side), round(side))
        painter.setFont(theme.small_font(self.font()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "?")


def explained(text: str, explanation: str, term: str = "", *, above: int = 0) -> QWidget:
    """A heading with its "?", which leads to `term` in the glossary, or to the heading's own.

    `above` is the room above it.
    """
    holder = QWidget()
    label = QLabel(text, holder)
    label.setFont(theme.title_font(holder.font()))
    mark = HelpMark(explanation, term or text, about=text)
    lay.across(
        label, mark, lay.STRETCH, on=holder, margins=(0, above, 0, 0), spacing=theme.UNIT // 2
    )
    return holder
