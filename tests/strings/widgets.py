"""The strings of a widget and of all that is in it, whatever its class."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QMenu, QTabWidget, QWidget

_SAYS = (
    "text",
    "title",
    "placeholderText",
    "toolTip",
    "statusTip",
    "whatsThis",
    "windowTitle",
    "accessibleName",
    "accessibleDescription",
    "suffix",
    "prefix",
    "specialValueText",
    "explanation",
)
_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)


def strings(top: QWidget) -> Iterator[tuple[str, str]]:
    """What each widget is called in the code, with what it says there, and the string."""
    for widget in (top, *top.findChildren(QWidget)):
        kind = type(widget).__name__
        if widget.objectName().startswith("qt_"):  # a part of one of Qt's own
            continue
        for what, text in _of(widget):
            if text.strip():
                yield f"{kind}.{what}", text
    for action in top.findChildren(QAction):
        for what in ("text", "toolTip"):
            yield f"QAction.{what}", getattr(action, what)()


def _of(widget: QWidget) -> Iterator[tuple[str, str]]:
    for what in _SAYS:
        said = getattr(widget, what, None)
        if callable(said):
            try:
                text = said()
            except TypeError:  # one that takes an argument: not a string of the widget
                continue
            if isinstance(text, str):
                yield what, text
    if isinstance(widget, QComboBox):
        for place in range(widget.count()):
            yield "item", widget.itemText(place)
            tip = widget.itemData(place, Qt.ItemDataRole.ToolTipRole)
            yield "item tip", tip if isinstance(tip, str) else ""
    if isinstance(widget, QTabWidget):
        for place in range(widget.count()):
            yield "tab", widget.tabText(place)
            yield "tab tip", widget.tabToolTip(place)
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        yield from _of_view(widget)
    if isinstance(widget, QMenu):
        yield "menu", widget.title()


def _of_view(
    view: QAbstractItemView, under: QModelIndex | None = None
) -> Iterator[tuple[str, str]]:
    model, under = view.model(), under or QModelIndex()
    # Qt keeps the columns of a list to itself: there is one
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(under)
    for column in range(columns):
        for role in _ROLES:
            head = model.headerData(column, Qt.Orientation.Horizontal, role)
            yield "header", head if isinstance(head, str) else ""
        for row in range(min(model.rowCount(under), 200)):
            index = model.index(row, column, under)
            for role in _ROLES:
                text = index.data(role)
                yield "item", text if isinstance(text, str) else ""
            if column == 0 and model.rowCount(index):
                yield from _of_view(view, index)
