"""Points that a click has added to the maps are taken back, and added again."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.windows import PLANE

CONTROL = Qt.KeyboardModifier.ControlModifier


def test_points_of_the_maps_come_and_go_by_keys(open_window):
    stage = open_window(replace(PLANE, models={"moons": ("moons/kde",)}, density_side=64))
    stage.window.tabs.setCurrentIndex(3)
    density = stage.window.presenters[3]
    stage.until(lambda: density.page is not None and density.page.home is not None)
    page = density.page
    page._click(0.5, 0.25)
    page.undo._record()  # the hand rests
    page._click(-1.0, 0.0)
    page.undo._record()
    QTest.keyClick(page.view, Qt.Key.Key_Z, CONTROL)
    assert page.points.points == [(0.5, 0.25)]
    QTest.keyClick(page.view, Qt.Key.Key_Z, CONTROL)
    assert page.points.points == []
    QTest.keyClick(page.view, Qt.Key.Key_Y, CONTROL)
    assert page.points.points == [(0.5, 0.25)]
    # a double-click fills the page and gives it back: its first click leaves no point
    heat = page.view.panel("moons/kde").map
    port, left = heat.viewport(), Qt.MouseButton.LeftButton
    middle = port.rect().center()
    QTest.mouseClick(port, left, pos=middle)
    assert len(page.points.points) == 2
    before = page.points.points, 0
    page.points.choose(0)
    for alone in (True, False):
        QTest.mouseClick(port, left, pos=middle)
        assert len(page.points.points) == 3
        QTest.mouseDClick(port, left, pos=middle)  # the second press only
        QTest.mouseRelease(port, left, pos=middle)
        assert page.view.numbers.isVisible() is not alone
        assert (page.points.points, page.points.current) == before
    # what was clicked long before it stays, also where the second button is pressed twice
    QTest.mouseClick(port, left, pos=middle)
    QTest.mouseDClick(port, Qt.MouseButton.RightButton, pos=middle)
    QTest.mouseRelease(port, Qt.MouseButton.RightButton, pos=middle)
    assert len(page.points.points) == 3
