"""Points of the plane, coloured by class: arrays in, the index of the chosen point out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
)
from PySide6.QtWidgets import QWidget

from widgets.look import filling, lay, theme
from widgets.look.colours import CLASS_COLOURS
from widgets.plots import axes
from widgets.plots.cloud import Cloud, Points, placed
from widgets.plots.legend import Legend

STALE_OPACITY = 0.3
REACH = 12.0
"""How far from a point, in logical pixels, a click still chooses it."""


class Scatter(QWidget):
    """Points with pan (drag), zoom (wheel) and a home view (double-click or Ctrl+0).

    `chosen(i)` follows a click near point i, the arrow keys or Enter; `menu_wanted(i, global
    position)` the context menu; `copy_wanted(i)` Ctrl+C; `view_moved(x0, x1, y0, y1)` pan and
    zoom by hand.
    """

    chosen = Signal(int)
    menu_wanted = Signal(int, QPoint)
    copy_wanted = Signal(int)
    view_moved = Signal(float, float, float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._xy: Points = np.empty((0, 2), np.float32)
        self._classes: NDArray[np.intp] | None = None
        self._backdrop: Points = self._xy
        self._colour = QColor(*CLASS_COLOURS[0])
        self._home = (-3.0, 3.0, -3.0, 3.0)
        self._current: int | None = None
        self._cloud, self._behind = Cloud(), Cloud()
        self._plot = axes.Plot(self)
        self._view = self._plot.getViewBox()
        self.legend = Legend(self)
        self._build()
        self._dress()
        self.reset_view()

    def _build(self) -> None:
        lay.down((self._plot, 1), self.legend, on=self, spacing=0)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # this widget has the keys
        self._view.setAspectLocked(True)
        self._view.disableAutoRange()
        self._view.addItem(self._behind, ignoreBounds=True)
        self._view.addItem(self._cloud, ignoreBounds=True)
        self._view.sigRangeChangedManually.connect(self._announce_view)
        self._plot.scene().sigMouseClicked.connect(self._click)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Points")
        self.setToolTip(
            "Click a point to inspect it. Drag pans, wheel zooms; double-click shows all, and then "
            "fills the window."
        )

    def _dress(self) -> None:
        """Take colours and fonts from the theme in force."""
        self._plot.setBackground(theme.colour("raised"))
        axes.dress(self._plot, self.font())
        self._paint_points()
        self._paint_backdrop()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._dress()

    def set_axes(self, across: str, up: str) -> None:
        """Name the axes, such as "longitude in °"; "" for none."""
        axes.name(self._plot, self.font(), across, up)

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def count(self) -> int:
        """How many points there are."""
        return len(self._xy)

    def point(self, i: int) -> tuple[float, float] | None:
        """The coordinates of point i, None where there is none."""
        if not 0 <= i < self.count():
            return None
        x, y = self._xy[i].tolist()
        return x, y

    def set_points(self, xy: Points, classes: NDArray[np.integer[Any]] | None = None) -> None:
        """Show points (n, 2) in data units, coloured by class number (n,) or all alike.

        Points that are not finite keep their index but are not drawn. Raises ValueError for
        other shapes.
        """
        self._xy = _points(xy)
        if classes is not None and classes.shape != (len(xy),):
            raise ValueError(f"{len(xy)} points but classes of shape {classes.shape}")
        self._classes = None if classes is None else classes.astype(np.intp)
        if self._current is not None and self._current >= len(xy):
            self._current = None
        self._cloud.setOpacity(1.0)
        self._paint_points()

    def set_legend(self, names: Sequence[str]) -> None:
        """Say what the colours of the classes stand for, () for nothing."""
        inks = (QColor(*CLASS_COLOURS[k % len(CLASS_COLOURS)]) for k in range(len(names)))
        self.legend.set_entries(list(zip(names, inks, strict=True)))

    def set_colour(self, colour: QColor) -> None:
        """The colour of points without a class: their family's."""
        self._colour = QColor(colour)
        self._paint_points()

    def set_backdrop(self, xy: Points) -> None:
        """Show points (n, 2), usually the data, in faint grey behind the others."""
        self._backdrop = _points(xy)
        self._paint_backdrop()

    def set_stale(self, stale: bool) -> None:
        """Dim the points; new points are fresh."""
        self._cloud.setOpacity(STALE_OPACITY if stale else 1.0)

    def clear(self) -> None:
        """Remove the points; the backdrop stays."""
        self.set_points(np.empty((0, 2), np.float32))

    def _paint_points(self) -> None:
        inks = np.tile(_bytes(self._colour), (self.count(), 1))
        if self._classes is not None:
            cycle = np.concatenate([_bytes(QColor(*c)) for c in CLASS_COLOURS])
            inks = cycle[self._classes % len(cycle)]
        self._cloud.show_points(self._xy, inks, theme.stroke(_radius(self.count())))
        self._cloud.set_ring(self._current, theme.colour("text"))

    def _paint_backdrop(self) -> None:
        grey = theme.mix(theme.colour("line"), theme.colour("faint"), 0.5)
        inks = np.tile(_bytes(grey), (len(self._backdrop), 1))
        self._behind.show_points(self._backdrop, inks, theme.stroke(1.2))

    def current(self) -> int | None:
        """The point with the ring."""
        return self._current

    def set_current(self, i: int | None) -> None:
        """Move the ring without a signal; raises IndexError where there is no such point."""
        if i is not None and not 0 <= i < self.count():
            raise IndexError(f"point {i} of {self.count()}")
        self._current = i
        self._cloud.set_ring(i, theme.colour("text"))
        if i is not None:
            self.setAccessibleDescription(f"Point {i + 1} of {self.count()}")

    def _choose(self, i: int) -> None:
        self.set_current(i)
        self.chosen.emit(i)

    def set_range(self, x0: float, x1: float, y0: float, y1: float) -> None:
        """Set and show the home view: at least this part of the plane, in data units."""
        self._home = (x0, x1, y0, y1)
        self.reset_view()

    @Slot()
    def reset_view(self) -> None:
        """Go back to the home view."""
        self._follow(*self._home)

    def link(self, other: Scatter) -> None:
        """Let both follow each other's pan and zoom; of three, link every pair."""
        self.view_moved.connect(other._follow)
        other.view_moved.connect(self._follow)

    def view_rect(self) -> QRectF:
        """The part of the plane in view, in data units (y upwards)."""
        return QRectF(self._view.viewRect())

    @Slot(float, float, float, float)
    def _follow(self, x0: float, x1: float, y0: float, y1: float) -> None:
        self._view.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)

    @Slot(object)
    def _announce_view(self, _axes: object) -> None:
        self.view_moved.emit(*self._in_view())

    def _in_view(self) -> axes.Box:
        (x0, x1), (y0, y1) = self._view.viewRange()
        return x0, x1, y0, y1

    def position_of(self, i: int) -> QPointF:
        """Where point i is now, in this widget's coordinates."""
        x, y = self._positions()[i].tolist()
        return QPointF(self._plot.mapTo(self, QPoint(0, 0))) + QPointF(x, y)

    def _positions(self) -> NDArray[np.float64]:
        """All points (n, 2) in pixels of the plot."""
        # the scene of a pyqtgraph view is its viewport, pixel by pixel
        return placed(self._xy, self._view.childGroup.sceneTransform())

    def _nearest(self, position: QPointF) -> int | None:
        if not self.count():
            return None
        apart = np.hypot(*(self._positions() - (position.x(), position.y())).T)
        apart[~np.isfinite(apart)] = math.inf
        i = int(apart.argmin())
        return i if apart[i] <= REACH else None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Nothing more: `_click` has had it."""

    @Slot(object)
    def _click(self, event: Any) -> None:
        i = self._nearest(event.scenePos())
        if event.double() and axes.shows_all(self._in_view(), self._home):
            filling.ask(self)
        elif event.double():
            self.reset_view()
            self.view_moved.emit(*self._home)
        elif i is not None:
            self._choose(i)
            if event.button() is Qt.MouseButton.RightButton:
                self.menu_wanted.emit(i, event.screenPos().toPoint())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._view.setBorder(pg.mkPen(theme.colour("accent"), width=2))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._view.setBorder(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # by mouse the menu waits for the release: a right drag scales the view
        if event.reason() is QContextMenuEvent.Reason.Keyboard and self._current is not None:
            place = self.mapToGlobal(self.position_of(self._current).toPoint())
            self.menu_wanted.emit(self._current, place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        now, last = self._current, self.count() - 1
        bare = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        target = _key_target(Qt.Key(event.key()), -1 if now is None else now, last)
        if event.matches(QKeySequence.StandardKey.Copy) and now is not None:
            self.copy_wanted.emit(now)
        elif (
            event.keyCombination().toCombined()
            == (Qt.KeyboardModifier.ControlModifier | Qt.Key.Key_0).toCombined()
        ):
            self.reset_view()
        elif bare and target is not None and last >= 0:
            self._choose(min(max(target, 0), last))
        else:
            event.ignore()


def _key_target(key: Qt.Key, now: int, last: int) -> int | None:
    """The point that a key leads to, in the order of their numbers; None for any other key."""
    if key in (Qt.Key.Key_Left, Qt.Key.Key_Up):
        return now - 1
    if key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
        return now + 1
    if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        return now
    return {Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}.get(key)


def _points(xy: Points) -> Points:
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"points must be (n, 2), not {xy.shape}")
    return np.array(xy, np.float32)


def _radius(count: int) -> float:
    """Dots shrink as they grow in number, so that dense regions keep their shape."""
    return 3.0 if count <= 300 else 2.2 if count <= 1500 else 1.6


def _bytes(colour: QColor) -> NDArray[np.uint8]:
    """A colour as one row (1, 4) of bytes B G R A, opaque."""
    return np.array([[colour.blue(), colour.green(), colour.red(), 255]], np.uint8)
