"""The zoom of the whole interface, at once and while all is open.

Qt can scale a program only from its start on. Here type, gaps and fixed sizes grow instead: what
is made or painted from now on asks the theme for lengths, and what is there is gone through once.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFormLayout,
    QGridLayout,
    QLayout,
    QWidget,
)

from widgets.look import theme
from widgets.look.splitter import Splitter

STEPS = (80, 90, 100, 110, 125, 150, 175, 200)
"""Per cent of the usual size."""
_UNBOUNDED = 16_777_215  # QWIDGETSIZE_MAX
_STYLED = "_q_styleSheetWidgetFont"
"""Where a style sheet keeps the font that a widget had when it was first seen, to give it back
when the widget is styled again."""
_KEPT = "lengths before zooming"


class Zoom(QObject):
    """The zoom in force; one for the application, see `of`."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._points = app.font().pointSizeF()

    @staticmethod
    def of(app: QApplication) -> Zoom:
        """The zoom of the application, made when it is first asked for."""
        return app.findChild(Zoom) or Zoom(app)

    def set(self, percent: int, thickness: float = 1.0) -> None:
        """Show everything at `percent` of its usual size, and lines of plots so much thicker.

        What is outside of STEPS is cut to them.
        """
        zoom = min(max(percent, STEPS[0]), STEPS[-1]) / 100
        ratio = zoom / theme.zoom()
        changed = ratio != 1.0
        if not changed and thickness == theme.thickness():
            return
        theme.set_zoom(zoom, thickness)
        widgets = _widgets(self._app)
        if changed:
            written = [(w, w.font()) for w in widgets if w.testAttribute(_OWN_FONT)]
            font = self._app.font()
            font.setPointSizeF(self._points * zoom)
            self._app.setFont(font)
            theme.restyle(self._app)
            for widget, before in written:
                _resize_font(widget, before, ratio)
        for widget in widgets:
            if changed:
                _resize(widget, ratio)
            else:  # plots take up their lines with their type
                self._app.sendEvent(widget, QEvent(QEvent.Type.FontChange))
            widget.updateGeometry()
            widget.update()


_OWN_FONT = Qt.WidgetAttribute.WA_SetFont


def stepped(percent: int, by: int) -> int:
    """The next larger (1) or smaller (-1) step, the last one where there is none."""
    beyond = [step for step in STEPS if (step - percent) * by > 0]
    return (beyond[0] if by > 0 else beyond[-1]) if beyond else percent


def _widgets(app: QApplication) -> list[QWidget]:
    """Every widget there is. Qt hands out their places in memory: were Python's collector to run
    while they are wrapped, it could delete one that is still to come.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return [widget for widget in app.allWidgets() if isinstance(widget, QWidget)]
    finally:
        if collects:
            gc.enable()


def _resize_font(widget: QWidget, before: QFont, ratio: float) -> None:
    """A font with a size of its own; others follow the application's by themselves."""
    now = widget.font()
    if before.pointSizeF() > 0 and math.isclose(now.pointSizeF(), before.pointSizeF()):
        now.setPointSizeF(_Lengths(widget, ratio).exact("font", before.pointSizeF()))
        widget.setFont(now)
        if widget.property(_STYLED) is not None:
            widget.setProperty(_STYLED, now)


def _resize(widget: QWidget, ratio: float) -> None:
    lengths = _Lengths(widget, ratio)
    if not widget.isWindow():
        _resize_bounds(widget, lengths)
    if isinstance(widget, QAbstractButton) and widget.icon() and not widget.icon().isNull():
        side = lengths("icon", widget.iconSize().width())
        widget.setIconSize(QSize(side, side))
    if isinstance(widget, Splitter):
        widget.follow_zoom()
    elif (top := widget.layout()) is not None:
        for place, layout in enumerate(_layouts(top)):
            _resize_layout(layout, place, lengths)


def _resize_bounds(widget: QWidget, lengths: _Lengths) -> None:
    if least := widget.minimumWidth():
        fixed = widget.maximumWidth() == least
        wide = lengths("least width", least)
        widget.setFixedWidth(wide) if fixed else widget.setMinimumWidth(wide)
    if least := widget.minimumHeight():
        fixed = widget.maximumHeight() == least
        high = lengths("least height", least)
        widget.setFixedHeight(high) if fixed else widget.setMinimumHeight(high)
    if widget.minimumWidth() < widget.maximumWidth() < _UNBOUNDED:
        widget.setMaximumWidth(lengths("most width", widget.maximumWidth()))
    if widget.minimumHeight() < widget.maximumHeight() < _UNBOUNDED:
        widget.setMaximumHeight(lengths("most height", widget.maximumHeight()))


def _resize_layout(layout: QLayout, place: int, lengths: _Lengths) -> None:
    sides = layout.contentsMargins()
    every = (sides.left(), sides.top(), sides.right(), sides.bottom())
    layout.setContentsMargins(*(lengths(f"margin {place} {k}", s) for k, s in enumerate(every)))
    if isinstance(layout, QGridLayout | QFormLayout):
        if (across := layout.horizontalSpacing()) > 0:
            layout.setHorizontalSpacing(lengths(f"across {place}", across))
        if (down := layout.verticalSpacing()) > 0:
            layout.setVerticalSpacing(lengths(f"down {place}", down))
    elif layout.spacing() > 0:
        layout.setSpacing(lengths(f"spacing {place}", layout.spacing()))


def _layouts(layout: QLayout) -> Iterator[QLayout]:
    yield layout
    for place in range(layout.count()):
        item = layout.itemAt(place)
        if item is not None and (inner := item.layout()) is not None:
            yield from _layouts(inner)


class _Lengths:
    """The lengths that a widget was made with, so that zooming to and fro loses nothing.

    One that has changed meanwhile was set at the zoom before, and counts anew.
    """

    def __init__(self, widget: QWidget, ratio: float) -> None:
        self._widget, self._ratio = widget, ratio
        self._kept: dict[str, tuple[float, float]] = dict(widget.property(_KEPT) or {})

    def __call__(self, name: str, length: int) -> int:
        return math.floor(self.exact(name, length, whole=True) + 0.5)

    def exact(self, name: str, length: float, *, whole: bool = False) -> float:
        shown, true = self._kept.get(name, (length, float(length)))
        if not math.isclose(shown, length, abs_tol=1e-6):
            true = float(length)
        true *= self._ratio
        self._kept[name] = (math.floor(true + 0.5) if whole else true, true)
        self._widget.setProperty(_KEPT, self._kept)
        return true
