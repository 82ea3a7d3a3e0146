"""One draw after the other in the inspector's large view, and the picture itself for comparison."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QLabel, QWidget

from widgets.controls.slider import Slider
from widgets.look import lay
from widgets.look.images import Picture
from widgets.look.labels import small_print
from widgets.pictures.viewer import Rows, Viewer


class Flip(QWidget):
    """A viewer with a slider below: `moved(i)` when the hand goes to draw i."""

    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewer = Viewer(self)
        self.slider = Slider(self)
        self._place = QLabel(self)
        self._shown: tuple[Picture, Rows, str] | None = None
        self._source: Picture | None = None
        self.slider.setAccessibleName("Sample")
        self.slider.setToolTip(
            "Step through the samples of the chosen row. Hold O for the picture."
        )
        small_print(self._place)
        row = lay.across((self.slider, 1), self._place)
        lay.down(row, self.viewer, on=self)
        self.slider.valueChanged.connect(self.moved)
        self.clear()

    def show_draw(
        self, picture: Picture, rows: Rows, place: int, count: int, *, reason: str = ""
    ) -> None:
        """Show draw `place` of `count` with its recipe; a `reason` says why it cannot be saved."""
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, count - 1)
            self.slider.setValue(place)
        self.slider.update()
        self.slider.setEnabled(count > 1)
        self._place.setText(f"{place + 1} of {count}")
        self._shown = picture, rows, reason
        self._paint()

    def show_summary(self, picture: Picture, title: str, rows: Rows) -> None:
        """Show the picture itself, the mean or the deviation large, with what there is to say."""
        self._place.setText(title)
        self._shown = picture, rows, "This is not a sample: choose one."
        self._paint()

    def clear(self) -> None:
        """Back to the empty state."""
        self._shown = None
        self._place.setText("")
        self.slider.setEnabled(False)
        self.viewer.clear()

    def compare(self, source: Picture | None) -> None:
        """Show the picture itself in place of the draw, None to go back."""
        self._source = source
        self._paint()

    def _paint(self) -> None:
        if self._shown is None:
            return
        picture, rows, reason = self._shown
        shown = picture if self._source is None else self._source
        self.viewer.show_picture(shown, rows, reason=reason)
