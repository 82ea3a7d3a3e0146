"""What is in view on its way out: one picture of all maps, their values, and the view itself."""

from __future__ import annotations

from app.density.plane.map import DensityMap
from app.exchange.export import Export
from app.recipes.recipe import Recipe, png_bytes
from app.session.session import Session
from app.tasks.map_sheet import Panel, caption, sheet, values_bytes
from app.tasks.mapping import MapFrame
from app.tasks.mapping_recipe import View, recipe_of
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
        frames = _frames(maps)
        if not frames or scale is None:
            self._messages.tell(NOTHING, severity=Severity.NOTE)
            return
        unit = "p(x) per unit area" if scale.exponential else "log p(x), nats"
        panels = [
            Panel(
                maps[name].title, caption(frame), frame.values, scale, unit, maps[name].shown_levels
            )
            for name, frame in frames.items()
        ]
        if difference is not None and (gap := difference.map.values()) is not None:
            own = difference.map.scale()
            title = f"{difference.title()}, {difference.badge.text()}"
            panels.append(Panel(title, "difference", gap, own, "difference"))
        recipe = self._recipe(view)
        self._export.save_bytes(png_bytes(sheet(panels), recipe), _name(view, ".png"))

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
