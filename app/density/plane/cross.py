"""The cross-hair: one place of the plane in every map, and what each says there."""

from __future__ import annotations

from collections.abc import Mapping

from app.density.plane.map import DensityMap
from widgets.density.numbers import Number
from widgets.density.plane_view import PlaneView


def show_cross(
    view: PlaneView, maps: Mapping[str, DensityMap], difference: str, at: tuple[float, float]
) -> None:
    """Mark a place in every map and read them all there, and the difference of that name, too."""
    numbers: dict[str, Number] = {}
    for name, each in maps.items():
        each.panel.map.set_cross(at)
        if (found := each.number(*at)) is not None:
            numbers[name] = found
    if (panel := view.panel(difference)) is not None:
        panel.map.set_cross(at)
        if (value := panel.map.value_at(*at)) is not None:
            numbers[difference] = Number(f"{value:+.3f}".replace("-", "−"))
    view.numbers.set_cursor(at, numbers)


def hide_cross(view: PlaneView) -> None:
    """The cursor is over no map."""
    for name in view.names():
        if (panel := view.panel(name)) is not None:
            panel.map.set_cross(None)
    view.numbers.set_cursor(None, {})
