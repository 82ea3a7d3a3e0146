"""Bits per dimension of one picture under every model, before the histogram of the test set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from widgets.look import theme
from widgets.look.reading_row import ReadingRow
from widgets.look.specs import RowSpec

_BINS = 24


class Histogram(QWidget):
    """How values are spread, with a line where one of them is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: NDArray[np.float64] = np.empty(0)
        self._mark: float | None = None
        self._colour = theme.family_colour("")
        self.setFont(theme.small_font(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_family(self, family: str) -> None:
        self._colour = theme.family_colour(family)

    def show_values(self, values: NDArray[np.float64], mark: float | None) -> None:
        """The values of the test set, and that of the picture, None where it has none yet."""
        self._values, self._mark = values, mark
        known = "" if mark is None else f"; this picture has {mark:.3f}"
        self.setAccessibleDescription(f"Histogram of {len(values)} test pictures{known}")
        self.update()

    def ends(self) -> tuple[float, float] | None:
        """The lowest and highest value on the axis."""
        every = [*self._values.tolist(), *([] if self._mark is None else [self._mark])]
        if not every:
            return None
        low, high = min(every), max(every)
        pad = 0.05 * (high - low) or 0.1
        return low - pad, high + pad

    def sizeHint(self) -> QSize:
        return QSize(240, 7 * theme.UNIT)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 6 * theme.UNIT)

    def paintEvent(self, event: QPaintEvent) -> None:
        ends = self.ends()
        if ends is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = painter.fontMetrics().height()
        wide, foot = self.width() - 1.0, self.height() - line - 2.0
        low, high = ends
        if len(self._values):
            counts, _ = np.histogram(self._values, bins=_BINS, range=ends)
            tall = max(int(counts.max()), 1)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.mix(theme.colour("raised"), self._colour, 0.55))
            for place, count in enumerate(counts.tolist()):
                high_bar = (foot - 4) * count / tall
                left, step = place * wide / _BINS, wide / _BINS
                painter.drawRect(QRectF(left + 0.5, foot - high_bar, step - 1, high_bar))
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawLine(QPointF(0, foot), QPointF(wide, foot))
        if self._mark is not None:
            x = (self._mark - low) / (high - low) * wide
            painter.setPen(QPen(theme.colour("text"), theme.stroke(2)))
            painter.drawLine(QPointF(x, 0), QPointF(x, foot))
            painter.setBrush(theme.colour("text"))
            painter.drawPolygon(QPolygonF([QPointF(x - 4, 0), QPointF(x + 4, 0), QPointF(x, 6)]))
        painter.setPen(theme.colour("faint"))
        for text, flag in (
            (f"{low:.2f}", Qt.AlignmentFlag.AlignLeft),
            (f"{high:.2f}", Qt.AlignmentFlag.AlignRight),
        ):
            painter.drawText(QRectF(0, foot + 2, wide, line), flag, text.replace("-", "−"))


class ScoreRow(ReadingRow):
    """One model's number, what kind it is, and where it lies among the test pictures."""

    def __init__(self, spec: RowSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.histogram, self.number = Histogram(self), QLabel("–", self)
        self.histogram.set_family(spec.family)
        self.setAccessibleName(f"Numbers of {spec.title}")
        self._build(self.number, self.histogram)

    def show_number(self, text: str, kind: str, tip: str, says: str) -> None:
        """ "1.036 bits/dim", "exact", by which method, and more in small."""
        self.number.setText(text)
        self.number.setToolTip(tip)
        self.badge.set_standing(kind, tip)
        self.says.setText(says)
