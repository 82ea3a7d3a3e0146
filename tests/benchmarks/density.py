"""Maps of 512² pixels per family, first frame and all; the window's heartbeat while maps of 1024²
compute; pan and zoom of a ready one.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.density.plane.page import Plane
from app.session.settings import Settings
from app.window.window import Window
from engines.checkpoints import memory
from engines.data.toys import TOYS
from engines.maps.area import Area
from engines.maps.fields import Field, field_of, truth_of
from engines.maps.moments import Memory, sweep_of
from engines.maps.noised import LOWEST, field_at
from engines.maps.refine import Map, refine
from engines.opening import open_model
from tests.benchmarks.beats import Heart, until, wait
from tests.benchmarks.table import Row, percentile
from widgets.look import theme
from widgets.look.colours import Scale
from widgets.plots.heatmap import HeatMap

SIDE = 512
AREA = Area(-1.6, 2.6, -2.1, 2.1)
GOALS = {
    "autoregressive": 500,
    "kde": 500,
    "energy": 500,
    "mfa": 500,
    "flow": 2000,
    "vae": 3000,
    "diffusion": 20_000,
}
DATA = {"energy": "rings"}
FIRST, _BEAT_SECONDS = 50, 20


def rows() -> list[Row]:
    """Each family once warm, two threads: first frame and full map; then frames a second."""
    torch.set_num_threads(2)
    memory.keep()  # as in the window
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
    return [*measured, *_hearts(), *_frames()]


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


def _hearts() -> list[Row]:
    """The real window on its density tab: at rest, and while maps of four models are on their way.

    The view is moved twice a second, so that there is always something to map.
    """
    app = QApplication.instance() or QApplication([])
    theme.apply(app, theme.Mode.LIGHT)
    models = tuple(f"moons/{family}" for family in ("flow", "kde", "vae", "diffusion"))
    window = Window(Settings(data="moons", models={"moons": models}, points=100, density_side=1024))
    window.show()
    window.begin()
    window.tabs.setCurrentIndex(window.tabs.count() - 1)
    presenter = window.presenters[-1]
    until(lambda: presenter.page is not None and len(presenter.page.maps) == 5)
    plane = presenter.page
    until(lambda: all(m.frame is not None for m in plane.maps.values()), 300)
    hand = QTimer()
    hand.timeout.connect(lambda: _nudge(plane))
    hand.start(500)
    busy = _beat(_BEAT_SECONDS)
    hand.stop()
    presenter.stop()
    wait(1)
    idle = _beat(_BEAT_SECONDS / 2)
    window.close()
    what = f"10 ms heartbeat, p99 over {_BEAT_SECONDS} s, five maps of 1024² on their way"
    return [
        Row(what, percentile(busy, 0.99), "ms", "idle", percentile(idle, 0.99), 50),
        Row("the same, worst gap", max(busy), "ms", "idle", max(idle)),
    ]


def _nudge(plane: Plane) -> None:
    """Move what is in view by a hundredth, as a hand would."""
    x0, x1, y0, y1 = plane.view.box_in_view()
    step = 0.01 * (x1 - x0)
    heat = plane.maps["truth"].panel.map
    heat.follow(x0 + step, x1 + step, y0, y1)
    heat.view_moved.emit(*heat.box_in_view())


def _beat(seconds: float) -> list[float]:
    heart = Heart()
    wait(seconds)
    heart.stop()
    return heart.gaps[5:]


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
    return [
        Row(
            "pan and zoom of a ready 1024² map, p95 frame",
            times[0],
            "ms",
            "without a map",
            times[1],
            1000 / 30,
        )
    ]
