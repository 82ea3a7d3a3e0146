"""Maps of 512² pixels per family, first frame and all, and pan and zoom of a ready 1024² map."""

from __future__ import annotations

import time

import numpy as np
import torch
from PySide6.QtWidgets import QApplication

from engines.catalog import open_model
from engines.maps.area import Area
from engines.maps.fields import Field, field_of, truth_of
from engines.maps.moments import Memory, sweep_of
from engines.maps.noised import LOWEST, field_at
from engines.maps.refine import Map, refine
from engines.toys import TOYS
from tests.benchmarks.table import Row, percentile
from widgets.colours import Scale
from widgets.heatmap import HeatMap

SIDE = 512
AREA = Area(-1.6, 2.6, -2.1, 2.1)
GOALS = {
    "autoregressive": 500, "kde": 500, "energy": 500, "mfa": 500, "flow": 2000, "vae": 3000,
    "diffusion": 20_000,
}  # fmt: skip
DATA = {"energy": "rings"}
FIRST = 50


def rows() -> list[Row]:
    """Each family once warm, two threads: first frame and full map; then frames a second."""
    torch.set_num_threads(2)
    measured = []
    for family, goal in GOALS.items():
        data = DATA.get(family, "moons")
        area = AREA if data == "moons" else Area(-4, 4, -4, 4)
        baseline = _drive(truth_of(data), area)[1]
        field = _field(f"{data}/{family}")
        _drive(field, area, 64)
        first, every = _drive(_field(f"{data}/{family}"), area)
        what = f"map of {SIDE}², {data}/{family}"
        measured.append(Row(f"{what}, first frame", first, "ms", "whole map", every, FIRST))
        measured.append(Row(what, every, "ms", "truth", baseline, goal))
    return [*measured, *_frames()]


def _field(name: str) -> Field:
    model = open_model(name)
    if model.card.family == "diffusion":
        return field_at(sweep_of(model, None, Memory()), LOWEST)
    return field_of(model)


def _drive(field: Field, area: Area, side: int = SIDE) -> tuple[float, float]:
    """Milliseconds until the first frame and until the last."""
    began, first = time.perf_counter(), None
    run = refine(field, area, side, side)
    for step in run:
        if first is None and isinstance(step, Map):
            first = 1000 * (time.perf_counter() - began)
    every = 1000 * (time.perf_counter() - began)
    return first or every, every


def _frames() -> list[Row]:
    """Panning a ready 1024² map: painted at once, against the same widget without a map."""
    app = QApplication.instance() or QApplication([])
    times = []
    for side in (1024, 2):
        heat = HeatMap()
        heat.resize(700, 700)
        heat.show()
        values = TOYS["moons"].log_grid(*(torch.from_numpy(a) for a in AREA.axes(side, side)))
        shown = np.ascontiguousarray(values.view(side, side).T.float().numpy())
        heat.set_range(AREA.x0, AREA.x1, AREA.y0, AREA.y1)
        heat.set_scale(Scale(-12, 0))
        heat.set_map(shown, (AREA.x0, AREA.x1, AREA.y0, AREA.y1))
        app.processEvents()
        spent = []
        for step in range(90):
            began = time.perf_counter()
            move, zoom = 0.01 * np.sin(step / 9), 1 + 0.1 * np.sin(step / 7)
            heat.follow(
                AREA.x0 * zoom + move, AREA.x1 * zoom + move, AREA.y0 * zoom, AREA.y1 * zoom
            )
            heat.repaint()
            app.processEvents()
            spent.append(1000 * (time.perf_counter() - began))
        times.append(percentile(spent, 0.95))
        heat.close()
    return [Row("pan and zoom of a ready 1024² map, p95 frame", times[0], "ms",
                "without a map", times[1], 1000 / 30)]  # fmt: skip
