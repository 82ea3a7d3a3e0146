"""A heat map of the plane with pan and zoom, contours, points and a cross-hair.

Holds the values, so that another colour scale needs no new ones. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from widgets.look import filling, theme
from widgets.look.colours import Scale
from widgets.plots import axes
from widgets.plots.cloud import Cloud
from widgets.plots.contour_lines import ContourLines
from widgets.plots.letterbox import Letterbox
from widgets.plots.marks import Marks

Values = NDArray[np.float32]
Box = tuple[float, float, float, float]
"""x0, x1, y0, y1 in data units."""

STALE_OPACITY = 0.4
TIP = (
    "Drag pans, wheel zooms, click adds a point; double-click shows the whole, and then fills the "
    "window. "
    "By keys: arrows, + and −, Ctrl+0, and Enter for a click in the middle."
)


class HeatMap(QWidget):
    """`hovered(x, y)` and `clicked(x, y)` in data units; `left` when the mouse has gone.

    `view_moved` carries the box that is asked for, after pan, zoom or reset by hand. Another size
    asks for nothing: the same box is shown in it, with room round it where the shapes differ.

    Arrow keys pan, + and − zoom, Ctrl+0 resets. Enter does in the middle of what is in view what
    the mouse does where it is: a click, or in lasso mode a lasso round all that is in view.
    """

    hovered = Signal(float, float)
    left = Signal()
    clicked = Signal(float, float)
    click_undone = Signal()  # the last click was half a double-click: take back what it did
    view_moved = Signal(float, float, float, float)
    lassoed = Signal(object)
    """The corners of a region drawn by hand, a list of points in data units."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: Values | None = None
        self._box: Box = (-1, 1, -1, 1)
        self._home: Box = (-1, 1, -1, 1)
        self._scale = Scale(-10, 0)
        self._levels: tuple[float, ...] = ()
        self._shown: Box = self._home
        self._plot = axes.Plot(self)
        self._view = self._plot.getViewBox()
        self._image = pg.ImageItem(axisOrder="row-major")
        self._dots, self._data = Cloud(), Cloud()
        self._paths = pg.PlotCurveItem(connect="finite")
        self._cross = pg.PlotCurveItem(connect="pairs")
        self._ring = pg.PlotCurveItem()
        self._drawing: list[tuple[float, float]] | None = None
        self._lasso_mode = self._half_done = False
        # many maps get a new scale at once: each is painted in a turn of its own, and none waits
        self._due = QTimer(self, singleShot=True, interval=0)
        self._due.timeout.connect(self._paint)
        self._letterbox = Letterbox(self._plot, self)
        self._build()
        self._dress()
        self.reset_view()

    def _build(self) -> None:
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view.setAspectLocked(True)
        self._view.disableAutoRange()
        self._view.setDefaultPadding(0)
        for item in (self._image, self._data, self._dots):
            self._view.addItem(item, ignoreBounds=True)
        self.contours = ContourLines(self._view)
        self._view.addItem(self._paths, ignoreBounds=True)
        self.marks = Marks(self._view)
        for item in (self._cross, self._ring):
            self._view.addItem(item, ignoreBounds=True)
        self._view.sigRangeChangedManually.connect(self._moved_by_hand)
        self._plot.scene().sigMouseClicked.connect(self._click)
        self._plot.scene().sigMouseMoved.connect(self._hover)
        self._plot.viewport().installEventFilter(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(TIP)

    def _dress(self) -> None:
        """Take colours and fonts from the theme in force."""
        self._plot.setBackground(theme.colour("raised"))
        axes.dress(self._plot, self.font())
        self._ink_lines()
        self._cross.setPen(pg.mkPen(QColor(150, 200, 255, 220), width=theme.stroke(1)))
        self._ring.setPen(pg.mkPen(theme.colour("accent"), width=theme.stroke(2)))
        # light with a dark rim: seen on the dark and on the bright part of a map
        self._paths.setPen(pg.mkPen(QColor(170, 230, 255), width=theme.stroke(1.4)))
        self._paths.setShadowPen(pg.mkPen(QColor(0, 0, 0, 170), width=theme.stroke(3)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._dress()

    def set_axes(self, across: str, up: str) -> None:
        """Name the axes, such as "longitude in °"; "" for none."""
        axes.name(self._plot, self.font(), across, up)

    def number_rows(self, count: int) -> None:
        """Number upwards as rows of a picture are: from `count` at the bottom to 0 at the top."""
        axes.turn(self._plot, float(count))

    def sizeHint(self) -> QSize:
        return QSize(280, 260)

    # what is shown

    def set_map(self, values: Values, box: Box, levels: Sequence[float] = ()) -> None:
        """Show values (H, W), the lowest row first, on a box; `levels` get contour lines."""
        self._values, self._box, self._levels = values, box, tuple(levels)
        self._paint()
        self._trace()
        self._image.setOpacity(1.0)

    def set_scale(self, scale: Scale) -> None:
        """Colour by another scale."""
        if scale != self._scale:
            self._scale = scale
            self._ink_lines()
            self._due.start()

    def set_levels(self, levels: Sequence[float]) -> None:
        """Contour lines at up to three values, from thick to thin."""
        if tuple(levels) != self._levels:
            self._levels = tuple(levels)
            self._trace()

    def set_data(self, xy: NDArray[np.float32] | None) -> None:
        """Small grey dots over the map, None for none."""
        self._scatter(self._data, xy, QColor("#9FB4C8"), 1.0)

    def set_samples(self, xy: NDArray[np.float32] | None, colour: QColor) -> None:
        """Dots in the colour of a family, None for none."""
        self._scatter(self._dots, xy, colour, 1.4)

    def set_paths(self, paths: NDArray[np.float32] | None) -> None:
        """Curves (n, steps, 2) over the map, None for none."""
        if paths is None or not len(paths):
            self._paths.setData([], [])
            return
        gap = np.full((len(paths), 1, 2), np.nan, np.float32)
        flat = np.concatenate([paths, gap], 1).reshape(-1, 2)
        self._paths.setData(flat[:, 0], flat[:, 1])

    def set_marks(self, points: Sequence[tuple[float, float]], names: Sequence[str] = ()) -> None:
        """Ringed points, the first ones with names."""
        self.marks.show(points, names, self.font())

    def set_cross(self, at: tuple[float, float] | None) -> None:
        """The cross-hair, None for none."""
        if at is None:
            self._cross.setData([], [])
            return
        (x0, x1), (y0, y1) = self._view.viewRange()
        self._cross.setData([x0, x1, at[0], at[0]], [at[1], at[1], y0, y1])

    def set_lasso_mode(self, on: bool) -> None:
        """Let a drag draw a lasso, instead of panning."""
        self._lasso_mode = on
        self._view.setMouseEnabled(x=True, y=True)

    def set_lasso(self, points: Sequence[tuple[float, float]]) -> None:
        """A closed line, none for no points."""
        ring = [*points, *points[:1]]
        self._ring.setData([x for x, _ in ring], [y for _, y in ring])

    def set_stale(self, stale: bool) -> None:
        """Dim the map; a new one is fresh."""
        self._image.setOpacity(STALE_OPACITY if stale else 1.0)

    def value_at(self, x: float, y: float) -> float | None:
        """The value of the pixel that holds a point, None outside the map."""
        place = self._place(x, y)
        return None if self._values is None or place is None else float(self._values[place])

    def values(self) -> Values | None:
        return self._values

    def scale(self) -> Scale:
        return self._scale

    def _place(self, x: float, y: float) -> tuple[int, int] | None:
        if self._values is None:
            return None
        x0, x1, y0, y1 = self._box
        high, wide = self._values.shape
        column, row = (x - x0) / (x1 - x0) * wide, (y - y0) / (y1 - y0) * high
        return (int(row), int(column)) if 0 <= column < wide and 0 <= row < high else None

    @Slot()
    def _paint(self) -> None:
        self._due.stop()
        if self._values is None:
            return
        x0, x1, y0, y1 = self._box
        # Qt looks the colours up, and only of what is in view
        places, table = self._scale.places(self._values), self._scale.table()
        self._image.setImage(places, lut=table, levels=None, autoLevels=False)
        self._image.setRect(QRectF(x0, y0, x1 - x0, y1 - y0))

    def _ink_lines(self) -> None:
        self.contours.dress(self._scale, self._levels, self.font())

    def _trace(self) -> None:
        self._ink_lines()
        self.contours.trace(self._values, self._box, self._levels, named=len(self._levels) == 3)

    def _scatter(
        self, cloud: Cloud, xy: NDArray[np.float32] | None, colour: QColor, radius: float
    ) -> None:
        points = np.empty((0, 2), np.float32) if xy is None else xy
        ink = np.array([[colour.blue(), colour.green(), colour.red(), 255]], np.uint8)
        cloud.show_points(points, np.tile(ink, (len(points), 1)), theme.stroke(radius))

    # what is in view

    def set_range(self, x0: float, x1: float, y0: float, y1: float) -> None:
        """Set and show the home view: at least this box."""
        self._home = (x0, x1, y0, y1)
        self.reset_view()

    def adopt_view(self, other: HeatMap) -> None:
        """Take the home view of another map, and show what that shows."""
        self._home = other._home
        self.follow(*other.shown_box())

    @Slot()
    def reset_view(self) -> None:
        """Go back to the home view."""
        self.follow(*self._home)

    @Slot(float, float, float, float)
    def follow(self, x0: float, x1: float, y0: float, y1: float) -> None:
        """Show at least this box, without a signal."""
        self._shown = (x0, x1, y0, y1)
        self._letterbox.show(*self._shown)

    def link(self, other: HeatMap) -> None:
        """Let both follow each other's pan and zoom."""
        self.view_moved.connect(other.follow)
        other.view_moved.connect(self.follow)

    def shown_box(self) -> Box:
        """The box that is asked for: home, or what was in view when a hand moved it last."""
        return self._shown

    def box_in_view(self) -> Box:
        """The box now in view: what is asked for, but for a pixel."""
        (x0, x1), (y0, y1) = self._view.viewRange()
        return x0, x1, y0, y1

    def position_of(self, x: float, y: float) -> QPointF:
        """Where a point of the plane is, in the viewport of the plot; tests point there."""
        return self._view.mapViewToScene(QPointF(x, y))  # type: ignore[no-any-return]

    def viewport(self) -> QWidget:
        """What takes the mouse."""
        return self._plot.viewport()  # type: ignore[no-any-return]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._letterbox.fit()

    @Slot(object)
    def _moved_by_hand(self, _axes: object = None) -> None:
        self._shown, self._half_done = self.box_in_view(), False
        self.view_moved.emit(*self._shown)

    def _go_home(self) -> None:
        """As `reset_view`, and say so."""
        self.reset_view()
        self.view_moved.emit(*self._shown)

    # what the hand does

    @Slot(object)
    def _hover(self, at: QPointF) -> None:
        if self._view.sceneBoundingRect().contains(at):
            point = self._view.mapSceneToView(at)
            self.hovered.emit(point.x(), point.y())
        else:
            self.left.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Nothing more: `_click` has had it."""

    @Slot(object)
    def _click(self, event: Any) -> None:
        left = event.button() is Qt.MouseButton.LeftButton
        first, self._half_done = self._half_done, False
        if event.double():
            if first and left:
                self.click_undone.emit()
            if axes.shows_all(self.box_in_view(), self._home):
                filling.ask(self)
            else:
                self._go_home()
        elif left:
            at = event.scenePos()
            if self._view.sceneBoundingRect().contains(at):
                point = self._view.mapSceneToView(at)
                self._half_done = True
                self.clicked.emit(point.x(), point.y())

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:
            self.left.emit()
        return self._lasso_mode and isinstance(event, QMouseEvent) and self._lasso(event)

    def _lasso(self, event: QMouseEvent) -> bool:
        """Draw the lasso with the left button; True where the event is used up."""
        left = Qt.MouseButton.LeftButton
        if event.type() is QEvent.Type.MouseButtonPress and event.button() is left:
            self._drawing = []
        elif event.type() is QEvent.Type.MouseMove and self._drawing is not None:
            point = self._view.mapSceneToView(event.position())
            self._drawing.append((point.x(), point.y()))
            self.set_lasso(self._drawing)
        elif event.type() is QEvent.Type.MouseButtonRelease and self._drawing is not None:
            drawn, self._drawing = self._drawing, None
            self.lassoed.emit(drawn if len(drawn) > 2 else [])
        else:
            return False
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.ZoomIn) or event.key() == Qt.Key.Key_Plus:
            self._zoom(0.8)
        elif event.key() == Qt.Key.Key_Minus:
            self._zoom(1.25)
        elif (
            event.key() == Qt.Key.Key_0 and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self._go_home()
        elif event.key() in _ARROWS and not event.modifiers():
            dx, dy = _ARROWS[Qt.Key(event.key())]
            rect = self._view.viewRect()
            self._view.translateBy(x=0.1 * dx * rect.width(), y=0.1 * dy * rect.height())
            self._moved_by_hand()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not (
            event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        ):
            self._act_in_the_middle()
        else:
            event.ignore()

    def _act_in_the_middle(self) -> None:
        x0, x1, y0, y1 = self.box_in_view()
        if self._lasso_mode:
            corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
            self.set_lasso(corners)
            self.lassoed.emit(corners)
            return
        at = (x0 + x1) / 2, (y0 + y1) / 2
        self.hovered.emit(*at)
        self.clicked.emit(*at)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._view.setBorder(pg.mkPen(theme.colour("accent"), width=2))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._view.setBorder(None)

    def _zoom(self, factor: float) -> None:
        self._view.scaleBy((factor, factor))
        self._moved_by_hand()


_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
