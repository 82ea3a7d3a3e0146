"""p(class | picture) of every model: a row of bars each, in its family's colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.look import theme
from widgets.look.labels import ElidedLabel
from widgets.look.reading_row import ReadingRow
from widgets.look.specs import RowSpec


class ClassBars(QWidget):
    """A bar for each class, from 0 to 1; stale ones are pale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.p: NDArray[np.float64] = np.empty(0)
        self._names: tuple[str, ...] = ()
        self._stale = False
        self._colour = theme.family_colour("")
        self.setFont(theme.small_font(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_family(self, family: str) -> None:
        self._colour = theme.family_colour(family)

    def show_classes(self, names: Sequence[str], p: NDArray[np.float64]) -> None:
        """p(c | x) of these classes; nothing for an empty array."""
        self._names, self.p, self._stale = tuple(names), p, False
        said = ", ".join(f"{n}: {v:.3f}" for n, v in zip(names, p.tolist(), strict=False))
        self.setAccessibleDescription(said)
        self.setToolTip(said.replace(", ", "\n"))
        self.update()

    def set_stale(self, stale: bool) -> None:
        """Whether what is shown is of an earlier picture."""
        self._stale = stale
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 8 * theme.UNIT)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 7 * theme.UNIT)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not len(self.p):
            return
        painter = QPainter(self)
        line = painter.fontMetrics().height()
        foot, step = self.height() - line - 2.0, self.width() / len(self.p)
        top, raised = int(self.p.argmax()), theme.colour("raised")
        for place, share in enumerate(self.p.tolist()):
            well = QRectF(place * step + 2, 2, step - 4, foot - 2)
            painter.fillRect(well, theme.mix(raised, theme.colour("well"), 0.7))
            bar = QRectF(well.left(), foot - (foot - 2) * share, well.width(), (foot - 2) * share)
            strong = 0.35 if self._stale else 1.0 if place == top else 0.65
            painter.fillRect(bar, theme.mix(raised, self._colour, strong))
            painter.setPen(theme.colour("text" if place == top else "faint"))
            text = QRectF(place * step, foot + 2, step, line)
            name = painter.fontMetrics().elidedText(
                self._names[place], Qt.TextElideMode.ElideRight, int(step)
            )
            painter.drawText(text, Qt.AlignmentFlag.AlignHCenter, name)


class ClassRow(ReadingRow):
    """One model's reading of the picture: the class, how sure it is, and where from."""

    def __init__(self, spec: RowSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.bars, self.read = ClassBars(self), ElidedLabel(self)
        self.bars.set_family(spec.family)
        self.setAccessibleName(f"Classes by {spec.title}")
        self._build(self.read, self.bars)

    def show_read(self, text: str, says: str, tip: str) -> None:
        """ "3, p = 0.982", and in small what else is known of it."""
        self.read.setText(text)
        self.says.setText(says)
        self.says.setToolTip(tip or says)
