"""Maps of the plane by mouse in the real window: compared, zoomed, saved and brought back."""

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from app.recipes.recipe import read_png
from app.session.settings import Settings
from engines import log_density, open_model
from engines.checkpoints.catalog import ROOT
from tests.e2e.test_first_look import LEFT, drag, pick

MFA, KDE, FLOW = "moons/mfa", "moons/kde", "moons/flow"
PLACE = 3


def density(stage, *, side=0):
    """Bring the tab to the front and wait for its maps; returns its presenter."""
    bar = stage.window.tabs.tabBar()
    stage.click(bar, bar.tabRect(PLACE).center())
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.page is not None and presenter.page.maps)
    presenter.page.view.controls.detail.setCurrentIndex(side)
    stage.until(lambda: rests(presenter.page))
    return presenter.page


def rests(plane):
    """Whether every map is finished and is the one that was asked for last."""
    frames = [(m.frame, m.wanted) for m in plane.maps.values()]
    return plane.home is not None and all(
        frame is not None and frame.complete and frame.request == wanted for frame, wanted in frames
    )


def wheel(heat, at, turns):
    """Turn the wheel over a map."""
    viewport = heat.viewport()
    event = QWheelEvent(
        QPointF(at),
        viewport.mapToGlobal(QPointF(at)),
        QPoint(),
        QPoint(0, 120 * turns),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def test_maps_are_compared_zoomed_saved_and_brought_back(open_window, tmp_path, monkeypatch):
    stage = open_window(Settings(data="moons", models={"moons": (MFA, KDE)}, points=50), ROOT)
    stage.window.resize(1280, 800)
    plane = density(stage)
    controls, numbers = plane.view.controls, plane.view.numbers

    # all on one scale, each with its kind, and all of the mass in view
    assert plane.view.names() == ("truth", MFA, KDE)
    assert len({plane.view.panel(n).map.scale() for n in plane.view.names()}) == 1
    assert [plane.view.panel(n).badge.text() for n in plane.view.names()] == [
        "truth",
        "exact",
        "exact",
    ]
    assert all(m.mass == pytest.approx(1, abs=1e-3) for m in plane.maps.values())
    assert all(len(m.levels) == 3 for m in plane.maps.values())

    # the cross-hair reads every map, and a click computes them anew
    heat = plane.view.panel(MFA).map
    at = heat.position_of(0.0, 1.0).toPoint()
    QTest.mouseMove(heat.viewport(), at)
    stage.until(lambda: numbers.text("truth") != "–")
    stage.until(lambda: not any(numbers.is_rough(n) for n in plane.view.names()))
    values = [float(numbers.text(n).lstrip("≳≈~ ").replace("−", "-")) for n in plane.view.names()]
    assert np.ptp(values) < 1
    QTest.mouseClick(heat.viewport(), LEFT, pos=at)
    stage.until(lambda: all(numbers.text(n, point=True) != "–" for n in plane.view.names()))
    point = plane.points.here()
    for name in plane.view.names():
        assert numbers.text(name) == numbers.text(name, point=True)
    assert point == pytest.approx((0.0, 1.0), abs=0.03)

    # a difference, the other scale, the data on top
    pick(stage, controls.first, MFA)
    pick(stage, controls.second, "truth")
    stage.until(lambda: plane.view.panel("difference") is not None and rests(plane))
    gap = plane.view.panel("difference").map.value_at(*point)
    assert gap == pytest.approx(
        plane.view.panel(MFA).map.value_at(*point) - plane.view.panel("truth").map.value_at(*point),
        abs=1e-4,
    )
    pick(stage, controls.scale, "density")
    assert plane.view.panel(MFA).map.scale().exponential
    QTest.mouseClick(controls.data, LEFT, pos=QPoint(8, controls.data.height() // 2))
    assert controls.data.isChecked()

    # zoom: what is seen is mapped anew, and all maps follow
    before = plane.view.shown_box()
    assert before == plane.home.box, "the data say what is in view, whatever the window's shape"
    wheel(heat, heat.position_of(*point).toPoint(), 4)
    stage.until(lambda: plane.view.shown_box() != before and rests(plane))
    box = plane.view.shown_box()
    assert box[1] - box[0] < 0.9 * (before[1] - before[0])
    assert plane.view.panel(KDE).map.shown_box() == box
    assert plane.view.panel(KDE).map.box_in_view() == pytest.approx(box, abs=0.01)
    assert plane.maps[KDE].frame.request.area.size[0] == pytest.approx(box[1] - box[0])

    # saved with the view inside; everything moves on; the file brings it back
    saved = tmp_path / "maps.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    stage.click(controls.save_picture)
    assert read_png(saved).task == "density"
    values = tmp_path / "maps.npz"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(values), ""))
    stage.click(controls.save_values)
    with np.load(values) as arrays:
        assert arrays["moons_mfa"].shape == (len(arrays["y"]), len(arrays["x"]))
    stage.click(controls.reset)
    stage.click(controls.clear)
    pick(stage, controls.scale, "log-density")
    pick(stage, controls.first, "")
    stage.click(stage.window.picker.chip(KDE))
    stage.until(lambda: plane.view.names() == ("truth", MFA) and rests(plane))
    stage.drop(saved)
    stage.until(lambda: KDE in plane.view.names() and rests(plane))
    assert plane.view.shown_box() == box
    assert plane.points.points == [point]
    assert controls.difference() == (MFA, "truth")
    assert not controls.logarithmic()


def test_a_finished_map_stays_finished(open_window, monkeypatch):
    """Messages, the queue, another family and another size ask for no map anew."""
    settings = Settings(data="moons", models={"moons": (FLOW,)}, points=50, density_side=128)
    stage = open_window(settings, ROOT)
    stage.window.resize(1280, 800)
    plane = density(stage)
    asked = []
    for each in plane.maps.values():
        submit = each._channel.submit
        monkeypatch.setattr(
            each._channel, "submit", lambda job, do=submit: (asked.append(job), do(job))
        )
    frames = {name: each.frame for name, each in plane.maps.items()}
    sizes = {plane.view.panel(FLOW).map.size().toTuple()}

    def settle():
        for _ in range(3):
            QApplication.processEvents()
        sizes.add(plane.view.panel(FLOW).map.size().toTuple())

    stage.window.messages.tell("A message.")
    settle()
    assert len(sizes) == 1, "a message moves nothing"
    stage.window.bar.set_open(True)
    settle()
    stage.window.resize(1024, 700)
    settle()
    stage.window.messages.clear()
    stage.window.bar.set_open(False)
    assert len(sizes) == 3
    stage.click(stage.window.picker.chip(MFA))
    stage.until(lambda: MFA in plane.maps and rests(plane))
    assert plane.maps[MFA].frame.request.area == plane.home
    stage.click(stage.window.picker.chip(MFA))
    stage.until(lambda: MFA not in plane.maps)
    # a zoom asks for detail; home again shows what was found there, and so does what is inside
    heat, controls = plane.view.panel(FLOW).map, plane.view.controls
    assert not asked
    wheel(heat, heat.position_of(0.0, 1.0).toPoint(), 4)
    stage.until(lambda: rests(plane) and plane.maps[FLOW].frame is not frames[FLOW])
    QTest.keyClick(heat, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert len(asked) == 2
    assert {name: each.frame for name, each in plane.maps.items()} == frames
    pick(stage, controls.time.models, FLOW)
    drag(controls.time.slider, 0)
    stage.until(lambda: rests(plane) and plane.maps[FLOW].frame.request.moment is not None)
    asked.clear()
    pick(stage, controls.time.models, "")
    assert plane.maps[FLOW].frame is frames[FLOW]
    assert rests(plane)
    assert not asked
    # a map less itself is no finding
    pick(stage, controls.first, FLOW)
    pick(stage, controls.second, FLOW)
    panel = plane.view.panel("difference")
    assert panel.title() == "Flow − Flow"
    assert "zero by definition" in panel.footer()
    pick(stage, controls.second, "truth")
    assert "zero" not in panel.footer()


def test_a_flow_is_followed_layer_by_layer(open_window):
    stage = open_window(Settings(data="moons", models={"moons": (FLOW,)}, points=50), ROOT)
    stage.window.resize(1280, 800)
    plane = density(stage)
    time, flow = plane.view.controls.time, plane.maps[FLOW]
    end = flow.frame.values.copy()
    pick(stage, time.models, FLOW)
    drag(time.slider, 0)
    stage.until(lambda: rests(plane) and flow.frame.request.moment is not None)
    # before the first layer it is one round hill
    hill = flow.frame.values
    area = flow.frame.request.area
    assert hill.max() < end.max()
    _, column = np.unravel_index(hill.argmax(), hill.shape)
    assert abs(column / hill.shape[1] - (0.5 - area.x0) / area.size[0]) < 0.05
    stage.click(time.play)
    stage.until(lambda: not time.play.isChecked() and rests(plane))
    assert flow.frame.request.moment is None
    np.testing.assert_allclose(flow.frame.values, end, rtol=1e-4, atol=1e-3)


def test_a_slow_map_keeps_nobody_waiting_and_stops_out_of_view(open_window):
    """Every map has something on show while the diffusion's takes seconds; hidden, none runs."""
    diffusion = "moons/diffusion"
    models = (diffusion, KDE)
    stage = open_window(Settings(data="moons", models={"moons": models}, points=20), ROOT)
    bar = stage.window.tabs.tabBar()
    stage.click(bar, bar.tabRect(PLACE).center())
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.page is not None and KDE in presenter.page.maps)
    maps = presenter.page.maps
    stage.until(lambda: maps[KDE].frame is not None and maps[KDE].frame.complete)
    assert maps[diffusion].frame is not None
    assert not maps[diffusion].frame.complete

    # its own cross stops it; Ctrl+Enter maps it anew
    card = presenter.page.view.panel(diffusion)
    stage.until(card.working.isVisible)
    stage.click(card.working.stop)
    stage.until(lambda: "stopped at" in card.footer())
    assert maps[diffusion].wanted is None
    assert not stage.window.channels.live()
    stage.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    stage.until(lambda: maps[diffusion].wanted is not None)

    stage.click(bar, bar.tabRect(0).center())
    assert maps[diffusion].wanted is None
    assert maps[KDE].wanted == maps[KDE].frame.request
    whole = maps[KDE].frame
    stage.click(bar, bar.tabRect(PLACE).center())
    stage.until(lambda: maps[diffusion].wanted is not None)
    assert maps[KDE].frame is whole


def test_numbers_at_the_cursor_are_those_of_the_point_and_grey_until_then(open_window, monkeypatch):
    settings = Settings(data="moons", models={"moons": (MFA, KDE)}, points=50, density_side=128)
    stage = open_window(settings, ROOT)
    plane = density(stage)
    numbers, names = plane.view.numbers, plane.view.names()
    submit, asked = plane.cross._channel.submit, []
    monkeypatch.setattr(plane.cross._channel, "submit", asked.append)
    area = plane.home  # near a corner the density falls by orders of magnitude within a pixel
    at = (area.x0 + 0.04 * area.size[0], area.y1 - 0.05 * area.size[1])
    plane.view.hovered.emit(*at)
    assert all(numbers.is_rough(name) for name in names)
    shown = {name: number_of(numbers.text(name)) for name in names}
    pixels = {name: plane.view.panel(name).map.value_at(*at) for name in names}
    assert shown == {name: round(float(value), 1) for name, value in pixels.items()}
    submit(asked[-1])
    stage.until(lambda: not any(numbers.is_rough(name) for name in names))
    model = open_model(MFA)
    x = torch.tensor([at], dtype=torch.float32)
    exact = log_density(model, x).value.item()
    assert number_of(numbers.text(MFA)) == pytest.approx(exact, abs=1e-3)
    plane.view.left.emit()
    assert {numbers.text(name) for name in names} == {"–"}
    assert not any(numbers.is_rough(name) for name in names)


def number_of(text):
    return float(text.lstrip("≳≈~ ").replace("−", "-"))
