"""A slider through the inside of a model, from noise to its density, that also plays by itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from widgets.controls.combo import Combo
from widgets.controls.slider import Slider
from widgets.look import lay, theme
from widgets.look.labels import small_print

STEPS = 40
FRAME_MS = 120


class TimeBar(QWidget):
    """`changed` when another model or another moment is wanted."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.models, self.slider = Combo(self), Slider(self)
        self.play = QPushButton("Play", self)
        self.step = QPushButton("Step", self)
        self.says = QLabel(self)
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._tick)
        self._waits = False
        self._dress()
        buttons = lay.across(self.play, self.step)
        lay.down(self.models, self.slider, buttons, self.says, on=self, spacing=theme.UNIT // 2)
        self.models.currentIndexChanged.connect(self._chosen)
        self.slider.valueChanged.connect(self.changed)
        self.slider.reset_wanted.connect(lambda: self.slider.setValue(STEPS))
        self.play.toggled.connect(self._play)
        self.step.clicked.connect(self._advance)
        self.set_models(())

    def _dress(self) -> None:
        self.slider.setRange(0, STEPS)
        self.slider.setValue(STEPS)
        self.slider.setAccessibleName("Moment")
        self.slider.setToolTip(
            "From pure noise on the left to the model's own density on the right. "
            "A double click goes to the end."
        )
        self.models.setAccessibleName("Look inside")
        self.models.setToolTip("The model to look into; its map shows the chosen moment.")
        self.play.setCheckable(True)
        self.play.setToolTip("Play from noise to density; click again to pause.")
        self.step.setToolTip("One step forward.")
        small_print(self.says, wrap=True)

    def set_models(self, names: Sequence[tuple[str, str]], reason: str = "") -> None:
        """Offer models, (name, title); none of them says the reason. What was chosen stays."""
        self.models.offer([("Nothing", ""), *((title, name) for name, title in names)])
        self.models.setEnabled(bool(names))
        self.says.setText("" if names else reason)
        self._enable()

    def chosen(self) -> str:
        """The model looked into, "" for none."""
        return str(self.models.currentData() or "")

    def place(self) -> float:
        """The moment, 0 … 1."""
        return self.slider.value() / STEPS

    def set_place(self, place: float) -> None:
        """Go to a moment."""
        self.slider.setValue(round(place * STEPS))

    def set_text(self, text: str) -> None:
        """Say what the moment is."""
        self.says.setText(text)

    def arrived(self) -> None:
        """The moment that was asked for is on show: playing may go on."""
        self._waits = False

    @Slot()
    def _chosen(self) -> None:
        self._enable()
        self.changed.emit()

    def _enable(self) -> None:
        live = bool(self.chosen())
        for widget in (self.slider, self.play, self.step):
            widget.setEnabled(live)
        if not live:
            self.play.setChecked(False)

    @Slot(bool)
    def _play(self, on: bool) -> None:
        self.play.setText("Pause" if on else "Play")
        self._waits = False
        if on:
            if self.slider.value() == STEPS:
                self.slider.setValue(0)
            self._timer.start()
        else:
            self._timer.stop()

    @Slot()
    def _tick(self) -> None:
        if self._waits:
            return
        if self.slider.value() == STEPS:
            self.play.setChecked(False)
        else:
            self._waits = True
            self._advance()

    @Slot()
    def _advance(self) -> None:
        self.slider.setValue(min(STEPS, self.slider.value() + 1))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.play.setChecked(False)
