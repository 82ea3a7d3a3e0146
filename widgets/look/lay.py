"""Layouts in one call: what stands below or beside what, with how much room around and between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QSplitter, QVBoxLayout, QWidget

from widgets.look import theme


class _Stretch:
    """Room that takes what the others leave."""


STRETCH: Final = _Stretch()
Part: TypeAlias = QWidget | QLayout | _Stretch | tuple[QWidget | QLayout, int]
"""What stands in a layout; a pair says which share of the room left it takes."""
Margins: TypeAlias = int | tuple[int, int, int, int] | None
B = TypeVar("B", bound=QBoxLayout)


def down(
    *parts: Part,
    on: QWidget | None = None,
    margins: Margins = 0,
    spacing: int | None = theme.UNIT,
) -> QVBoxLayout:
    """Parts below each other, laid out `on` a widget where one is named.

    `margins` are on all sides alike, or left, top, right, bottom; None for either of the two
    leaves it to the style.
    """
    return _filled(QVBoxLayout() if on is None else QVBoxLayout(on), parts, margins, spacing)


def across(
    *parts: Part,
    on: QWidget | None = None,
    margins: Margins = 0,
    spacing: int | None = theme.UNIT,
) -> QHBoxLayout:
    """The same beside each other."""
    return _filled(QHBoxLayout() if on is None else QHBoxLayout(on), parts, margins, spacing)


def bare(layout: QLayout, spacing: int = theme.UNIT) -> None:
    """Leave no room around a layout, and so much between its parts."""
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)


def split(
    parent: QWidget,
    *parts: QWidget | tuple[QWidget, int],
    sizes: Sequence[int] = (),
    upright: bool = False,
) -> QSplitter:
    """Parts beside each other, or `upright` below each other, with edges that a hand can drag."""
    way = Qt.Orientation.Vertical if upright else Qt.Orientation.Horizontal
    made = QSplitter(way, parent)
    made.setChildrenCollapsible(False)
    made.setHandleWidth(theme.UNIT)
    for place, part in enumerate(parts):
        what, share = part if isinstance(part, tuple) else (part, 0)
        made.addWidget(what)
        made.setStretchFactor(place, share)
    if sizes:
        made.setSizes(list(sizes))
    return made


def _filled(layout: B, parts: tuple[Part, ...], margins: Margins, spacing: int | None) -> B:
    if margins is not None:
        sides = margins if isinstance(margins, tuple) else (margins,) * 4
        layout.setContentsMargins(*sides)
    if spacing is not None:
        layout.setSpacing(spacing)
    for part in parts:
        if isinstance(part, _Stretch):
            layout.addStretch(1)
            continue
        what, share = part if isinstance(part, tuple) else (part, 0)
        if isinstance(what, QWidget):
            layout.addWidget(what, share)
        else:
            layout.addLayout(what, share)
    return layout
