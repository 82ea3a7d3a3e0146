"""The controls of the interpolation tab that are the same at the next start."""

from __future__ import annotations

from dataclasses import replace

from app.interpolation.panel import Panel
from app.session.settings import Settings
from widgets.interpolation.player import STEPS
from widgets.interpolation.tab import InterpolationTab


def remember(tab: InterpolationTab, panel: Panel, settings: Settings) -> None:
    """Take up the controls of the last time."""
    panel.names = dict(settings.directions)
    tab.prompt.set_other(settings.prompt_to)
    tab.player.loop.setChecked(settings.path_loop)
    if (speed := settings.path_speed / 100) in tab.player.speed.offered():
        tab.player.speed.choose(speed)
    tab.frames.setValue(settings.path_thumbnails)
    tab.latents.pages.setCurrentIndex(settings.path_page)
    if sizes := settings.splitters.get("interpolation"):
        tab.splitter.setSizes(list(sizes))


def place_near(place: float, count: int, settings: Settings) -> float:
    """The place of the last time if it is nearest to this one of `count` frames, else this one."""
    before = settings.path_place / STEPS
    return before if abs(before - place) <= 0.5 / max(1, count - 1) else place


def settings_of(
    tab: InterpolationTab, panel: Panel, settings: Settings, *, shown: bool
) -> Settings:
    """The settings with this tab's controls in them; before it was `shown` its parts have no
    widths.
    """
    sizes = {"interpolation": tuple(tab.splitter.sizes())} if shown else {}
    return replace(
        settings,
        splitters={**settings.splitters, **sizes},
        directions=dict(panel.names),
        prompt_to=tab.prompt.other_text(),
        path_loop=tab.player.loop.isChecked(),
        path_speed=round(100 * float(tab.player.speed.currentData())),
        path_thumbnails=int(tab.frames.value()),
        path_page=tab.latents.pages.currentIndex(),
        path_place=round(STEPS * tab.player.place()) if shown else settings.path_place,
    )
