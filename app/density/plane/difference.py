"""The difference of two maps on a diverging scale of its own."""

from __future__ import annotations

import numpy as np

from app.density.plane.map import DensityMap
from app.tasks.mapping import MapFrame
from engines.maps.kinds import Kind
from widgets.look.colours import Scale
from widgets.look.state import State
from widgets.plots.colour_bar import ColourBar
from widgets.plots.heat_panel import HeatPanel

_SHARE = 0.995
SAME = "a map less itself: zero by definition"


def show_difference(
    panel: HeatPanel,
    bar: ColourBar,
    maps: tuple[DensityMap | None, DensityMap | None],
    shared: Scale | None,
) -> None:
    """The first map less the second, as soon as both are there and of one area."""
    same = maps[0] is not None and maps[0] is maps[1]
    a, b = (each.frame if each is not None else None for each in maps)
    if a is None or b is None or shared is None:
        return
    if a.request.area == b.request.area and a.values.shape == b.values.shape:
        _show(panel, bar, a, b, shared)
        if same:
            panel.set_footer(
                f"{SAME}.", f"{SAME[:1].upper()}{SAME[1:]}. Choose two maps to compare them."
            )


def _show(panel: HeatPanel, bar: ColourBar, a: MapFrame, b: MapFrame, shared: Scale) -> None:
    """a − b where either is on the shared scale; elsewhere both are too faint to compare."""
    with np.errstate(invalid="ignore"):
        gap = np.exp(a.values) - np.exp(b.values) if shared.exponential else a.values - b.values
    faint = (a.values < shared.low) & (b.values < shared.low)
    gap = np.where(faint, 0, np.nan_to_num(gap, posinf=1e3, neginf=-1e3)).astype(np.float32)
    seen = np.abs(gap[~faint])
    most = float(np.quantile(seen, _SHARE)) if seen.size else 1.0
    if not shared.exponential:
        most = min(most, shared.high - shared.low)
    scale = Scale(-max(most, 1e-6), max(most, 1e-6), diverging=True)
    area = a.request.area
    panel.map.set_scale(scale)
    panel.map.set_map(gap, area.box)
    bar.set_scale(scale, "difference, per unit area" if shared.exponential else "difference, nats")
    panel.set_kind(_kind(a.kind, b.kind), _tip(a.kind, b.kind))
    panel.set_state(State.READY)
    panel.set_footer("white: equal, or both below the scale", _tip(a.kind, b.kind))


def _kind(a: Kind, b: Kind) -> str:
    exact = {Kind.TRUTH, Kind.EXACT}
    if {a, b} <= exact:
        return "exact"
    kinds = [kind.value for kind in (a, b) if kind not in exact]
    return kinds[0] if len(set(kinds)) == 1 else "difference"


def _tip(a: Kind, b: Kind) -> str:
    return f"First: {a.says} Second: {b.says}"
