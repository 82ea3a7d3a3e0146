"""A picture of one's own beside what the model will see of it, before it is taken."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from widgets.controls.combo import Combo
from widgets.look import lay, theme
from widgets.look.images import Picture
from widgets.pictures.gallery import Gallery

SIDE = 240


class PictureDialog(QDialog):
    """`changed` follows the choices; whoever listens answers with `show_preview`."""

    changed = Signal()

    def __init__(
        self,
        name: str,
        picture: Picture,
        ways: tuple[str, ...],
        parent: QWidget,
        *,
        size: tuple[int, int],
    ) -> None:
        """`size` is the (H, W) of the file, of which `picture` may be a smaller copy."""
        super().__init__(parent)
        self.setWindowTitle(f"Use {name}")
        self.original, self.preview = _frame(self), _frame(self)
        self.ways, self.invert = Combo(self), QCheckBox("Invert", self)
        self.size_note = QLabel(self)
        self.ways.addItems(list(ways))
        self.ways.setAccessibleName("Fit")
        self.ways.setToolTip("How the picture is fitted to the size of the model.")
        self.invert.setToolTip(
            "Swap dark and bright: ink on paper becomes a bright digit on black."
        )
        self.original.put(0, picture[None])
        self._height, self._width = size
        self._arrange()
        self.ways.currentIndexChanged.connect(self.changed)
        self.invert.toggled.connect(self.changed)

    def show_preview(self, picture: Picture) -> None:
        """What the model will see, uint8 (H, W, 3)."""
        self.preview.put(0, picture[None])
        height, width = picture.shape[:2]
        self.size_note.setText(
            f"{self._width:,} × {self._height:,} pixels become {width} × {height}."
        )

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(theme.UNIT)
        for place, (title, view) in enumerate(
            (("The picture", self.original), ("What the model sees", self.preview))
        ):
            grid.addWidget(QLabel(title, self), 0, place, Qt.AlignmentFlag.AlignHCenter)
            grid.addWidget(view, 1, place)
        grid.addWidget(self.ways, 2, 0)
        grid.addWidget(self.invert, 2, 1)
        kind = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kind.Ok | kind.Cancel, self)
        take, leave = buttons.button(kind.Ok), buttons.button(kind.Cancel)
        assert isinstance(take, QPushButton)
        take.setText("Use")
        take.setToolTip("Use this picture.")
        leave.setToolTip("Keep the current picture.")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.size_note.setProperty("faint", True)
        lay.down(grid, self.size_note, buttons, on=self, margins=None)


def _frame(parent: QWidget) -> Gallery:
    view = Gallery(parent)
    view.set_count(1)
    view.setFixedSize(SIDE, SIDE)
    view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    view.setToolTip("")
    return view
