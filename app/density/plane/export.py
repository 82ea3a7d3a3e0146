"""What is in view on its way out: one picture of all maps, their values, and the view itself."""

from __future__ import annotations

from functools import partial

import numpy as np

from app.density.plane.figure import figure_of
from app.density.plane.map import DensityMap
from app.exchange.export import Export
from app.exchange.figures import Drawn
from app.kinds.points import axes_of
from app.models.titles import data_title
from app.recipes.recipe import Recipe, png_bytes
from app.recipes.result import Result
from app.session.session import Session
from app.tab.continuing import Standing
from app.tasks.map_sheet import Panel, caption, sheet, values_bytes
from app.tasks.mapping import MapFrame
from app.tasks.mapping_recipe import View, recipe_of
from engines.facts.tasks import Task
from widgets.figure.figure import usual_row
from widgets.look.colours import Scale
from widgets.plots.heat_panel import HeatPanel
from widgets.window.messages import Messages, Severity

NOTHING = "Nothing is finished yet: wait for the maps."


class DensityExport:
    """Asks for a place and writes; errors become messages."""

    def __init__(self, session: Session, export: Export, messages: Messages) -> None:
        self._session, self._export = session, export
        self._messages = messages

    def picture(
        self,
        view: View,
        maps: dict[str, DensityMap],
        scale: Scale | None,
        difference: HeatPanel | None,
    ) -> None:
        """All maps with their scales as one PNG, the view inside."""
        panels = self._panels(maps, scale, difference)
        if not panels:
            self._messages.tell(NOTHING, severity=Severity.NOTE)
            return
        recipe = self._recipe(view)
        self._export.save_bytes(png_bytes(sheet(panels), recipe), _name(view, ".png"))

    def keep(
        self,
        view: View | None,
        maps: dict[str, DensityMap],
        scale: Scale | None,
        difference: HeatPanel | None,
    ) -> None:
        """Keep what is in view in the history, once every map of it is finished."""
        frames = _frames(maps)
        if view is None or any(
            m.frame is None or m.frame.request != m.wanted for m in maps.values()
        ):
            return
        panels = self._panels(maps, scale, difference)
        if len(frames) < len(maps) or not panels:
            return
        card, seed = self._session.cards[view.models[0]], self._session.seed
        cards = {name: self._session.cards[name] for name in view.models}
        result = Result(
            Task.DENSITY,
            card,
            partial(recipe_of, view, cards, seed),
            np.stack([frame.values for frame in frames.values()]),
            queued=False,
            picture=partial(sheet, panels),
        )
        self._session.open.keep.finish(result)

    def standing(self, view: View | None) -> Standing | None:
        """The view that a hand has set, for the next start."""
        if view is None:
            return None
        cards = {name: self._session.cards[name] for name in view.models}
        recipe = partial(recipe_of, view, cards, self._session.seed)
        title = f"density maps of {data_title(cards[view.models[0]].data)}"
        return Standing(title, (view,), recipe)

    def _panels(
        self, maps: dict[str, DensityMap], scale: Scale | None, difference: HeatPanel | None
    ) -> list[Panel]:
        """What a picture of all finished maps shows; empty while there is nothing."""
        frames = _frames(maps)
        if scale is None:
            return []
        unit = "p(x) per unit area" if scale.exponential else "log p(x), nats"
        panels = [
            Panel(
                maps[name].title, caption(frame), frame.values, scale, unit, maps[name].shown_levels
            )
            for name, frame in frames.items()
        ]
        if panels and difference is not None and (gap := difference.map.values()) is not None:
            own = difference.map.scale()
            title = f"{difference.title()}, {difference.badge.text()}"
            panels.append(Panel(title, "difference", gap, own, "difference"))
        return panels

    def figure(
        self,
        view: View | None,
        maps: dict[str, DensityMap],
        scale: Scale | None,
        difference: HeatPanel | None,
    ) -> Drawn | None:
        """All finished maps as a figure, None while there is none."""
        panels = self._panels(maps, scale, difference)
        if not panels or scale is None or view is None:
            return None
        card = self._session.cards[view.models[0]]
        names = axes_of(card.kind, card.data)
        area = next(iter(_frames(maps).values())).request.area
        waiting = [each.title for name, each in maps.items() if name not in _frames(maps)]
        made = partial(figure_of, panels, area.box, names, scale, waiting)
        recipe = self._recipe(view)
        count = len(panels)
        return Drawn(made, count, usual_row(count), lambda: (recipe,), _name(view, ""))

    def values(self, view: View, maps: dict[str, DensityMap]) -> None:
        """The log-densities of all maps as .npz or .csv, the view inside."""
        frames = _frames(maps)
        if not frames:
            self._messages.tell(NOTHING, severity=Severity.NOTE)
            return
        kinds = "Arrays (*.npz);;Comma-separated values (*.csv)"
        self._export.save_values(
            _name(view, ".npz"), kinds, lambda path: values_bytes(frames, self._recipe(view), path)
        )

    def _recipe(self, view: View) -> Recipe:
        return recipe_of(view, self._session.cards, self._session.seed)


def _frames(maps: dict[str, DensityMap]) -> dict[str, MapFrame]:
    """The finished maps of one area, the truth first."""
    found = {n: m.frame for n, m in maps.items() if m.frame is not None and m.frame.complete}
    first = next(iter(found.values()), None)
    return {
        name: frame
        for name, frame in found.items()
        if first is not None
        and frame.request.area == first.request.area
        and frame.values.shape == first.values.shape
    }


def _name(view: View, suffix: str) -> str:
    data = view.models[0].split("/")[0]
    families = "-".join(name.split("/")[1] for name in view.models[:4])
    return f"{data}-density-{families}{suffix}"
