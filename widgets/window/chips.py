"""The chips of the model picker: one per model, in the colour of its family, in lines that wrap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QSizePolicy, QWidget

from widgets.look import theme

HEIGHT = 28
_DOT = 10
_PAD, _GAP, _BETWEEN = 6, 4, 3
"""Round a chip's words, from dot to words, and between chips: ten fit beside the seed at 1280."""


@dataclass(frozen=True)
class Entry:
    """One model on offer; a `problem` (one sentence) makes it visible but not choosable."""

    name: str  # "mnist/vae"
    data: str  # "mnist"
    data_title: str  # "MNIST"
    title: str  # "VAE"
    family: str  # key of theme.family_colour
    tip: str
    problem: str = ""
    section: str = ""
    """The heading its data set stands under in the menu, such as "Pictures"."""


class Chip(QAbstractButton):
    """One model to switch on and off; `picked(name, alone)` asks, and the picker decides."""

    picked = Signal(str, bool)

    def __init__(self, entry: Entry, parent: QWidget) -> None:
        super().__init__(parent)
        self.entry = entry
        self.setText(entry.title)
        self.setCheckable(True)
        self.setEnabled(not entry.problem)
        self.setToolTip(entry.problem or entry.tip)
        self.setAccessibleName(f"Model {entry.title}")
        self.setAccessibleDescription(entry.problem or entry.tip)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clicked.connect(self._on_clicked)

    def nextCheckState(self) -> None:
        """Nothing: a click asks, so that the last chosen chip never blinks off and on."""

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(width + theme.px(_DOT + _GAP + 2 * _PAD), theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @Slot()
    def _on_clicked(self) -> None:
        shift = QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        self.picked.emit(self.entry.name, bool(shift))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        family = theme.family_colour(self.entry.family)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(self._line(family), 1.5))
        painter.setBrush(self._fill(family))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        painter.setPen(QPen(family, 2))
        painter.setBrush(family if self.isChecked() else Qt.BrushStyle.NoBrush)
        dot = theme.px(_DOT - 2) / 2
        painter.drawEllipse(QPointF(theme.px(_PAD + _DOT // 2), box.center().y()), dot, dot)
        painter.setPen(theme.colour("text" if self.isChecked() else "faint"))
        where = QRect(theme.px(_PAD + _DOT + _GAP), 0, self.width(), self.height())
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, self.text())
        if not self.isEnabled():
            # Struck out as well as pale: paleness alone reads as "not chosen".
            y = box.center().y() + 1
            width = self.fontMetrics().horizontalAdvance(self.text())
            painter.drawLine(QPointF(where.left(), y), QPointF(where.left() + width, y))
        painter.end()

    def _line(self, family: QColor) -> QColor:
        if self.hasFocus() or (self.isEnabled() and self.underMouse()):
            return theme.colour("accent")
        return family if self.isChecked() else theme.colour("line")

    def _fill(self, family: QColor) -> QColor:
        fill = theme.colour("raised")
        if self.isChecked():
            fill = theme.mix(fill, family, 0.16)
        return fill


class ChipRow(QWidget):
    """Chips from left to right, broken into further lines where the width ends."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.chips: list[Chip] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_entries(self, entries: Iterable[Entry]) -> None:
        """Show a chip for each entry, all unchecked."""
        for chip in self.chips:
            chip.hide()
            chip.deleteLater()
        self.chips = [Chip(entry, self) for entry in entries]
        for chip in self.chips:
            chip.show()
        self._place(self.width(), move=True)
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(width, move=False)

    def sizeHint(self) -> QSize:
        gap = theme.px(_BETWEEN)
        width = sum(chip.sizeHint().width() + gap for chip in self.chips)
        return QSize(max(0, width - gap), theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        widest = max((chip.sizeHint().width() for chip in self.chips), default=0)
        return QSize(widest, theme.px(HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place(self.width(), move=True)

    def _place(self, width: int, *, move: bool) -> int:
        """Walk through the lines, put the chips there if `move`, and return the height."""
        gap = theme.px(_BETWEEN)
        x, y, line = 0, 0, theme.px(HEIGHT)
        for chip in self.chips:
            size = chip.sizeHint()
            if x > 0 and x + size.width() > width:
                x, y = 0, y + line + gap
            if move:
                chip.setGeometry(QRect(QPoint(x, y), size))
            x += size.width() + gap
        return y + line
