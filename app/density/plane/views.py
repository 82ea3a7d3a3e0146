"""The controls of the maps of the plane as a view, as settings, and back."""

from __future__ import annotations

from dataclasses import replace

from app.session.settings import Settings
from app.tasks.mapping_recipe import View
from engines.maps.area import Area
from widgets.density.controls import SIDES, DensityControls

MOST_SIDE, _CLOSE = 1024, 0.5


def view_of_controls(
    controls: DensityControls,
    models: tuple[str, ...],
    area: Area,
    points: tuple[tuple[float, float], ...],
) -> View:
    """What is set, as a view of these models."""
    time = controls.time
    return View(
        models=models,
        area=area,
        side=controls.side(),
        label=controls.classes.label(),
        given=controls.attributes.given(),
        logarithmic=controls.logarithmic(),
        range=float(controls.range.value()),
        contours=controls.contours.isChecked(),
        data=controls.data.isChecked(),
        points=points,
        difference=controls.difference(),
        inside=(time.chosen(), time.place()) if time.chosen() else None,
        samples=controls.samples.isChecked(),
    )


def show_view(controls: DensityControls, view: View) -> None:
    """Set every control, silently."""
    controls.show_view(
        label=view.label,
        side=view.side,
        logarithmic=view.logarithmic,
        range_=view.range,
        contours=view.contours,
        data=view.data,
        difference=view.difference,
        inside=view.inside,
        samples=view.samples,
    )


def detail(side: int, area: Area, home: Area) -> int:
    """Pixels along the longer side: twice as many as asked where less than half is in view."""
    close = max(area.size) < _CLOSE * max(home.size)
    return max(side, min(2 * side, MOST_SIDE)) if close else side


def remember(controls: DensityControls, settings: Settings) -> None:
    """Set what was remembered, silently, cut to what the controls offer."""
    side = max((s for s in SIDES if s <= settings.density_side), default=SIDES[0])
    controls.show_view(
        label=None,
        side=side,
        logarithmic=settings.density_logarithmic,
        range_=float(settings.density_range),
        contours=settings.density_contours,
        data=settings.density_data,
        samples=settings.density_samples,
        difference=None,
        inside=None,
    )


def settings_of(controls: DensityControls, settings: Settings) -> Settings:
    """The settings with these controls in them."""
    return replace(
        settings,
        density_side=controls.side(),
        density_logarithmic=controls.logarithmic(),
        density_range=int(controls.range.value()),
        density_contours=controls.contours.isChecked(),
        density_data=controls.data.isChecked(),
        density_samples=controls.samples.isChecked(),
    )
