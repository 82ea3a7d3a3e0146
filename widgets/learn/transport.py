"""Time in the tab Learn: play and pause, single steps, speed, and the slider back through it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from widgets.controls.combo import Combo
from widgets.controls.slider import Slider
from widgets.learn.line import Line
from widgets.look import theme
from widgets.look.glyphs import Glyph, GlyphButton

PLACES = 400
SPEEDS = ((0, "Full speed"), (10, "10 a second"), (2, "2 a second"))
"""Steps a second of every learner, 0 for as many as there can be."""
FAIRS = (("time", "Equal time"), ("examples", "Equal examples"))
_BURSTS = ((1, "+1", "One step of every learner."), (10, "×10", ""), (100, "×100", ""))


class Transport(QWidget):
    """`play_toggled(on)`, `burst_wanted(steps)`, `rewind_wanted`, `scrubbed` when another moment is
    to be seen, `go_on_wanted` from that moment, `shared_otherwise` for speed and fairness.
    """

    play_toggled = Signal(bool)
    burst_wanted = Signal(int)
    rewind_wanted = Signal()
    scrubbed = Signal()
    go_on_wanted = Signal()
    shared_otherwise = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.play = QPushButton("Play", self)
        self.bursts: dict[int, QPushButton] = {}
        self.speed, self.fair, self.slider = Combo(self), Combo(self), Slider(self)
        self.rewind = GlyphButton(
            Glyph.RESET,
            "Rewind all",
            "Every learner back to its initial weights, the same bit by bit.",
            self,
            framed=True,
        )
        self.says = Line(self, right=True)
        self.go_on = QPushButton("Go on from here", self)
        self._dress()
        self._build()
        self.play.toggled.connect(self._toggle)
        self.rewind.clicked.connect(self.rewind_wanted)
        self.slider.valueChanged.connect(self._scrub)
        self.slider.reset_wanted.connect(self.to_now)
        self.go_on.clicked.connect(self.go_on_wanted)
        self.speed.currentIndexChanged.connect(self.shared_otherwise)
        self.fair.currentIndexChanged.connect(self.shared_otherwise)
        self.set_moment("")

    def _dress(self) -> None:
        self.play.setCheckable(True)
        self.play.setProperty("primary", True)
        self.play.setToolTip("Let all learners go on; click again to pause (Ctrl+Enter, Esc).")
        for steps, text, tip in _BURSTS:
            button = QPushButton(text, self)
            button.setToolTip(tip or f"{steps} steps of every learner.")
            button.setAccessibleName(f"{steps} step{'s' * (steps > 1)}")
            button.clicked.connect(lambda _=False, steps=steps: self.burst_wanted.emit(steps))
            self.bursts[steps] = button
        for steps, text in SPEEDS:
            self.speed.addItem(text, steps)
        for combo in (self.speed, self.fair):  # a narrow window has room for them
            combo.setMinimumContentsLength(6)
            combo.setSizeAdjustPolicy(combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("How fast learners go on while they play, in steps of each.")
        for name, text in FAIRS:
            self.fair.addItem(text, name)
        self.fair.setAccessibleName("What is shared equally")
        self.fair.setToolTip(
            "What all learners have equally much of: processor time, or examples seen. Equal "
            "examples flatter families with costly steps, equal time those with cheap ones."
        )
        self.slider.setRange(0, PLACES)
        self.slider.setValue(PLACES)
        self.slider.setAccessibleName("Moment")
        self.slider.setToolTip(
            "Back through the moments that are kept: what was shown then, exactly. "
            "A double click comes back to now."
        )
        self.says.tip = (
            "The moment on show, on the axis that learners share: seconds of processor time of "
            "each learner, or examples seen."
        )
        self.go_on.setToolTip(
            "Let every learner go back to its last kept moment before this one. What came later "
            "is forgotten; going on gives the same again."
        )

    def _build(self) -> None:
        unit = theme.UNIT
        first, second, column = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        for row in (first, second):
            row.setSpacing(unit // 2)
        first.addWidget(self.play)
        for button in self.bursts.values():
            first.addWidget(button)
        first.addStretch(1)
        first.addWidget(self.speed)
        first.addWidget(self.fair)
        second.addWidget(self.rewind)
        second.addWidget(self.slider, 1)
        second.addWidget(self.says)
        second.addWidget(self.go_on)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit // 2)
        column.addLayout(first)
        column.addLayout(second)
        self.says.setFixedWidth(11 * unit)

    def set_playing(self, playing: bool) -> None:
        """Show whether learners go on, without a signal."""
        with QSignalBlocker(self.play):
            self.play.setChecked(playing)
        self.play.setText("Pause" if playing else "Play")

    @Slot(bool)
    def _toggle(self, on: bool) -> None:
        self.play.setText("Pause" if on else "Play")
        if on:
            self.to_now()
        self.play_toggled.emit(on)

    def place(self) -> float | None:
        """The moment to be seen as a share of the time so far; None: now."""
        value = self.slider.value()
        return None if value == PLACES else value / PLACES

    @Slot()
    def to_now(self) -> None:
        """Come back to now."""
        self.slider.setValue(PLACES)

    @Slot()
    def _scrub(self) -> None:
        self.go_on.setEnabled(self.place() is not None)
        self.scrubbed.emit()

    def set_moment(self, text: str) -> None:
        """Say which moment is on show."""
        self.says.setText(text or "now")
        self.go_on.setEnabled(self.place() is not None)

    def steps_a_second(self) -> int:
        """The speed asked for; 0: as fast as can be."""
        return int(self.speed.currentData())
