"""Help → About: the version, the licences of what is shipped, and where things are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QLabel,
    QPushButton,
    QTextBrowser,
    QWidget,
)

from widgets.look import lay, theme
from widgets.look.labels import ElidedLabel


@dataclass(frozen=True)
class Place:
    """A folder that something is kept in: "Settings", its path."""

    title: str
    path: Path


class AboutDialog(QDialog):
    """`open_folder` is called with the folder whose button was pressed."""

    def __init__(
        self,
        version: str,
        licences: str,
        places: Sequence[Place],
        open_folder: Callable[[Path], object],
        parent: QWidget | None = None,
    ) -> None:
        """`licences` is Markdown."""
        super().__init__(parent)
        self.setWindowTitle("About Genscope")
        title = QLabel(f"Genscope {version}", self)
        title.setFont(theme.title_font(self.font()))
        says = QLabel(
            "Explore generative models by hand: every family side by side on the same data.", self
        )
        says.setWordWrap(True)
        self.licences = QTextBrowser(self)
        self.licences.setMarkdown(licences)
        self.licences.setAccessibleName("Licences")
        self.licences.setTabChangesFocus(True)
        self.buttons: dict[str, QPushButton] = {}
        grid = QGridLayout()
        grid.setSpacing(theme.UNIT)
        grid.setColumnStretch(1, 1)
        for row, place in enumerate(places):
            self._add(grid, row, place, open_folder)
        lay.down(title, says, grid, (self.licences, 1), on=self, margins=None)
        self.resize(720, 560)

    def _add(
        self, grid: QGridLayout, row: int, place: Place, open_folder: Callable[[Path], object]
    ) -> None:
        name, path = QLabel(place.title, self), ElidedLabel(self)
        path.setText(str(place.path))
        path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        path.setProperty("faint", True)
        button = QPushButton("Open folder", self)
        button.setAutoDefault(False)
        button.setAccessibleName(f"Open the folder of {place.title.lower()}")
        button.setToolTip(f"Show {place.path} in the file manager.")
        button.clicked.connect(lambda: open_folder(place.path))
        self.buttons[place.title] = button
        grid.addWidget(name, row, 0)
        grid.addWidget(path, row, 1)
        grid.addWidget(button, row, 2)
