"""The foot of the window: the jobs, the size of pictures, and the device."""

from __future__ import annotations

from PySide6.QtCore import Qt
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
        row = lay.across(
            (bar, 1),
            self.sizes,
            self.device,
            on=self,
            margins=(unit, 0, unit, unit),
            spacing=2 * unit,
        )
        for part in (self.sizes, self.device):
            part.setMinimumHeight(3 * unit)  # in line with the job bar, open or closed
            row.setAlignment(part, Qt.AlignmentFlag.AlignBottom)
