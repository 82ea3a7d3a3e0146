"""What a column of the sampling tab needs of the widget that shows its examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from PySide6.QtWidgets import QWidget


class Body(Protocol):
    """A widget with the signals `chosen(i)`, `menu_wanted(i, global position)`, `copy_wanted(i)`.

    One that examples can be dragged out of has `drag_wanted(i)`, too; one in the colour of its
    family `set_colour(colour)`; bodies that pan and zoom together have `link(other)`.
    """

    chosen: Any
    menu_wanted: Any
    copy_wanted: Any

    def set_stale(self, stale: bool) -> None:
        """Dim what is shown: it belongs to an earlier request."""

    def current(self) -> int | None:
        """The example with the ring."""

    def set_current(self, i: int | None) -> None:
        """Move the ring without a signal."""


MakeBody: TypeAlias = Callable[[QWidget], Any]
"""Makes a Body that is a widget of its own, below the given one."""
