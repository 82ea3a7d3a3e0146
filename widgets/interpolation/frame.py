"""How a row of the interpolation tab shows one kind of data: one place, and the whole path."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt
from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from widgets.look.images import Picture

Values: TypeAlias = npt.NDArray[Any]
"""Examples (n, …), or one (…), as the view of their kind has them."""


class Frame(QObject):
    """`spot` shows the example where one is, `strip` those along the path, where it has a place.

    `place_wanted(place)` follows a hand on the strip, `released` its end, `selected` a click;
    `point_wanted(x, y)` a click in a plane. `stretches` says that a curve beside the spot may be as
    high as the row.
    """

    place_wanted = Signal(float)
    released = Signal()
    selected = Signal()
    menu_wanted = Signal(QPoint)
    drag_wanted = Signal()
    point_wanted = Signal(float, float)

    spot: QWidget
    strip: QWidget | None = None
    stretches = False

    def show_still(self, value: Values, *, rough: bool = False) -> None:
        """Show the example where one is; `rough`: it only stands in for the real one."""
        raise NotImplementedError

    def show_guess(self, value: Values) -> None:
        """Show what an end point is so far, while its code is looked for."""

    def stand_in(self, place: float) -> bool:
        """Show the nearest example of the strip; whether there is one."""
        return False

    def show_film(self, values: Values, done: int, ends: Values) -> None:
        """Show the examples along the path, of which `done` are there, and its end points."""

    def picture(self) -> Picture | None:
        """The example where one is, as a picture to copy and drag; None where it is none."""
        return None

    def set_place(self, place: float) -> None:
        """Mark a place 0 … 1."""

    def set_count(self, frames: int) -> None:
        """Make room for so many examples along the path."""

    def set_keys(self, frames: tuple[int, ...]) -> None:
        """Mark the examples that are end points."""

    def set_stale(self, stale: bool) -> None:
        """Dim what is shown along the path: it answers an earlier question."""

    def set_title(self, title: str) -> None:
        """Name the model, for screen readers."""

    def fit(self, height: int) -> None:
        """The row is so high."""
