"""Layouts in one call: what stands below or beside what, with how much room around and between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from widgets.look import theme
from widgets.look.splitter import Splitter


class _Stretch:
    """Room that takes what the others leave."""


class _Usual:
    """The room that parts have between them, unless more or less is wanted."""


STRETCH: Final = _Stretch()
USUAL: Final = _Usual()
Part: TypeAlias = QWidget | QLayout | _Stretch | tuple[QWidget | QLayout, int]
"""What stands in a layout; a pair says which share of the room left it takes."""
Margins: TypeAlias = int | tuple[int, int, int, int] | None
B = TypeVar("B", bound=QBoxLayout)


def down(
    *parts: Part,
    on: QWidget | None = None,
    margins: Margins = 0,
    spacing: int | _Usual | None = USUAL,
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
    spacing: int | _Usual | None = USUAL,
) -> QHBoxLayout:
    """The same beside each other."""
    return _filled(QHBoxLayout() if on is None else QHBoxLayout(on), parts, margins, spacing)


def bare(layout: QLayout, spacing: int | _Usual = USUAL) -> None:
    """Leave no room around a layout, and so much between its parts."""
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.UNIT if isinstance(spacing, _Usual) else spacing)


def split(
    parent: QWidget,
    *parts: QWidget | tuple[QWidget, int],
    sizes: Sequence[int] = (),
    upright: bool = False,
) -> Splitter:
    """Parts beside each other, or `upright` below each other, with edges that a hand can drag."""
    way = Qt.Orientation.Vertical if upright else Qt.Orientation.Horizontal
    made = Splitter(way, parent)
    for part in parts:
        made.add(*(part if isinstance(part, tuple) else (part, 0)))
    if sizes:
        made.setSizes(list(sizes))
    return made


def _filled(
    layout: B, parts: tuple[Part, ...], margins: Margins, spacing: int | _Usual | None
) -> B:
    if margins is not None:
        sides = margins if isinstance(margins, tuple) else (margins,) * 4
        layout.setContentsMargins(*sides)
    if spacing is not None:
        layout.setSpacing(theme.UNIT if isinstance(spacing, _Usual) else spacing)
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
