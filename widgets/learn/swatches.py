"""One coloured button for each class that points may be drawn in."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QWidget

from widgets.look import theme
from widgets.look.colours import CLASS_COLOURS

COUNT = len(CLASS_COLOURS)


class Swatch(QAbstractButton):
    """A disc in the colour of one class; ringed while it is chosen."""

    def __init__(self, label: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._ink = QColor(*CLASS_COLOURS[label])
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"Class {label + 1}")
        self.setToolTip(
            f"Draw points of class {label + 1}. Families learn the classes where that is ticked."
        )

    def sizeHint(self) -> QSize:
        return QSize(theme.px(theme.TARGET), theme.px(theme.TARGET))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        side = min(room.width(), room.height())
        disc = QRectF(0, 0, side, side)
        disc.moveCenter(room.center())
        if self.isChecked() or self.hasFocus():
            painter.setPen(QPen(theme.colour("accent" if self.hasFocus() else "text"), 1.8))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(disc)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._ink)
        shrink = 3.5 if self.isChecked() else 4.5
        painter.drawEllipse(disc.adjusted(shrink, shrink, -shrink, -shrink))


class Swatches(QWidget):
    """`chosen(i)` when another class is to be drawn."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for label in range(COUNT):
            button = Swatch(label, self)
            self._group.addButton(button, label)
            row.addWidget(button)
        row.addStretch(1)
        self._group.button(0).setChecked(True)
        self._group.idToggled.connect(self._tell)

    def button(self, label: int) -> Swatch:
        """The button of a class."""
        found = self._group.button(label)
        assert isinstance(found, Swatch)
        return found

    def _tell(self, label: int, on: bool) -> None:
        if on:
            self.chosen.emit(label)
