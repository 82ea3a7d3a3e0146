"""The foot of the window: the jobs, the size of pictures, and the device."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget

from widgets.look import lay, theme
from widgets.pictures.size import SizeSlider
from widgets.queue.job_bar import JobBar


class Foot(QWidget):
    """`device` says on what models compute."""

    def __init__(self, bar: JobBar, parent: QWidget) -> None:
        super().__init__(parent)
        unit = theme.UNIT
        self.device, self.sizes = QLabel(self), SizeSlider(self)
        self.device.setProperty("faint", True)
        self.device.setToolTip("The device on which the models compute.")
        for part in (self.sizes, self.device):
            bar.append(part)
        lay.across((bar, 1), on=self, margins=(unit, 0, unit, unit))
