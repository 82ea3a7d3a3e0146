"""Draws of one number beside densities of it: a histogram, the model's curve and the true one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.look import lay, theme
from widgets.plots import axes

Reals = NDArray[np.float64]
BINS = 64
"""Bars over the whole range."""

_ROOM = 1.12
_STALE = 0.35
_KEY = 14


class ConditionalPlot(QWidget):
    """Density upwards, the free coordinate to the right; `pressed` follows a click anywhere,
    Space or Enter.
    """

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = QColor("#888888")
        self._range = (-3.0, 3.0)
        self._axis = ""
        self._values: Reals = np.empty(0)
        self._model: tuple[Reals, Reals] | None = None
        self._truth: tuple[Reals, Reals] | None = None
        self._plot = axes.Plot(self)
        self._bars = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0)
        self._curves = pg.PlotCurveItem(antialias=True), pg.PlotCurveItem(antialias=True)
        self.key = Key(self)
        self._build()
        self._dress()

    def _build(self) -> None:
        view = self._plot.getViewBox()
        view.setMouseEnabled(False, False)
        view.disableAutoRange()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # clicks are this widget's: the plot neither pans nor zooms
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for item in (self._bars, *self._curves):
            self._plot.getViewBox().addItem(item, ignoreBounds=True)
        lay.down(self.key, (self._plot, 1), on=self, spacing=0)
        self.setMinimumSize(132, 96)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.setToolTip(
            "Histogram of the samples, the model's conditional density, and the data's."
        )

    def _dress(self) -> None:
        """Take colours and fonts from the theme in force."""
        self._plot.setBackground(theme.colour("raised"))
        axes.dress(self._plot, self.font(), gap=3)
        pale = theme.mix(theme.colour("raised"), self._colour, 0.35)
        self._bars.setPen(pg.mkPen(theme.mix(theme.colour("raised"), self._colour, 0.55)))
        self._bars.setBrush(pg.mkBrush(pale))
        for curve, pen in zip(self._curves, self.pens(), strict=True):
            curve.setPen(pen)
        self._name_axis()

    def pens(self) -> tuple[QPen, QPen]:
        """Of the model's density and of the true one, cosmetic: widths are in device pixels."""
        ink, unit = theme.legible(self._colour, theme.colour("raised")), self.devicePixelRatioF()
        true = pg.mkPen(
            theme.colour("text"), width=theme.stroke(1.4 * unit), style=Qt.PenStyle.DashLine
        )
        return pg.mkPen(ink, width=theme.stroke(2.0 * unit)), true

    def colour(self) -> QColor:
        return QColor(self._colour)

    def set_colour(self, colour: QColor) -> None:
        """The family's colour."""
        self._colour = QColor(colour)
        self._dress()

    def set_axis(self, name: str, low: float, high: float) -> None:
        """What lies to the right, and from where to where."""
        self._axis, self._range = name, (low, high)
        self._name_axis()
        self._paint()

    def _name_axis(self) -> None:
        font = theme.small_font(self.font())
        style = {"color": theme.colour("faint").name(), "font-size": f"{font.pointSizeF():.1f}pt"}
        self._plot.getAxis("bottom").setLabel(self._axis, **style)

    def set_values(self, values: NDArray[np.floating]) -> None:
        """Draws (n,); those not finite are left out."""
        wide = values.astype(np.float64)
        self._values = wide[np.isfinite(wide)]
        self.set_stale(False)
        self._paint()

    def set_model(self, places: Reals, density: Reals | None) -> None:
        """The model's density (n,) at places (n,), None where it has none."""
        self._model = None if density is None else (places, density)
        self._paint()

    def set_truth(self, places: Reals, density: Reals | None) -> None:
        """The true density, None where nobody knows it."""
        self._truth = None if density is None else (places, density)
        self._paint()

    def set_stale(self, stale: bool) -> None:
        """Dim the draws: they answer an earlier question."""
        self._bars.setOpacity(_STALE if stale else 1.0)

    def is_stale(self) -> bool:
        return bool(self._bars.opacity() < 1)

    def heights(self) -> tuple[Reals, Reals]:
        """Edges (BINS + 1,) and densities (BINS,) of the histogram; its area is the share of the
        draws that lies in range."""
        low, high = self._range
        counts, edges = np.histogram(self._values, BINS, (low, high))
        return edges, counts / max(len(self._values), 1) / (edges[1] - edges[0])

    def share_in_view(self) -> float:
        """The share of the draws that lies in range, 1 where there are none."""
        low, high = self._range
        inside = (self._values >= low) & (self._values <= high)
        return float(inside.mean()) if len(inside) else 1.0

    def _paint(self) -> None:
        edges, heights = self.heights()
        self._bars.setData(edges, heights)
        top = float(heights.max(initial=0.0))
        for curve, shown in zip(self._curves, (self._model, self._truth), strict=True):
            places, density = shown or (np.empty(0), np.empty(0))
            curve.setData(places, density)
            inside = (places >= self._range[0]) & (places <= self._range[1])
            top = max(top, float(density[inside].max(initial=0.0)))
        view = self._plot.getViewBox()
        view.setRange(xRange=self._range, yRange=(0, _ROOM * (top or 1.0)), padding=0)

    def sizeHint(self) -> QSize:
        return QSize(320, 180)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bare = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if bare and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.pressed.emit()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._plot.getViewBox().setBorder(pg.mkPen(theme.colour("accent"), width=2))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._plot.getViewBox().setBorder(None)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._dress()


class Key(QWidget):
    """What bars and lines are, in one line above the plot; parts that do not fit are left out."""

    def __init__(self, plot: ConditionalPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._texts: tuple[str, str, str] = ("", "", "")
        self._hint = ""
        self.setFont(theme.small_font(self.font()))
        self.setFixedHeight(self.fontMetrics().height() + theme.UNIT // 2)

    def set_texts(self, draws: str, model: str, truth: str) -> None:
        """Of the bars, the line and the dashes; "" for what is not there."""
        self._texts = draws, model, truth
        self.setToolTip("; ".join(text for text in self._texts if text))
        self.setAccessibleName(self.toolTip())
        self.update()

    def set_hint(self, text: str) -> None:
        """What stands in the place of the draws while there are none."""
        self._hint = text
        self.update()

    def hint(self) -> str:
        return self._hint

    def texts(self) -> Sequence[str]:
        return self._texts

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle, x = self.height() / 2, 4 * theme.UNIT
        pens = (None, *self._plot.pens())
        if self._hint and not self._texts[0]:
            painter.setPen(theme.colour("text"))
            painter.drawText(
                x, 0, self.width() - x, self.height(), Qt.AlignmentFlag.AlignVCenter, self._hint
            )
            x += self.fontMetrics().horizontalAdvance(self._hint) + 2 * theme.UNIT
        for text, pen in zip(self._texts, pens, strict=True):
            width = self.fontMetrics().horizontalAdvance(text)
            if not text or x + _KEY + width > self.width():
                continue
            if pen is None:
                pale = theme.mix(theme.colour("raised"), self._plot.colour(), 0.45)
                painter.fillRect(x, round(middle) - 4, _KEY - 4, 8, pale)
            else:
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)  # thick ones would run into their words
                painter.setPen(pen)
                painter.drawLine(x, round(middle), x + _KEY - 4, round(middle))
            painter.setPen(theme.colour("faint"))
            flags = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(x + _KEY, 0, width + 2, self.height(), flags, text)
            x += _KEY + width + 2 * theme.UNIT
        painter.end()
