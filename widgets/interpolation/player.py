"""Where one is on a path: a slider for the hand, and a clock that moves it."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QSizePolicy, QWidget

from widgets.controls.combo import Combo
from widgets.controls.slider import Slider
from widgets.interpolation.easing import EASINGS, eased
from widgets.look import lay, theme
from widgets.look.glyphs import Glyph, GlyphButton

STEPS = 1000
TICK_MS = 16
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
SECONDS = 4.0
"""How long a path takes at speed 1."""


class Player(QWidget):
    """`moved(place)` follows hand and clock; `rested` the end of a move."""

    moved = Signal(float)
    rested = Signal()
    easing_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = Slider(self)
        self.play = GlyphButton(Glyph.PLAY, "Play", "Play along the path (Space).", self)
        self.loop, self.speed, self.easing = QCheckBox("Loop", self), Combo(self), Combo(self)
        self._label = QLabel(self)
        self._keys = 2
        self._clock, self._timer = QElapsedTimer(), QTimer(self)
        self._time = 0.0
        self._timer.setInterval(TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._dress()
        self._arrange()
        self.slider.valueChanged.connect(self._on_slid)
        self.slider.sliderReleased.connect(self.rested)
        self.slider.reset_wanted.connect(lambda: self.slider.setValue(0))
        self.play.clicked.connect(self.toggle)
        self.easing.currentIndexChanged.connect(self.easing_changed)

    def place(self) -> float:
        """Where one is, 0 … 1."""
        return self.slider.value() / STEPS

    def set_place(self, place: float) -> None:
        """Go to a place, silently."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(place * STEPS))
        self.slider.update()
        self._say()

    def set_keys(self, count: int) -> None:
        """How many end points the path has: with more than two, λ counts between neighbours."""
        self._keys = count
        self._say()

    def playing(self) -> bool:
        return self._timer.isActive()

    @Slot()
    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing():
            self.pause()
            return
        self._time = self.place() if self.easing.currentText() == "linear" else 0.0
        if self._time >= 1:
            self._time = 0.0
        self._clock.start()
        self._timer.start()
        self.play.set_glyph(Glyph.PAUSE)

    @Slot()
    def pause(self) -> None:
        """Stop the clock."""
        if self.playing():
            self._timer.stop()
            self.play.set_glyph(Glyph.PLAY)
            self.rested.emit()

    @Slot()
    def _tick(self) -> None:
        speed = float(self.speed.currentData())
        self._time += speed * self._clock.restart() / (1000 * SECONDS)
        if self._time >= 1 and self.loop.isChecked():
            self._time %= 1
        self.set_place(eased(min(1.0, self._time), self.easing.currentText()))
        self.moved.emit(self.place())
        if self._time >= 1:
            self.pause()

    @Slot()
    def _on_slid(self) -> None:
        if self.playing():
            self.pause()
        self._say()
        self.moved.emit(self.place())
        if not self.slider.isSliderDown():
            self.rested.emit()

    def _say(self) -> None:
        self._label.setText(words_of(self.place(), self._keys))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.pause()

    def _dress(self) -> None:
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 10)
        self.slider.setSingleStep(STEPS // 100)
        self.slider.setAccessibleName("λ")
        self.slider.setToolTip(
            "<qt>z = (1 − λ) z<sub>A</sub> + λ z<sub>B</sub>, or its great circle: λ = 0 is A, on "
            "the left; λ = 1 is B.</qt>"
        )
        self._label.setToolTip(self.slider.toolTip())
        self._label.setProperty("faint", True)
        # of one size, so that a new figure does not lay out the whole window anew
        metrics = self._label.fontMetrics()
        width = metrics.horizontalAdvance("λ = 0.000  (G … H)") + theme.UNIT
        self._label.setFixedSize(width, metrics.height())
        self.loop.setToolTip("Start again at the end.")
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip(f"Playing speed: at 1 × the path takes {SECONDS:g} seconds.")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g} ×", speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.easing.setAccessibleName("Easing")
        self.easing.setToolTip("Speed along the path, when playing and in exports.")
        self.easing.addItems(EASINGS)
        # in a narrow window its words are cut before the page has to scroll
        self.easing.setMinimumContentsLength(4)
        self.easing.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def _arrange(self) -> None:
        lay.across(
            self.play, (self.slider, 1), self._label, self.loop, self.speed, self.easing, on=self
        )


def words_of(place: float, keys: int) -> str:
    """A place 0 … 1 of a path through so many end points: "λ = 0.250  (B … C)"."""
    along = place * (keys - 1)
    k = min(int(along), keys - 2)
    a, b = (chr(ord("A") + end) for end in (k, k + 1))
    return f"λ = {along - k:.3f}  ({a} … {b})"
