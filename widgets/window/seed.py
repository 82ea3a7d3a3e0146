"""The seed of every draw: a field, a dice, a lock, and the way back to earlier seeds."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, QSize, Signal, Slot
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QLabel, QWidget

from widgets.controls.number import NumberBox
from widgets.look import lay, theme
from widgets.look.glyphs import Glyph, GlyphButton

LARGEST = 2**32 - 1
REMEMBERED = 50

_DICE = "Choose a random seed."
_DICE_LOCKED = "The seed is locked. Unlock it to choose another."
_BACK = "Previous seed. The last 50 are kept."
_BACK_EMPTY = "There is no previous seed."


class SeedBox(NumberBox):
    """Whole numbers from 0 to 2³² − 1; a QSpinBox ends at 2³¹ − 1, a double is exact to 2⁵³."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDecimals(0)
        self.setRange(0, LARGEST)
        self.setAccessibleName("Seed")
        self.setToolTip(
            "The same seed gives the same pictures. Arrow keys move by 1, page keys by 1000."
        )

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Digits only, but blanks around a pasted seed are forgiven."""
        digits = text.strip()
        if not digits:
            return QValidator.State.Intermediate, text, position
        if digits.isascii() and digits.isdigit() and int(digits) <= LARGEST:
            return QValidator.State.Acceptable, digits, min(position, len(digits))
        return QValidator.State.Invalid, text, position

    def stepBy(self, steps: int) -> None:
        """Ten steps are what a page key asks for, and ten seeds would not be worth a key."""
        super().stepBy(steps * 100 if abs(steps) == 10 else steps)

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        width = self.fontMetrics().horizontalAdvance("0" * 10) + 2 * theme.UNIT
        return QSize(width, hint.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class SeedField(QWidget):
    """The seed and its controls; `changed` tells every change except those by `set_value`.

    `draw` gives a random seed in 0 … 2³² − 1; tests pass their own.
    """

    changed = Signal(object)  # an int; Signal(int) would wrap beyond 2³¹ − 1

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        draw: Callable[[], int] = lambda: secrets.randbelow(LARGEST + 1),
    ) -> None:
        super().__init__(parent)
        self._draw = draw
        self._past: deque[int] = deque(maxlen=REMEMBERED)
        self._value = 0
        self.box = SeedBox(self)
        self.dice = GlyphButton(Glyph.DICE, "Random seed", _DICE, self, framed=True)
        self.lock = GlyphButton(
            Glyph.UNLOCK,
            "Lock the seed",
            "Lock the seed: the dice does not change it.",
            self,
            framed=True,
        )
        self.lock.setCheckable(True)
        self.back = GlyphButton(Glyph.BACK, "Previous seed", _BACK_EMPTY, self, framed=True)
        self.back.setEnabled(False)
        self._arrange()
        self.box.valueChanged.connect(self._on_edited)
        self.dice.clicked.connect(self._on_dice)
        self.lock.toggled.connect(self._on_locked)
        self.back.clicked.connect(self._on_back)

    def value(self) -> int:
        return self._value

    def set_value(self, seed: int, *, remember: bool = True) -> None:
        """Take `seed` without a signal, and remember the one before it for the way back.

        Raises ValueError outside 0 … 2³² − 1.
        """
        if not 0 <= seed <= LARGEST:
            raise ValueError(f"seed {seed} is not in 0 … {LARGEST}")
        if seed != self._value:
            if remember:
                self._past.append(self._value)
            self._show(seed)

    def locked(self) -> bool:
        return self.lock.isChecked()

    def set_locked(self, locked: bool) -> None:
        self.lock.setChecked(locked)

    def _move_to(self, seed: int) -> None:
        if seed != self._value:
            self.set_value(seed)
            self.changed.emit(seed)

    def _show(self, seed: int) -> None:
        self._value = seed
        with QSignalBlocker(self.box):
            self.box.setValue(seed)
        self.back.setEnabled(bool(self._past))
        self.back.setToolTip(_BACK if self._past else _BACK_EMPTY)

    @Slot(float)
    def _on_edited(self, value: float) -> None:
        self._move_to(int(value))

    @Slot()
    def _on_dice(self) -> None:
        self._move_to(self._draw())

    @Slot()
    def _on_back(self) -> None:
        # The seed one leaves is dropped, so that pressing again goes further back.
        self._show(self._past.pop())
        self.changed.emit(self._value)

    @Slot(bool)
    def _on_locked(self, locked: bool) -> None:
        self.lock.set_glyph(Glyph.LOCK if locked else Glyph.UNLOCK)
        self.dice.setEnabled(not locked)
        self.dice.setToolTip(_DICE_LOCKED if locked else _DICE)

    def _arrange(self) -> None:
        label = QLabel("Seed", self)
        label.setBuddy(self.box)
        label.setProperty("faint", True)
        row = lay.across(label, on=self, spacing=theme.UNIT // 2)
        row.addSpacing(theme.UNIT // 2)
        for control in (self.box, self.dice, self.lock, self.back):
            row.addWidget(control)
