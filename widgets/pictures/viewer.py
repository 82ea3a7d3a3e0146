"""The inspector's large view: one picture or one point, with the recipe that made it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from widgets.look import lay, theme
from widgets.look.images import Picture, image_of

Rows = Sequence[tuple[str, str]]

EMPTY = "Click a picture or a point to see it here, with the recipe that made it."


class Viewer(QWidget):
    """One picture as large as whole pixels allow, its recipe, and what can be done with it."""

    copy_wanted = Signal()
    copy_recipe_wanted = Signal()
    save_wanted = Signal()
    drag_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Rows = ()
        self._canvas = _Canvas(self)
        self._recipe = QLabel(self)
        self._copy = QPushButton("Copy picture", self)
        self._copy_recipe = QPushButton("Copy recipe", self)
        self._save = QPushButton("Save PNG…", self)
        self._build()
        self.clear()

    def _build(self) -> None:
        self._recipe.setTextFormat(Qt.TextFormat.RichText)
        self._recipe.setWordWrap(True)
        self._recipe.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._recipe.setAccessibleName("Recipe")
        self._recipe.setToolTip("The recipe: what made it, and what makes it again.")
        copies = lay.across(self._copy, self._copy_recipe)
        lay.down(self._canvas, self._recipe, copies, self._save, lay.STRETCH, on=self)
        self._copy.clicked.connect(self.copy_wanted)
        self._copy_recipe.clicked.connect(self.copy_recipe_wanted)
        self._save.clicked.connect(self.save_wanted)
        self._canvas.dragged.connect(self.drag_wanted)

    def show_picture(self, picture: Picture, rows: Rows, *, reason: str = "") -> None:
        """Show a uint8 (H, W, 3) picture and its recipe as (name, value) rows.

        A `reason` says why it cannot be copied or saved.
        """
        self._canvas.show_picture(picture)
        self._show_recipe(rows)
        self._offer(picture=not reason, recipe=not reason, reason=reason)

    def show_text(self, text: str, rows: Rows, *, thing: str = "point") -> None:
        """Show an example that is no picture in words, such as a point's coordinates."""
        self._canvas.show_text(text, large=True)
        self._show_recipe(rows)
        self._offer(picture=False, recipe=True, reason=f"A {thing} has no picture.")

    def clear(self) -> None:
        """Back to the friendly empty state."""
        self._canvas.show_text(EMPTY, large=False)
        self._show_recipe(())
        self._offer(picture=False, recipe=False, reason="Nothing is chosen yet.")

    def recipe_text(self) -> str:
        """The recipe as plain text, one "name: value" a line."""
        return "\n".join(f"{name}: {value}" for name, value in self._rows)

    def _show_recipe(self, rows: Rows) -> None:
        self._rows = tuple(rows)
        faint = theme.colour("faint").name()
        lines = (
            f'<tr><td style="color: {faint}; padding-right: {theme.UNIT}px">{escape(name)}</td>'
            f"<td>{escape(value)}</td></tr>"
            for name, value in rows
        )
        self._recipe.setText(f'<table cellspacing="2">{"".join(lines)}</table>')
        self._recipe.setVisible(bool(rows))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._show_recipe(self._rows)

    def _offer(self, *, picture: bool, recipe: bool, reason: str) -> None:
        for button, enabled, tip in (
            (self._copy, picture, "Copy the picture to the clipboard."),
            (self._save, picture, "Save the picture, with its recipe inside the file."),
            (self._copy_recipe, recipe, "Copy the recipe as text."),
        ):
            button.setEnabled(enabled)
            button.setToolTip(tip if enabled else f"{tip} {reason}")
        self._canvas.setToolTip("Drag the picture out to save it." if picture else "")


class _Canvas(QWidget):
    """The picture at the largest whole-number scale, or a few words in its place."""

    dragged = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._picture: Picture | None = None
        self._text = ""
        self._large = False
        self._pressed: QPoint | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(120, 120)

    def show_picture(self, picture: Picture) -> None:
        self._picture = picture.copy()
        self.setAccessibleName("Picture")
        self.update()

    def show_text(self, text: str, *, large: bool) -> None:
        self._picture, self._text, self._large = None, text, large
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 280)

    def heightForWidth(self, width: int) -> int:
        return width

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._picture is None:
            self._paint_text(painter)
            return
        unit = self.devicePixelRatioF()
        rows, columns = self._picture.shape[:2]
        room = min(self.width() * unit / columns, self.height() * unit / rows)
        scale = math.floor(room) if room >= 1 else 1 / math.ceil(1 / room)
        wide, high = int(columns * scale), int(rows * scale)
        x, y = int((self.width() * unit - wide) // 2), int((self.height() * unit - high) // 2)
        place = QRectF(x / unit, y / unit, wide / unit, high / unit)
        painter.drawImage(place, image_of(self._picture, wide))

    def _paint_text(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("well"))
        painter.drawRoundedRect(self.rect(), theme.RADIUS, theme.RADIUS)
        painter.setPen(theme.colour("text" if self._large else "faint"))
        if self._large:
            painter.setFont(theme.title_font(self.font()))
        inner = self.rect().adjusted(*(2 * theme.UNIT * s for s in (1, 1, -1, -1)))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(inner, flags, self._text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._picture is not None:
            self._pressed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        moved = (event.position().toPoint() - self._pressed).manhattanLength()
        if moved >= QApplication.startDragDistance():
            self._pressed = None
            self.dragged.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
