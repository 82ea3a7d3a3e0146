"""The order in which Tab goes through what is in view: as the eye does, layout by layout.

Qt's own order is that in which widgets were made; columns and knobs come and go. So the way is
looked up at the moment when somebody presses Tab.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QLayout,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from widgets.look import theme

_WHOLE = (QAbstractSpinBox, QComboBox, QAbstractItemView)
"""Made of parts that are reached by other keys."""


def order(root: QWidget) -> list[QWidget]:
    """The widgets below `root` that Tab stops at, in the order of the eye."""
    found = [root] if _stops(root) else []
    if isinstance(root, _WHOLE):
        return found
    for child in _in_sight(root):
        found += order(child)
    return found


def step(root: QWidget, forward: bool) -> bool:
    """Go to the next or the one before, round at the ends; False where there is none."""
    stops, now = order(root), QApplication.focusWidget()
    while now is not None and now not in stops and now is not root:
        now = now.parentWidget()
    if not stops:
        return False
    by = 1 if forward else -1
    here = stops.index(now) if now is not None and now in stops else (-1 if forward else 0)
    wanted = stops[(here + by) % len(stops)]
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    wanted.setFocus(reason)
    _reveal(wanted)
    return True


def put_after(widget: QWidget, other: QWidget) -> None:
    """Tab reaches `widget`, which no layout holds, after its neighbour `other`, which one does."""
    widget.setProperty("after", other)


def ring(widget: QWidget, painter: QPainter) -> None:
    """Draw a frame inside of a widget's edge while it has the focus."""
    if widget.hasFocus():
        painter.setPen(QPen(theme.colour("accent"), 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(painter.viewport().adjusted(1, 1, -1, -1))


def _stops(widget: QWidget) -> bool:
    button = widget if isinstance(widget, QAbstractButton) else None
    return (
        (bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) or _leads(button))
        and widget.focusProxy() is None
        and widget.isEnabled()
        and not widget.isWindow()
        and not (button is not None and _stands_back(button))
    )


def _leads(button: QAbstractButton | None) -> bool:
    """Of buttons of which one is down, that one: where no hand has pressed it, Qt leaves the stop
    at the one before, which stands back."""
    group: QButtonGroup | None = button.group() if button is not None else None
    wants = button is not None and bool(button.focusPolicy() & Qt.FocusPolicy.ClickFocus)
    return wants and group is not None and group.exclusive() and group.checkedButton() is button


def _stands_back(button: QAbstractButton) -> bool:
    """Of buttons of which one is down, Tab stops at that; arrow keys go to the others."""
    group: QButtonGroup | None = button.group()  # Qt's stubs leave out that there may be none
    if group is not None:
        return group.exclusive() and group.checkedButton() not in (None, button)
    above = button.parentWidget()
    if not button.autoExclusive() or button.isChecked() or above is None:
        return False
    others = above.findChildren(QAbstractButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return any(other.autoExclusive() and other.isChecked() for other in others)


def _in_sight(widget: QWidget) -> list[QWidget]:
    """The visible parts of a widget: as they are laid out, then the others by their places."""
    seen = [
        child
        for child in widget.children()
        if isinstance(child, QWidget) and child.isVisible() and not child.isWindow()
    ]
    layout = widget.layout()
    laid = _laid_out(layout) if layout is not None and not _stacked(widget) else []
    placed = {id(child): place for place, child in enumerate(laid)}
    last = len(placed)

    def place(child: QWidget) -> tuple[float, int, int]:
        after = placed.get(id(child.property("after")), last)
        return placed.get(id(child), after + 0.5), child.y() // 8, child.x()

    return sorted(seen, key=place)


def _stacked(widget: QWidget) -> bool:
    return isinstance(widget, QStackedWidget)


def _laid_out(layout: QLayout) -> list[QWidget]:
    """The widgets of a layout and of those in it, a grid's row by row."""
    places = list(range(layout.count()))
    if isinstance(layout, QGridLayout):
        places.sort(key=lambda place: tuple(layout.getItemPosition(place))[:2])  # type: ignore[arg-type]
    found: list[QWidget] = []
    for place in places:
        item = layout.itemAt(place)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            found.append(widget)
        elif (inner := item.layout()) is not None:
            found += _laid_out(inner)
    return found


def _reveal(widget: QWidget) -> None:
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(widget)
        above = above.parentWidget()
