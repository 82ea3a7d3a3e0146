"""Tool bar, canvas and legend of a mask as one widget, ready to put into a tab."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QWidget

from widgets.look import lay, theme
from widgets.look.labels import ElidedLabel
from widgets.mask.canvas import MaskCanvas
from widgets.mask.tools import MaskTools

MEANING = "Painted = unknown"


class MaskEditor(QWidget):
    """`canvas` has the mask and its signals, `tools` asks for import and export."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = MaskCanvas(self)
        self.tools = MaskTools(self.canvas, self)
        self.meaning = QLabel(MEANING, self)
        self._sample = _Sample(self.canvas, self)
        self._facts = ElidedLabel(self)
        self._facts.setProperty("faint", True)
        self._facts.setAccessibleName("About the mask")
        self._facts.tip = "Share of unknown pixels, size of the picture, zoom."
        for label in (self.meaning, self._facts):
            label.setFont(theme.small_font(self.font()))
        legend = lay.across(self._sample, self.meaning, (self._facts, 1))
        lay.down(self.tools, (self.canvas, 1), legend, on=self)
        self.canvas.mask_shown.connect(self._show_facts)
        self.canvas.view_changed.connect(self._show_facts)
        self.canvas.overlay_changed.connect(self._sample.update)
        self._show_facts()

    def facts(self) -> str:
        """The line below the canvas: share, size and zoom."""
        return self._facts.text()

    @Slot()
    def _show_facts(self) -> None:
        canvas = self.canvas
        if not canvas.has_picture():
            self._facts.setText("")
            return
        rows, columns = canvas.picture_size()
        share, zoom = 100 * canvas.unknown_share(), 100 * canvas.zoom()
        self._facts.setText(f"{share:.1f} % unknown · {columns} × {rows} · {zoom:.0f} %")


class _Sample(QWidget):
    """A square in the colour of what is painted."""

    def __init__(self, canvas: MaskCanvas, parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(theme.UNIT + 4, theme.UNIT + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        colour: QColor = self._canvas.overlay_colour()
        colour.setAlphaF(self._canvas.overlay_opacity())
        painter.setPen(QPen(theme.colour("faint"), 1))
        painter.setBrush(colour)
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()
