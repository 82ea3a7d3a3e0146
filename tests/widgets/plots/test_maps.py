"""Contours, colour scales, the heat map under the mouse, and the "?" of every control."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QWidget

from widgets.controls.help_mark import HelpMark
from widgets.controls.time_bar import STEPS, TimeBar
from widgets.density.picture_pages import PicturePages
from widgets.density.plane_view import PanelSpec, PlaneView
from widgets.look.colours import DIVERGING, MAGMA, Scale
from widgets.plots.colour_bar import ColourBar, round_numbers
from widgets.plots.contours import segments
from widgets.plots.heatmap import HeatMap

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def heat(qtbot):
    shown = HeatMap()
    qtbot.addWidget(shown)
    shown.resize(400, 300)
    shown.show()
    shown.set_range(-2, 2, -1, 1)
    values = np.arange(200, dtype=np.float32).reshape(10, 20)
    shown.set_map(values, (-2, 2, -1, 1))
    return shown


def test_contours_of_a_cone_are_circles():
    y, x = np.mgrid[0:41, 0:61].astype(float)
    r = np.hypot(x - 30.3, y - 20.1)
    found = segments(-r, -12.0).reshape(-1, 2)
    radii = np.hypot(found[:, 0] - 30.3, found[:, 1] - 20.1)
    assert len(found) > 100
    np.testing.assert_allclose(radii, 12, atol=0.02)
    assert len(segments(-r, 5.0)) == 0
    assert np.isfinite(segments(np.where(r < 8, -r, -np.inf), -5.0)).all()


def test_rows_of_a_picture_are_numbered_from_the_top_and_marks_have_names(heat):
    axis = heat._plot.getAxis("left")
    heat.number_rows(28)
    ((spacing, at), *_) = axis.tickValues(0.0, 28.0, 300)
    assert axis.tickStrings(at, 1.0, spacing) == [f"{28 - v:g}" for v in at]
    assert set(axis.tickStrings(at, 1.0, spacing)) <= {"5", "10", "15", "20", "25"}
    heat.set_marks([(0.0, 0.5), (1.0, 0.0)], ("1", "2"))
    assert heat.marks.names() == ["1", "2"]
    heat.set_marks([(0.0, 0.5)])
    assert heat.marks.names() == []


def test_scales_colour_evenly_and_know_their_middle():
    values = np.array([[0.0, 0.5, 1.0, 9.0, np.nan, -np.inf]], np.float32)
    found = Scale(0, 1).colours(values)
    assert (found[0, [0, 2, 3, 4, 5]] == MAGMA[[0, 255, 255, 0, 0]]).all()
    assert (
        Scale(-2, 2, diverging=True).colours(np.zeros((1, 1), np.float32)) == DIVERGING[127]
    ).all()
    plain = Scale(np.log(0.5), np.log(1.5), exponential=True)
    assert (plain.colours(np.log([[1.0]])) == MAGMA[127]).all()
    assert plain.share(np.log(1.0)) == pytest.approx(0.5)


def test_the_bar_says_its_ends(qtbot):
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.set_scale(Scale(-12, 0.5), "log p(x), nats")
    assert (bar.label(0), bar.label(1)) == ("−12", "0.5")
    assert "nats" in bar.toolTip()
    bar.set_scale(Scale(np.log(0.1), np.log(2.0), exponential=True), "p(x)")
    assert bar.label(1) == "2"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-12.5, -0.452, "−12 −10 −8 −6 −4 −2"),
        (-0.0012, 0.31, "0 0.1 0.2 0.3"),
        (-3.0, 3.0, "−2 0 2"),
        (1.6e-6, 8.7e-6, "2.0e−06 4.0e−06 6.0e−06 8.0e−06"),
        (2.0, 2.0, ""),
        (-np.inf, 1.0, ""),
    ],
)
def test_the_numbers_of_a_bar_are_round(low, high, said):
    found = round_numbers(low, high, 6)
    assert " ".join(text for _, text in found) == said
    assert all(low <= value <= high for value, _ in found)


def test_numbers_of_a_bar_stand_at_their_colours(qtbot):
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.set_scale(Scale(-10, 0), "nats")
    assert bar.ticks(400)[0] == (0.0, "−10")
    assert dict((text, share) for share, text in bar.ticks(400))["−4"] == pytest.approx(0.6)
    assert len(bar.ticks(60)) < len(bar.ticks(400))


def test_axes_have_names_and_lines_say_their_share(heat):
    heat.set_axes("x₁", "longitude in °")
    sides = [heat._plot.getAxis(side) for side in ("bottom", "left")]
    assert [side.labelText for side in sides] == ["x₁", "longitude in °"]
    assert all(side.label.isVisible() for side in sides)
    assert sides[0].tickStrings([-0.5, 0.5], 1.0, 0.5) == ["−0.5", "0.5"]
    y, x = np.mgrid[-2:2:60j, -2:2:60j].astype(np.float32)
    heat.set_map(-(x**2) - y**2, (-2, 2, -2, 2), (-0.5, -1.0, -2.0))
    assert heat.contours.names() == ["50 %", "90 %", "99 %"]
    heat.set_levels((-1.0,))
    assert heat.contours.names() == []


def test_the_mouse_reads_places_in_data_units(heat, qtbot):
    at = heat.position_of(0.5, 0.25).toPoint()
    with qtbot.waitSignal(heat.hovered) as hovered:
        QTest.mouseMove(heat.viewport(), at)
    assert hovered.args == pytest.approx([0.5, 0.25], abs=0.03)
    with qtbot.waitSignal(heat.clicked) as clicked:
        QTest.mouseClick(heat.viewport(), LEFT, pos=at)
    assert clicked.args == pytest.approx([0.5, 0.25], abs=0.03)
    assert heat.value_at(-1.99, -0.99) == 0
    assert heat.value_at(1.99, 0.99) == 199
    assert heat.value_at(3, 0) is None


def test_a_new_size_shows_the_same_box(heat, qtbot):
    before = heat.box_in_view()
    heat.resize(150, 300)
    heat.resize(400, 300)
    assert heat.box_in_view() == pytest.approx(before)


def test_keys_zoom_and_pan(heat, qtbot):
    x0, x1, _, _ = heat.box_in_view()
    with qtbot.waitSignal(heat.view_moved):
        QTest.keyClick(heat, Qt.Key.Key_Plus)
    a, b, _, _ = heat.box_in_view()
    assert b - a == pytest.approx(0.8 * (x1 - x0))
    QTest.keyClick(heat, Qt.Key.Key_Right)
    assert heat.box_in_view()[0] > a
    QTest.keyClick(heat, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert heat.box_in_view()[:2] == pytest.approx((x0, x1))


def test_a_lasso_is_drawn_by_dragging(heat, qtbot):
    heat.set_lasso_mode(True)
    corners = [(-1, -0.5), (1, -0.5), (1, 0.5), (-1, 0.5)]
    places = [heat.position_of(*corner).toPoint() for corner in corners]
    before = heat.box_in_view()
    with qtbot.waitSignal(heat.lassoed) as lassoed:
        QTest.mousePress(heat.viewport(), LEFT, pos=places[0])
        for place in places:
            QTest.mouseMove(heat.viewport(), place)
        QTest.mouseRelease(heat.viewport(), LEFT, pos=places[-1])
    assert len(lassoed.args[0]) >= 4
    assert heat.box_in_view() == before
    with qtbot.waitSignal(heat.lassoed) as lassoed:
        QTest.mouseClick(heat.viewport(), LEFT, pos=places[0])
    assert lassoed.args == [[]]


def test_time_plays_to_its_end_and_waits_for_every_moment(qtbot):
    bar = TimeBar()
    qtbot.addWidget(bar)
    bar.show()
    assert not bar.play.isEnabled()
    bar.set_models([("a/flow", "Flow")])
    bar.models.setCurrentIndex(1)
    bar.set_place((STEPS - 2) / STEPS)
    bar.changed.connect(bar.arrived)
    bar.play.click()
    assert bar.play.text() == "Pause"
    qtbot.waitUntil(lambda: not bar.play.isChecked(), timeout=5000)
    assert bar.place() == 1


@pytest.mark.parametrize("kind", [PlaneView, PicturePages])
def test_every_control_says_what_it_does(qtbot, kind):
    view = kind()
    qtbot.addWidget(view)
    if kind is PlaneView:
        view.set_panels((PanelSpec("a/flow", "Flow", "flow"),))
    controls = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, HeatMap)
    scroll = [w for w in view.findChildren(QWidget) if "scroll" in w.objectName().lower()]
    for control in controls:
        for widget in view.findChildren(control):
            if widget in scroll or widget.metaObject().className() == "QScrollBar":
                continue
            if widget.window() is view and not widget.objectName().startswith("qt_"):
                assert widget.toolTip(), f"{type(widget).__name__} {widget.accessibleName()}"
    marks = view.findChildren(HelpMark)
    assert all(mark.toolTip().count(".") >= 1 for mark in marks)
    if kind is PlaneView:
        assert len(marks) >= 5


def test_panels_pan_together_and_share_a_scale(qtbot):
    view = PlaneView()
    qtbot.addWidget(view)
    view.resize(1000, 600)
    view.show()
    view.set_panels(tuple(PanelSpec(n, n, "kde") for n in ("a", "b", "c")))
    view.set_scales(Scale(-3, 1), "nats")
    maps = [view.panel(n).map for n in "abc"]
    assert {heat.scale() for heat in maps} == {Scale(-3, 1)}
    start = maps[0].position_of(0, 0).toPoint()
    QTest.mousePress(maps[0].viewport(), LEFT, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(maps[0].viewport(), start + QPoint(8 * step, 0))
    QTest.mouseRelease(maps[0].viewport(), LEFT, pos=start + QPoint(40, 0))
    boxes = [heat.box_in_view() for heat in maps]
    assert boxes[0][0] < -1
    assert boxes[1] == pytest.approx(boxes[0], abs=0.05)
