"""Frames that tabs are made of: cards and columns that scroll, and what leaves them again."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QLayout, QScrollArea, QWidget

from widgets.look import lay, theme

W = TypeVar("W", bound=QWidget)


def card(content: QWidget, *, margin: int = 1, least: int = 0) -> QFrame:
    """A card around `content`, at least so many device-independent pixels wide at 100 %."""
    frame = QFrame()
    frame.setProperty("card", True)
    frame.setMinimumWidth(theme.px(least))
    lay.down(content, on=frame, margins=margin, spacing=None)
    return frame


def scrolled(content: QWidget, *, least: int = 0, sideways: bool = False) -> QScrollArea:
    """`content` as wide as there is room, and as high as it likes.

    With `sideways` it may be wider than there is room, too.
    """
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    if not sideways:
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of what is in it
    area.setMinimumWidth(theme.px(least))
    area.setWidget(content)
    area.viewport().setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    return area


def leave(widget: QWidget) -> None:
    """Let a widget go, out of sight at once."""
    widget.hide()
    widget.deleteLater()


def keep_only(widgets: dict[str, W], names: Collection[str]) -> None:
    """Let those go that are not among these names."""
    for name in [name for name in widgets if name not in names]:
        leave(widgets.pop(name))


def paint_once(widget: QWidget) -> None:
    """Paint what lies in a widget when all of it has its place: while rows come one by one, each
    would be painted in every size that it has on the way.
    """
    if widget.isVisible() and widget.updatesEnabled():
        widget.setUpdatesEnabled(False)
        QTimer.singleShot(0, widget, lambda: widget.setUpdatesEnabled(True))


def clear(layout: QLayout) -> None:
    """Let all go that is laid out here."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            leave(widget)
