"""A plot in the shape of the box that it shows, in the middle of a widget of any shape."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, QTimer, Slot
from PySide6.QtWidgets import QWidget

from widgets.plots.axes import Plot


class Letterbox(QObject):
    """Lays out `plot`, whose aspect is locked, in `widget`, which has no layout."""

    def __init__(self, plot: Plot, widget: QWidget) -> None:
        super().__init__(widget)
        self._plot, self._view, self._widget = plot, plot.getViewBox(), widget
        self._box = (-1.0, 1.0, -1.0, 1.0)
        self._fits = False
        # within the layout of its axes no plot may get another size
        self._due = QTimer(self, singleShot=True, interval=0)
        self._due.timeout.connect(self.fit)
        self._view.sigResized.connect(self._resized)

    def show(self, x0: float, x1: float, y0: float, y1: float) -> None:
        """Show this box and nothing round it."""
        self._box = x0, x1, y0, y1
        self.fit()

    @Slot(object)
    def _resized(self, _view: object) -> None:
        """The axes have taken their room."""
        if not self._fits:
            self._due.start()

    @Slot()
    def fit(self) -> None:
        """Take the room that there is by now."""
        self._due.stop()
        self._fits = True
        plot, view, room = self._plot, self._view, self._widget.rect()
        x0, x1, y0, y1 = self._box
        beside, below = plot.width() - view.width(), plot.height() - view.height()
        scale = min((room.width() - beside) / (x1 - x0), (room.height() - below) / (y1 - y0))
        if scale > 0:
            box = QRectF(0, 0, beside + scale * (x1 - x0), below + scale * (y1 - y0))
            box.moveCenter(room.toRectF().center())
            plot.setGeometry(box.toAlignedRect() & room)
        view.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)
        view.updateMatrix()  # else within the next painting, which would ask for another
        self._fits = False
