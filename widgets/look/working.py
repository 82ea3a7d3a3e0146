"""What lies over a card that works: how far it is, how long it still takes, and its own stop."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from widgets.look import lay, theme
from widgets.look.eta import Eta, spell
from widgets.look.glyphs import Glyph, GlyphButton

PATIENCE_MS = 200
"""Work that ends sooner never shows: it needs no stop, and what flickers tells nothing."""
FINE = 1000
"""Parts that a share is counted in."""


class Working(QFrame):
    """In the lower right corner of a card while it is busy. `stop_wanted` follows the cross.

    It asks for no room: nothing moves when it comes or goes. `clock` gives seconds that never go
    back.
    """

    stop_wanted = Signal()

    def __init__(self, card: QWidget, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(card)
        self._card, self._clock = card, clock
        self._eta = Eta(clock)
        self._busy = False
        self.line: QWidget | None = None
        """Where the corner is taken: a label on whose right end it may lie instead."""
        self.setProperty("card", True)
        self.label = QLabel(self)
        self.label.setFont(theme.small_font(self.font()))
        self.label.setToolTip("How much of the work is done, and how long the rest will take.")
        self.stop = GlyphButton(Glyph.CROSS, "Stop", "Stop this work. What is shown stays.", self)
        half = theme.UNIT // 2
        lay.across(self.label, self.stop, on=self, margins=(theme.UNIT, 0, 0, 0), spacing=half)
        self._due = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._due.timeout.connect(self._appear)
        self.stop.clicked.connect(self.stop_wanted)
        card.installEventFilter(self)
        self.hide()

    def name_work(self, title: str) -> None:
        """Whose work it is, for those who hear it."""
        self.stop.setAccessibleName(f"Stop {title}")

    def show_work(self, busy: bool, share: float | None) -> None:
        """Busy or not; `share` (0 … 1) of the work is done, None where nobody knows."""
        if busy and not self._busy:
            self._eta = Eta(self._clock)
            self._eta.run()
            self._due.start()
        elif not busy and self._busy:
            self._due.stop()
            self.hide()
        self._busy = busy
        if busy and share is not None:
            self._eta.step(round(FINE * share))
        if busy:
            self._say(share)

    def _say(self, share: float | None) -> None:
        left = None if share is None else self._eta.remaining(FINE)
        parts = [] if share is None else [f"{100 * share:.0f} %"]
        parts += [] if left is None else [f"{spell(left)} left"]
        text = " · ".join(parts) or "working…"
        if text != self.label.text():
            self.label.setText(text)
            self._place()

    @Slot()
    def _appear(self) -> None:
        self.show()
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        """In the corner, above what else lies there."""
        if self.isHidden():
            return
        size, gap = self.sizeHint(), theme.UNIT // 2
        wide = min(size.width(), self._card.width() - 2 * gap)
        left, top = self._card.width() - wide - gap, self._card.height() - size.height() - gap
        if self.line is not None:
            place = self.line.geometry()
            left = max(0, place.right() - wide)
            top = max(0, place.center().y() - size.height() // 2)
        self.setGeometry(left, top, wide, size.height())
        self.raise_()
