"""A combo box in the look of the window, which the wheel passes by unless it has the focus."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from widgets.look import theme
from widgets.look.glyphs import SIZE, Glyph, draw


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

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(theme.UNIT, 0)

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
        centre = QPointF(self.width() - SIZE / 2 - theme.UNIT // 2, self.height() / 2)
        draw(painter, Glyph.DOWN, centre, ink)
        painter.end()
