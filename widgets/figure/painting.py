"""Lays a figure out and paints it: on the screen, into a PNG, an SVG and a PDF alike.

Always dark on white, as it will be printed. Lengths are in points of 1/96 inch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from widgets.figure.figure import Bar, Cell, Figure, Plot
from widgets.look.colours import CLASS_COLOURS
from widgets.look.images import Picture, image_of

PAPER, INK, FAINT, LINE = QColor("#FFFFFF"), QColor("#1B1F27"), QColor("#5D6675"), QColor("#B8BEC9")
PICTURE_SIDE, PLOT_SIDE = 84.0, 200.0
"""About how large a picture is, and how large a plot."""
MOST_SIDE = 14_000.0
_MARGIN, _GAP = 20.0, 6.0
_LABEL = 150.0  # at most so wide are the names of rows
_TICKS = 34.0  # room for the numbers of an axis
_SMALL, _PLAIN, _LARGE = 11, 13, 16
_DOT = 1.3
_UPRIGHT = _SMALL + 5.0  # room for a name beside an axis
_LINE_OF_LEGEND = _SMALL + 14.0
_WRAP = Qt.TextFlag.TextWordWrap.value
_LEFT = (Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop).value
_MIDDLE = Qt.AlignmentFlag.AlignCenter.value


def font(size: int, *, bold: bool = False) -> QFont:
    """A font of the figure; `size` in its points, whatever the device."""
    made = QFont("sans-serif")
    made.setStyleHint(QFont.StyleHint.SansSerif)
    made.setPixelSize(size)
    made.setBold(bold)
    return made


@dataclass(frozen=True)
class Layout:
    """Where everything of a figure stands. `scale` enlarges the cells, 1 is the usual size."""

    figure: Figure
    scale: float = 1.0

    @cached_property
    def side(self) -> tuple[float, float]:
        """Width and height of a cell. A picture is enlarged by whole factors."""
        if self.figure.plots:
            return PLOT_SIDE * self.scale, PLOT_SIDE * self.scale
        cells = [cell for row in self.figure.cells for cell in row]
        shapes = [cell.shape for cell in cells if not isinstance(cell, Plot | str)]
        high, wide = max((shape[:2] for shape in shapes), default=(28, 28))
        factor = max(1, round(PICTURE_SIDE * self.scale / max(high, wide)))
        return wide * factor, high * factor

    @cached_property
    def label_width(self) -> float:
        metrics = QFontMetricsF(font(_PLAIN, bold=True))
        widest = max((metrics.horizontalAdvance(name) for name in self.figure.rows), default=0.0)
        return min(widest + 2 * _GAP, _LABEL) if widest else 0.0

    @property
    def _ticks(self) -> float:
        """Room beside a plot for the numbers of its axis, and for a name that is no mere letter."""
        names = [c.names[1] for row in self.figure.cells for c in row if isinstance(c, Plot)]
        return (_TICKS + (_UPRIGHT if any(map(_long, names)) else 0.0)) if names else 0.0

    @cached_property
    def left(self) -> float:
        return _MARGIN + self.label_width + self._ticks + (_PLAIN + 6 if self.figure.down else 0)

    @cached_property
    def top(self) -> float:
        """Where the first row of cells begins."""
        lines = self._title_height + (_PLAIN + 6 if self.figure.across else 0)
        return _MARGIN + lines + (self._heads if any(self.figure.columns) else 0)

    @cached_property
    def _heads(self) -> float:
        """Height of the names of columns, which may take two lines."""
        metrics = QFontMetricsF(font(_SMALL))
        room = QRectF(0, 0, self.pitch[0] - _GAP, 1000)
        high = [metrics.boundingRect(room, _WRAP, name).height() for name in self.figure.columns]
        return max(high, default=0.0) + 6

    @cached_property
    def pitch(self) -> tuple[float, float]:
        """From one cell to the next."""
        down = _TICKS if self.figure.plots else 0.0
        return self.side[0] + self._ticks + _GAP, self.side[1] + down + _GAP

    def cell(self, row: int, column: int) -> QRectF:
        x, y = self.left + column * self.pitch[0], self.top + row * self.pitch[1]
        return QRectF(x, y, *self.side)

    @cached_property
    def width(self) -> float:
        metrics = QFontMetricsF(font(_LARGE, bold=True))
        grid = self.left + len(self.figure.columns) * self.pitch[0] - _GAP + _MARGIN
        title = metrics.horizontalAdvance(self.figure.title) + 2 * _MARGIN
        least = self.left + 560.0 if self.figure.bars else 320.0
        return max(grid, min(title, 640.0), least)

    @cached_property
    def _title_height(self) -> float:
        return _wrapped(self.figure.title, _LARGE, self._inner_least, bold=True) + 8

    @property
    def _inner_least(self) -> float:
        """The width that text has at least; that of the grid is not known before its place is."""
        grid = len(self.figure.columns) * self.pitch[0] + self.label_width
        return max(280.0, grid)

    @cached_property
    def bottom(self) -> float:
        """Where the last row of cells and its numbers end."""
        return self.top + len(self.figure.rows) * self.pitch[1] - _GAP + self._legend

    @property
    def _legend(self) -> float:
        lines = bool(self.figure.classes or self.figure.inks) + 2 * len(self.figure.bars)
        return lines * _LINE_OF_LEGEND

    @cached_property
    def caption(self) -> QRectF:
        wide = self.width - 2 * _MARGIN
        high = _wrapped(self.figure.caption, _SMALL, wide)
        return QRectF(_MARGIN, self.bottom + 12, wide, high)

    @cached_property
    def height(self) -> float:
        return self.caption.bottom() + _MARGIN


def paint(painter: QPainter, layout: Layout) -> None:
    """Paint a whole figure; one unit of the painter is 1/96 inch."""
    figure = layout.figure
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(0, 0, layout.width, layout.height), PAPER)
    _text(painter, font(_LARGE, bold=True), INK, _title_place(layout), _LEFT, figure.title)
    _paint_names(painter, layout)
    for row, cells in enumerate(figure.cells):
        for column, cell in enumerate(cells):
            _paint_cell(painter, layout.cell(row, column), cell)
            if isinstance(cell, Plot):
                below = figure.cells[row + 1][column] if row + 1 < len(figure.rows) else ""
                last = not isinstance(below, Plot)
                shown = cell.own_axes or last, cell.own_axes or column == 0
                _paint_axes(painter, layout.cell(row, column), cell, *shown)
    _paint_legend(painter, layout)
    for place, bar in enumerate(figure.bars):
        up = 2 * (len(figure.bars) - place) * _LINE_OF_LEGEND
        _paint_bar(painter, layout.left, layout.bottom - up + 12, bar)
    _text(painter, font(_SMALL), FAINT, layout.caption, _LEFT, figure.caption)


def _title_place(layout: Layout) -> QRectF:
    return QRectF(_MARGIN, _MARGIN, layout.width - 2 * _MARGIN, layout._title_height)


def _paint_names(painter: QPainter, layout: Layout) -> None:
    figure, (wide, high) = layout.figure, layout.side
    heads = layout._heads if any(figure.columns) else 0.0
    if figure.across:
        across = len(figure.columns) * layout.pitch[0] - _GAP
        place = QRectF(layout.left, layout.top - heads - _PLAIN - 6, across, _PLAIN + 4)
        _text(painter, font(_SMALL), FAINT, place, _MIDDLE, figure.across)
    for column, name in enumerate(figure.columns):
        cell = layout.cell(0, column)
        place = QRectF(cell.left() - _GAP / 2, layout.top - heads, wide + _GAP, heads - 3)
        _text(painter, font(_SMALL), INK, place, _MIDDLE, name)
    for row, name in enumerate(figure.rows):
        cell = layout.cell(row, 0)
        right = cell.left() - layout._ticks - _GAP
        place = QRectF(right - layout.label_width, cell.top(), layout.label_width, high)
        _text(painter, font(_PLAIN, bold=True), INK, place, _MIDDLE, name)
    if figure.down:
        painter.save()
        middle = layout.top + (layout.cell(len(figure.rows) - 1, 0).bottom() - layout.top) / 2
        painter.translate(_MARGIN + _PLAIN / 2, middle)
        painter.rotate(-90)
        _text(painter, font(_SMALL), FAINT, QRectF(-200, -10, 400, 20), _MIDDLE, figure.down)
        painter.restore()


def _paint_cell(painter: QPainter, place: QRectF, cell: Cell) -> None:
    if isinstance(cell, Plot):
        _paint_points(painter, place, cell)
        if cell.title:
            _paint_title(painter, place, cell.title)
    elif isinstance(cell, str):
        if not cell:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(LINE, 0.8, Qt.PenStyle.DotLine))
        painter.drawRect(place)
        _text(painter, font(_SMALL), FAINT, place.adjusted(3, 3, -3, -3), _MIDDLE, cell)
    else:
        painter.drawImage(place, _enlarged(cell, place.width()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(LINE, 0.6))
        painter.drawRect(place)


def _enlarged(picture: Picture, width: float) -> QImage:
    """Whole pixels repeated: programs that show a PDF or SVG blur what they enlarge themselves."""
    factor = max(1, round(width / picture.shape[1]))
    bigger = np.ascontiguousarray(picture.repeat(factor, 0).repeat(factor, 1))
    return image_of(bigger, bigger.shape[1]).copy()


def _paint_points(painter: QPainter, place: QRectF, plot: Plot) -> None:
    x0, x1, y0, y1 = plot.view
    if plot.image is not None:
        painter.drawImage(place, image_of(plot.image, plot.image.shape[1]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(LINE, 0.8))
    painter.drawRect(place)
    finite = np.isfinite(plot.points).all(1)
    inside = finite & (plot.points[:, 0] >= x0) & (plot.points[:, 0] <= x1)
    inside &= (plot.points[:, 1] >= min(y0, y1)) & (plot.points[:, 1] <= max(y0, y1))
    x = place.left() + (plot.points[:, 0] - x0) / (x1 - x0) * place.width()
    y = place.bottom() - (plot.points[:, 1] - y0) / (y1 - y0) * place.height()
    painter.setPen(Qt.PenStyle.NoPen)
    for i in np.flatnonzero(inside).tolist():
        colour = QColor(plot.colour)
        if plot.classes is not None:
            colour = QColor(*CLASS_COLOURS[int(plot.classes[i]) % len(CLASS_COLOURS)])
        colour.setAlpha(170)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(float(x[i]), float(y[i])), _DOT, _DOT)
    for line, ink in plot.lines:
        _paint_line(painter, place, plot.view, line, ink)


def _paint_line(
    painter: QPainter, place: QRectF, view: tuple[float, float, float, float], line: Any, ink: str
) -> None:
    x0, x1, y0, y1 = view
    painter.save()
    painter.setClipRect(place)
    painter.setPen(QPen(QColor(ink), 1.6, j=Qt.PenJoinStyle.RoundJoin))
    painter.drawPolyline(
        [
            QPointF(
                place.left() + (x - x0) / (x1 - x0) * place.width(),
                place.bottom() - (y - y0) / (y1 - y0) * place.height(),
            )
            for x, y in line[np.isfinite(line).all(1)].tolist()
        ]
    )
    painter.restore()


def _paint_title(painter: QPainter, place: QRectF, title: str) -> None:
    """The name of a plot in its upper left corner."""
    what = font(_SMALL, bold=True)
    metrics = QFontMetricsF(what)
    back = QColor(PAPER)
    back.setAlpha(215)
    room = QRectF(place.left() + 1, place.top() + 1, metrics.horizontalAdvance(title) + 10, 17)
    painter.fillRect(room, back)
    _text(painter, what, INK, room, _MIDDLE, title)


def _paint_axes(painter: QPainter, place: QRectF, plot: Plot, last: bool, first: bool) -> None:
    """Numbers below the lowest row and left of the first column, round ones."""
    x0, x1, y0, y1 = plot.view
    painter.setPen(QPen(LINE, 0.8))
    if last:
        for value in ticks(x0, x1):
            x = place.left() + (value - x0) / (x1 - x0) * place.width()
            painter.drawLine(QPointF(x, place.bottom()), QPointF(x, place.bottom() + 3))
            room = QRectF(x - 30, place.bottom() + 3, 60, _SMALL + 3)
            _text(painter, font(_SMALL - 1), FAINT, room, _MIDDLE, _number(value))
        room = QRectF(place.left(), place.bottom() + _SMALL + 5, place.width(), _SMALL + 4)
        _text(painter, font(_SMALL), INK, room, _MIDDLE, plot.names[0])
    if first:
        for value in ticks(min(y0, y1), max(y0, y1)):
            y = place.bottom() - (value - y0) / (y1 - y0) * place.height()
            painter.drawLine(QPointF(place.left() - 3, y), QPointF(place.left(), y))
            room = QRectF(place.left() - _TICKS, y - 8, _TICKS - 5, 16)
            right = (Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter).value
            _text(painter, font(_SMALL - 1), FAINT, room, right, _number(value))
        _paint_upward_name(painter, place, plot.names[1])


def _paint_upward_name(painter: QPainter, place: QRectF, name: str) -> None:
    """A letter at the upper end of the axis, words along it."""
    if not _long(name):
        room = QRectF(place.left() - _TICKS, place.top() - 2, _TICKS - 5, 14)
        right = (Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter).value
        _text(painter, font(_SMALL), INK, room, right, name)
        return
    painter.save()
    painter.translate(place.left() - _TICKS - _UPRIGHT / 2, place.center().y())
    painter.rotate(-90)
    room = QRectF(-place.height() / 2, -_UPRIGHT / 2, place.height(), _UPRIGHT)
    _text(painter, font(_SMALL), INK, room, _MIDDLE, name)
    painter.restore()


def _long(name: str) -> bool:
    return len(name) > 2


def _paint_bar(painter: QPainter, left: float, top: float, bar: Bar) -> None:
    """The colours of maps with round numbers below."""
    wide = 300.0
    place = QRectF(left, top, wide, _SMALL)
    painter.drawImage(place, image_of(np.ascontiguousarray(bar.colours[None]), len(bar.colours)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(LINE, 0.8))
    painter.drawRect(place)
    for value in ticks(bar.low, bar.high):
        x = place.left() + (value - bar.low) / (bar.high - bar.low) * wide
        painter.setPen(QPen(LINE, 0.8))
        painter.drawLine(QPointF(x, place.bottom()), QPointF(x, place.bottom() + 3))
        room = QRectF(x - 30, place.bottom() + 3, 60, _SMALL + 3)
        _text(painter, font(_SMALL - 1), FAINT, room, _MIDDLE, _number(value))
    left = (Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter).value
    room = QRectF(place.right() + 10, place.top() - 8, 240, 2 * _SMALL + 8)
    _text(painter, font(_SMALL), INK, room, left, bar.unit)


def _paint_legend(painter: QPainter, layout: Layout) -> None:
    x, y = layout.left, layout.bottom - _SMALL
    metrics = QFontMetricsF(font(_SMALL))
    classes = [
        (name, QColor(*CLASS_COLOURS[i % len(CLASS_COLOURS)]))
        for i, name in enumerate(layout.figure.classes)
    ]
    for name, ink in (*classes, *((name, QColor(ink)) for name, ink in layout.figure.inks)):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawEllipse(QPointF(x + 4, y + 1), 4, 4)
        wide = metrics.horizontalAdvance(name)
        left = (Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter).value
        _text(painter, font(_SMALL), INK, QRectF(x + 12, y - 8, wide + 4, 18), left, name)
        x += wide + 30


def ticks(low: float, high: float) -> list[float]:
    """Two to five round numbers between the ends of an axis."""
    span = high - low
    power = 10.0 ** np.floor(np.log10(span / 2))
    step = next(s * power for s in (1, 2, 2.5, 5, 10, 20) if span / (s * power) <= 5)
    first = np.ceil(low / step - 1e-9)
    return [float(step * k) for k in np.arange(first, np.floor(high / step + 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value + 0.0:g}".replace("-", "−")


def _text(
    painter: QPainter, what: QFont, ink: QColor, place: QRectF, flags: int, text: str
) -> None:
    painter.setFont(what)
    painter.setPen(ink)
    painter.drawText(place, flags | _WRAP, text)


def _wrapped(text: str, size: int, width: float, *, bold: bool = False) -> float:
    """The height of a text in lines no wider than `width`."""
    if not text:
        return 0.0
    metrics = QFontMetricsF(font(size, bold=bold))
    return float(metrics.boundingRect(QRectF(0, 0, width, 10_000), _LEFT | _WRAP, text).height())
