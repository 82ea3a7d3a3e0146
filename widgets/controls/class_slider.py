"""A slider over classes: the same code in every class, from "as encoded" on its left."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from widgets.controls.slider import Slider
from widgets.look import lay, theme

AS_ENCODED = "as encoded"


class ClassSlider(QWidget):
    """`moved` follows every step, `rested` the end of a drag. Without classes it is hidden."""

    moved = Signal()
    rested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self.title, self.slider = QLabel(self), Slider(self)
        self._scale = _Scale(self.slider, self)
        self.title.setFont(theme.small_font(self.font()))
        self.slider.setPageStep(1)
        self.slider.set_mark(0)
        self.slider.setAccessibleName("Class")
        self.slider.setToolTip(
            "Decode the same code as one class after another, in all rows. A double click decodes "
            "it as encoded."
        )
        lay.down(self.title, self.slider, self._scale, on=self, spacing=0)
        self.slider.valueChanged.connect(self._on_moved)
        self.slider.sliderReleased.connect(self.rested)
        self.slider.reset_wanted.connect(self.reset)
        self.set_classes((), None)

    def set_classes(self, names: tuple[str, ...], label: int | None) -> None:
        """Offer these classes and stand at one of them, or at "as encoded", silently."""
        self._names = names
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, len(names))
        self.set_label(label)
        self._scale.show_names(("–", *names))
        self.setVisible(bool(names))

    def set_label(self, label: int | None) -> None:
        """Stand at a class, or at "as encoded", silently."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(0 if label is None else label + 1)
        self._say()

    def label(self) -> int | None:
        """The class, None for that of the code itself."""
        return self.slider.value() - 1 if self.slider.value() else None

    @Slot()
    def reset(self) -> None:
        """Back to "as encoded"."""
        self.slider.setValue(0)

    def _say(self) -> None:
        label = self.label()
        self.title.setText(f"Class: {AS_ENCODED if label is None else self._names[label]}")

    @Slot()
    def _on_moved(self) -> None:
        self._say()
        self.moved.emit()
        if not self.slider.isSliderDown():
            self.rested.emit()


class _Scale(QWidget):
    """Names under the positions of a slider, as many as there is room for."""

    def __init__(self, slider: Slider, parent: QWidget) -> None:
        super().__init__(parent)
        self._slider = slider
        self._names: tuple[str, ...] = ()
        self.setFont(theme.small_font(self.font()))
        self.setFixedHeight(self.fontMetrics().height())

    def show_names(self, names: tuple[str, ...]) -> None:
        self._names = names
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme.colour("faint"))
        free = 0.0
        for position, name in enumerate(self._names):
            wide = self.fontMetrics().horizontalAdvance(name)
            left = min(max(0.0, self._slider.x_of(position) - wide / 2), self.width() - wide)
            if left >= free:
                painter.drawText(
                    QRectF(left, 0, wide + 1, self.height()), Qt.AlignmentFlag.AlignCenter, name
                )
                free = left + wide + theme.UNIT / 2
        painter.end()
