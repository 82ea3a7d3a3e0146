"""Undo in the editors of paths and lines: what a hand did is taken back, step by step."""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.tab.undo import Undo
from tests.app.inpainting.test_points import Plane
from tests.app.interpolation.test_latents import bench
from tests.app.interpolation.test_presenter import FLOW
from tests.windows import PLANE

__all__ = ["bench"]
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def titles(bench):
    return [key.title for key in bench.presenter.keys.keys]


def test_end_points_come_back_one_by_one_and_go_again(bench):
    seen = [titles(bench)]
    for act in (lambda: bench.presenter.keys.step(1), bench.presenter.keys.append):
        act()
        bench.presenter.undo._record()  # the hand rests
        seen.append(titles(bench))
    assert len(seen[2]) == 3
    film = bench.row().row.frame.film
    film.setFocus()
    QTest.keyClick(film, Qt.Key.Key_Z, CONTROL)
    assert titles(bench) == seen[1]
    QTest.keyClick(film, Qt.Key.Key_Z, CONTROL)
    assert titles(bench) == seen[0]
    QTest.keyClick(film, Qt.Key.Key_Z, CONTROL)
    assert titles(bench) == seen[0]
    QTest.keyClick(film, Qt.Key.Key_Y, CONTROL)
    QTest.keyClick(film, Qt.Key.Key_Z, CONTROL | SHIFT)
    assert titles(bench) == seen[2]
    bench.until(lambda: bench.filmed() and len(bench.row().codes.z) == 3)


def test_sliders_come_back_and_a_new_step_ends_what_was_undone(bench):
    panel, undo = bench.presenter.panel, bench.presenter.undo
    panel._slid(0, 1.5)
    undo._record()
    panel._slid(1, -2.0)
    undo._record()
    assert undo.undo()
    assert panel.turned_of(FLOW)[:2] == (1.5, 0.0)
    assert undo.undo()
    assert not any(panel.turned_of(FLOW))
    panel._slid(0, 0.5)
    undo._record()
    assert not undo.redo()
    assert undo.undo()
    assert not any(panel.turned_of(FLOW))
    bench.until(bench.filmed)


def test_the_line_across_the_plane_goes_back(open_window):
    plane = Plane(open_window(PLANE))
    plane.settle()
    start = plane.line.line()
    QTest.keyClick(plane.plane, Qt.Key.Key_X)
    undo = plane.presenter.editor.undo
    undo._record()
    assert plane.line.line()[0] == 1
    QTest.keyClick(plane.plane, Qt.Key.Key_Z, CONTROL)
    assert plane.line.line() == start
    QTest.keyClick(plane.plane, Qt.Key.Key_Y, CONTROL)
    assert plane.line.line()[0] == 1
    plane.settle()


def test_states_of_another_data_set_are_kept_apart(qtbot):
    class Source(QObject):
        changed = Signal()

    state, put, source, widget = ["moons", 1], [], Source(), QWidget()
    qtbot.addWidget(widget)
    undo = Undo(widget, lambda: tuple(state), put.append, source.changed)
    source.changed.emit()
    state[1] = 2
    undo._record()
    assert undo.undo()
    assert put == [("moons", 1)]
    state[:] = ["cities", 5]
    undo._record()
    assert not undo.undo()
    for value in range(300):
        state[1] = value
        undo._record()
    taken = sum(undo.undo() for _ in range(400) if state.__setitem__(1, put[-1][1]) is None)
    assert 0 < taken < 300
