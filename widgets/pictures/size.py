"""How large pictures are: one size for all galleries, by a slider or Ctrl and the wheel."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QWidget

from widgets.controls.slider import Slider
from widgets.look import theme

WIDTHS = (0, 28, 42, 56, 84, 112, 168, 224)
"""In device-independent pixels at 100 %; 0 is as large as there is room for all."""


class ThumbnailSize(QObject):
    """`changed` when galleries are to lie anew. One for the application, see `of`."""

    changed = Signal()

    def __init__(self, parent: QObject | None) -> None:
        super().__init__(parent)
        self._width = 0

    @staticmethod
    def of() -> ThumbnailSize:
        """The size in force, made when it is first asked for."""
        app = QCoreApplication.instance()
        found = app.findChild(ThumbnailSize) if app is not None else None
        return found or ThumbnailSize(app)

    def width(self) -> int:
        """One of WIDTHS."""
        return self._width

    def pixels(self) -> int:
        """The width at the zoom in force, 0 for as large as fits."""
        return theme.px(self._width)

    def set_width(self, width: int) -> None:
        """Take the nearest of WIDTHS."""
        nearest = min(WIDTHS, key=lambda each: abs(each - width))
        if nearest != self._width:
            self._width = nearest
            self.changed.emit()

    def step(self, by: int, shown: int) -> None:
        """The next larger (1) or smaller (-1); from "what fits" on from the width that is shown."""
        place = WIDTHS.index(self._width)
        if place == 0:
            near = min(WIDTHS[1:], key=lambda each: abs(theme.px(each) - shown))
            place = WIDTHS.index(near)
        self.set_width(WIDTHS[min(max(place + by, 0), len(WIDTHS) - 1)])


class SizeSlider(Slider):
    """At its left end pictures are as large as fits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = ThumbnailSize.of()
        self.setRange(0, len(WIDTHS) - 1)
        self.setPageStep(1)
        self.setFixedWidth(theme.px(96))
        self.setAccessibleName("Size of pictures")
        self.setToolTip(
            "Size of the pictures in every gallery; at the left end, or by a double click, as "
            "large as fits. Over a gallery: Ctrl and the wheel."
        )
        self.valueChanged.connect(lambda place: self._size.set_width(WIDTHS[place]))
        self.reset_wanted.connect(lambda: self.setValue(0))
        self._size.changed.connect(self._follow)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        with QSignalBlocker(self):
            self.setValue(WIDTHS.index(self._size.width()))
        self.update()
