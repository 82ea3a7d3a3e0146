"""The end points of a path as a row of buttons: A, B and more, one of them chosen."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from widgets.look import lay, theme
from widgets.look.images import Picture, image_of

MOST = 8
ICON = 48


class KeyStrip(QWidget):
    """`chosen(k)` follows a click; `added` and `removed` the buttons at the end."""

    chosen = Signal(int)
    added = Signal()
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: list[QPushButton] = []
        self._current = 0
        self._row = lay.across(on=self, spacing=theme.UNIT // 2)
        self.add, self.remove = QPushButton("+", self), QPushButton("−", self)
        for button, name, tip in (
            (self.add, "Add a keyframe", f"Add a picture at the end of the path (at most {MOST})."),
            (self.remove, "Remove the keyframe", "Remove the chosen picture from the path."),
        ):
            button.setAccessibleName(name)
            button.setToolTip(tip)
            button.setFixedWidth(4 * theme.UNIT)
            self._row.addWidget(button)
        self.add.clicked.connect(self.added)
        self.remove.clicked.connect(self.removed)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_keys(self, pictures: tuple[Picture | None, ...], titles: tuple[str, ...]) -> None:
        """Show so many end points; None for those that are no pictures."""
        while len(self._keys) > len(pictures):
            gone = self._keys.pop()
            self._row.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        while len(self._keys) < len(pictures):
            self._append()
        for button, picture, title in zip(self._keys, pictures, titles, strict=True):
            button.setToolTip(f"{title}. Click to choose it; then change it on the right.")
            icon = QIcon() if picture is None else QIcon(QPixmap.fromImage(_enlarged(picture)))
            button.setIcon(icon)
        self.add.setEnabled(len(pictures) < MOST)
        self.remove.setEnabled(len(pictures) > 2)
        self.set_current(min(self._current, len(pictures) - 1))

    def _append(self) -> None:
        place = len(self._keys)
        button = QPushButton(letter(place), self)
        button.setCheckable(True)
        button.setAccessibleName(f"End point {letter(place)}")
        button.setIconSize(QSize(theme.px(ICON), theme.px(ICON)))
        button.clicked.connect(lambda: self._choose(place))
        self._row.insertWidget(place, button)
        self._keys.append(button)

    def _choose(self, place: int) -> None:
        self.set_current(place)
        self.chosen.emit(place)

    def set_current(self, place: int) -> None:
        """Choose an end point, silently."""
        self._current = max(0, place)
        for k, button in enumerate(self._keys):
            button.setChecked(k == self._current)

    def current(self) -> int:
        return self._current

    def button(self, place: int) -> QPushButton:
        """The button of an end point; tests and tours point at it."""
        return self._keys[place]


def letter(place: int) -> str:
    """A, B, …"""
    return chr(ord("A") + place)


def _enlarged(picture: Picture) -> QImage:
    image = image_of(picture, picture.shape[1])
    return image.scaled(2 * ICON, 2 * ICON)
