"""Presents the page of outliers for points: a map of p-values for each model chosen."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Slot

from app.tab.parts import Parts
from app.tasks.uses.plane_judging import SIDE, PMap, p_map
from app.uses.plane_maps import PlaneMaps
from engines.uses.outliers import reference
from widgets.uses.plane_outlier_view import PlaneOutlierView

_SHARE = "Where p exceeds the false-alarm rate: the smaller, the more places a model finds strange."


class PlaneOutliers(PlaneMaps[PMap]):
    """The line of the rate that is asked for lies over the maps."""

    view: PlaneOutlierView

    def __init__(self, view: PlaneOutlierView, parts: Parts, parent: QObject) -> None:
        jobs = partial(p_map, parts.session.open, side=SIDE)
        super().__init__(view.maps, parts, "p-values of the plane", jobs, parent)
        self.view = view
        view.looked.connect(self.show)

    def arrive(self, name: str, found: PMap) -> None:
        values = np.log10(found.p).astype(np.float32)
        self.view.maps.panels[name].map.set_map(values, found.area.box)

    @Slot()
    def show(self) -> None:
        """Draw the line of the rate chosen, and what it holds."""
        rate = self.view.false_alarms()
        for name, found in self.found.items():
            panel = self.view.maps.panels[name]
            panel.map.set_levels((float(np.log10(rate)),))
            panel.map.set_data(found.points if self.view.points.isChecked() else None)
            inside = float((found.p > rate).mean())
            panel.set_footer(f"{100 * inside:.0f} % of the area is not flagged", _SHARE)
        self.view.rate_says.setText(
            f"{100 * rate:g} %: flagged where p ≤ {rate:g}, by {reference.CALIBRATION:,} held-out "
            "points. A sharper model leaves less of the plane unflagged."
        )
