"""A field for one number: typing counts when it is entered, the wheel only where the focus is."""

from __future__ import annotations

from PySide6.QtCore import QLocale, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QValidator, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QToolTip, QWidget

from widgets.look import theme


class NumberBox(QDoubleSpinBox):
    """A spin box without arrows, which the arrow and page keys still step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLocale(QLocale.c())
        # Typing "123" must not draw with 1 and 12 on the way.
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # ButtonSymbols.NoButtons would do, but under a style sheet Qt 6.11 then gives the text
        # a width of one pixel.
        self.setStyleSheet(
            "QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }"
        )
        margin = theme.UNIT - 2
        self.lineEdit().setTextMargins(margin, 0, margin, 0)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """A number beyond the range may be typed: it counts as the nearest that is taken."""
        state, text, position = super().validate(text, position)
        if state is QValidator.State.Invalid and self._number(text) is not None:
            state = QValidator.State.Acceptable
        return state, text, position

    def valueFromText(self, text: str) -> float:
        number = self._number(text)
        if number is None:
            return super().valueFromText(text)
        return min(max(number, self.minimum()), self.maximum())

    def _number(self, text: str) -> float | None:
        """The number typed, None where it is none or has too many digits after the point."""
        whole, _, part = text.strip().lstrip("-").partition(".")
        digits = (whole + part).isascii() and (whole + part).isdigit()
        return float(text) if digits and len(part) <= self.decimals() else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A key or a paste that the field refuses is answered by what it takes."""
        before = self._typed()
        super().keyPressEvent(event)
        wrote = bool(event.text()) and event.text().isprintable()
        pasted = event.matches(QKeySequence.StandardKey.Paste)
        if (wrote or pasted) and before == self._typed():
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height() // 2)), self.taken(), self)

    def _typed(self) -> tuple[str, int, str]:
        line = self.lineEdit()
        return line.text(), line.cursorPosition(), line.selectedText()

    def taken(self) -> str:
        """One sentence on what the field takes."""
        low, high, digits = self.minimum(), self.maximum(), self.decimals()
        kind = "Numbers" if digits else "Whole numbers"
        return f"{kind} from {low:,.{digits}f} to {high:,.{digits}f}."

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
